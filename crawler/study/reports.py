"""Who publishes, who takes from whom and how fast, which feeds hold which: pure sums over streamed stories.

Sites are joined as `publishers.families` says now, whatever they were joined as when they were read. Lags are of stated times of
publication, the copy's less the canonical version's; a pair of which one states none has no lag. Held are sums for each site, pair
of sites or pair of feeds, and eight bytes a lag; never the stories.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from crawler.model import Relation
from crawler.stores.reporting import CarriedStory, ReportedMember, ReportedStory

SiteOf = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherRow:
    """A site's part: in how many stories it is, of how many it has the canonical version (`originals`), or another's (`copies`).

    `carried` of its originals are on other sites too. `reposts` are its second addresses of a story that it carries.
    """

    site: str
    publisher: str | None
    stories: int
    originals: int
    copies: int
    reposts: int
    carried: int

    @property
    def original_share(self) -> float:
        return self.originals / self.stories

    @property
    def copy_share(self) -> float:
        return self.copies / self.stories


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """What one site takes of another: stories, by relation, and the spread of their lags in seconds (None: no times stated)."""

    copier: str
    original: str
    stories: int
    relations: tuple[tuple[Relation, int], ...]
    timed: int  # copies of which a lag is known
    lag_min_s: int | None
    lag_p25_s: int | None
    lag_median_s: int | None
    lag_p75_s: int | None
    lag_p90_s: int | None
    lag_max_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapRow:
    """Of the stories that one feed carries, how many another carries too."""

    feed: str
    other: str
    stories: int
    shared: int

    @property
    def share(self) -> float:
        return self.shared / self.stories


@dataclass(slots=True)
class _Publisher:
    names: Counter[str] = field(default_factory=Counter)
    stories: int = 0
    originals: int = 0
    copies: int = 0
    reposts: int = 0
    carried: int = 0


@dataclass(slots=True)
class _Pair:
    stories: int = 0
    relations: Counter[Relation] = field(default_factory=Counter)
    lags: array[int] = field(default_factory=lambda: array("q"))


def report_publishers(stories: Iterable[ReportedStory], site_of: SiteOf) -> list[PublisherRow]:
    """One row a site, the most stories first, then by name."""
    sums: dict[str, _Publisher] = defaultdict(_Publisher)
    for story in stories:
        _add_story(sums, story, site_of)
    rows = [
        PublisherRow(
            site=site, publisher=_commonest(total.names), stories=total.stories, originals=total.originals, copies=total.copies,
            reposts=total.reposts, carried=total.carried,
        )
        for site, total in sums.items()
    ]
    return sorted(rows, key=lambda row: (-row.stories, row.site))


def _add_story(sums: dict[str, _Publisher], story: ReportedStory, site_of: SiteOf) -> None:
    owner = site_of(story.canonical.site)
    on = Counter([owner, *(site_of(member.site) for member in story.others)])
    for member in (story.canonical, *story.others):
        if member.publisher:
            sums[site_of(member.site)].names[member.publisher] += 1
    for site, pages in on.items():
        total = sums[site]
        total.stories += 1
        total.reposts += pages - 1
        total.originals += site == owner
        total.copies += site != owner
    sums[owner].carried += len(on) > 1


def _commonest(names: Counter[str]) -> str | None:
    return min(names, key=lambda name: (-names[name], name), default=None)


def report_pairs(stories: Iterable[ReportedStory], site_of: SiteOf) -> list[PairRow]:
    """One row for each site and each site whose stories it carries: the most stories first, then by names."""
    pairs: dict[tuple[str, str], _Pair] = defaultdict(_Pair)
    for story in stories:
        owner = site_of(story.canonical.site)
        seen = set()
        for member in story.others:
            copier = site_of(member.site)
            if copier == owner or member.relation is None:
                continue
            pair = pairs[copier, owner]
            pair.relations[member.relation] += 1
            pair.stories += copier not in seen
            seen.add(copier)
            if (lag_s := _lag_s(story.canonical, member)) is not None:
                pair.lags.append(lag_s)
    rows = [_pair_row(copier, original, pair) for (copier, original), pair in pairs.items()]
    return sorted(rows, key=lambda row: (-row.stories, row.copier, row.original))


def _lag_s(canonical: ReportedMember, copy: ReportedMember) -> int | None:
    if canonical.published_at is None or copy.published_at is None:
        return None
    return round((copy.published_at - canonical.published_at).total_seconds())


def _pair_row(copier: str, original: str, pair: _Pair) -> PairRow:
    lags = sorted(pair.lags)
    return PairRow(
        copier=copier, original=original, stories=pair.stories, relations=tuple(sorted(pair.relations.items())), timed=len(lags),
        lag_min_s=lags[0] if lags else None, lag_p25_s=quantile(lags, 0.25), lag_median_s=quantile(lags, 0.5),
        lag_p75_s=quantile(lags, 0.75), lag_p90_s=quantile(lags, 0.9), lag_max_s=lags[-1] if lags else None,
    )


def quantile(ordered: Sequence[int], share: float) -> int | None:
    """The value below which this share of an ordered sample lies, interpolated; None of an empty one."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low))


def report_overlap(stories: Iterable[CarriedStory]) -> list[OverlapRow]:
    """One row for each ordered pair of feeds that share a story: the most contained feed first, then the most shared."""
    carried: Counter[str] = Counter()
    shared: Counter[tuple[str, str]] = Counter()
    for story in stories:
        carried.update(story.feeds)
        shared.update(permutations(story.feeds, 2))
    rows = [OverlapRow(feed=feed, other=other, stories=carried[feed], shared=count) for (feed, other), count in shared.items()]
    return sorted(rows, key=lambda row: (-row.share, -row.shared, row.feed, row.other))
