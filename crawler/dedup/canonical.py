"""Which version of a story is canonical: one total order, the same whatever the order of arrival.

    1  a person's pin, of two the later
    2  the origin that copies name (strongly: rel=canonical, original-source, a credit, a dateline) and whose text they hold
    3  a complete text over a truncated one, a page over a feed's text
    4  the publisher that a copy's page names in passing (a label above an app's article)
    5  the earliest trustworthy time of publication
    6  the fullest text
    7  a configured preference
    8  last, the normalised address; never an id or a time of arrival

A text is truncated only by a sign of it (a gate, an ellipsis): longer alone is often left-over chrome.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crawler.dedup.document import Comparison, Document
from crawler.dedup.words import fold_name
from crawler.model import OriginCue, PageId, Precision, TextSource, TextState, Timestamp
from crawler.urls import Sites, address_key

STRONG = 2  # weight from which a cue states an origin
FEW_SITES = 2  # a name borne by more sites than this names none of them ("News")
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class NameBook:
    """Resolves what a cue names: an address, a site by its address, a site by a name that few sites bear."""

    sites: Sites
    bearers: Mapping[str, frozenset[str]] = field(default_factory=dict)  # folded name -> sites

    def names(self, cue: OriginCue, document: Document) -> bool:
        """Whether the cue names this document or its site."""
        if cue.url is not None:
            key = address_key(cue.url)
            if key == document.key:
                return True
            host, _, path = key.removeprefix("//").partition("/")
            if not path or cue.kind in _SITE_CUES:
                return self.sites.of(host) == document.site
        if cue.name is None:
            return False
        if "." in cue.name and " " not in cue.name.strip():
            return self.sites.of(cue.name.strip().lower()) == document.site
        bearers = self.bearers.get(fold_name(cue.name), frozenset())
        return document.site in bearers and len(bearers) <= FEW_SITES


_SITE_CUES = frozenset({"feed_source"})  # their address is the origin's feed, not its article


@dataclass(frozen=True, slots=True)
class Named:
    """The weight of cues by which members of other sites name a page, and whose text agrees."""

    strong: int = 0
    weak: int = 0


def weigh_names(documents: Sequence[Document], comparisons: Collection[Comparison], book: NameBook) -> dict[PageId, Named]:
    """For each document, what those joined to it say of it."""
    by_page = {document.page: document for document in documents}
    weights: dict[PageId, Named] = {}
    for comparison in comparisons:
        low, high = by_page.get(comparison.low), by_page.get(comparison.high)
        if not comparison.joined or low is None or high is None or low.site == high.site:
            continue
        for namer, named in ((low, high), (high, low)):
            weight = sum(cue.weight for cue in namer.cues if book.names(cue, named))
            if weight:
                so_far = weights.get(named.page, Named())
                strong = weight >= STRONG
                weights[named.page] = Named(so_far.strong + weight * strong, so_far.weak + weight * (not strong))
    return weights


def completeness(document: Document) -> int:
    """0 for a whole text of the page, then a whole one from the feed, then truncated, then none."""
    if document.state is TextState.FULL or document.state is TextState.LIVE_BLOG:
        return 0 if document.source is TextSource.PAGE else 1
    return 2 if document.state in (TextState.TRUNCATED, TextState.GATED) else 3


def published_for_order(published: Timestamp | None) -> datetime:
    """The instant a time counts as: a bare day counts as its end, no time at all as never."""
    if published is None:
        return _NEVER
    return published.at + timedelta(days=1) if published.precision is Precision.DAY else published.at


@dataclass(frozen=True, kw_only=True)
class Election:
    """The order among documents that are compared, with what it needs to know beyond them."""

    named: Mapping[PageId, Named]
    pinned: Mapping[PageId, int] = field(default_factory=dict)  # of two the greater number, pinned later
    prefer: tuple[str, ...] = ()

    def rank(self, document: Document) -> tuple[object, ...]:
        """The lower, the earlier; total, because addresses are unique."""
        named = self.named.get(document.page, Named())
        kept = document.tokens if document.kept is None else document.kept
        preference = self.prefer.index(document.site) if document.site in self.prefer else len(self.prefer)
        return (
            -self.pinned.get(document.page, 0),
            -named.strong,
            completeness(document),
            -named.weak,
            published_for_order(document.published),
            -len(kept),
            preference,
            document.key,
        )

    def order(self, documents: Sequence[Document]) -> list[Document]:
        return sorted(documents, key=self.rank)

    def why(self, winner: Document, others: Sequence[Document]) -> str:
        """The first criterion by which the winner comes before the runner-up, in words."""
        if not others:
            return "the only version"
        runner_up = min(others, key=self.rank)
        first, second = self.rank(winner), self.rank(runner_up)
        at = next((i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b), len(_WHY) - 1)
        return _WHY[at]


_WHY = (
    "pinned by a person",
    "named as the origin by copies that hold its text",
    "the complete text, where others are cut off or known from a feed",
    "the publisher that a copy's page names",
    "published first",
    "the fullest text",
    "preferred by the settings",
    "first by address, nothing else telling them apart",
)
