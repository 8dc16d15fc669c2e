"""What judging anew changes: stories that merge, split off, are re-elected. Told by ids that stay, so it can be read as a diff."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.model import PageId, StoryId
from crawler.stores.anew import Anew, Placing, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A story that is found to be another (`into` None: all its pages are set aside)."""

    story: StoryId
    into: StoryId | None
    pages: tuple[PageId, ...]  # what it held


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Pages that leave their story (None: they had none) and make one of their own, the canonical version first."""

    out_of: StoryId | None
    pages: tuple[PageId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A page that goes from one story to another, both of which stay."""

    page: PageId
    out_of: StoryId
    into: StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class Reelection:
    """A story that has another canonical version."""

    story: StoryId
    before: PageId
    after: PageId


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Each part in the order of story ids, then pages. `relabelled` pages keep their story and change their relation.

    Origins that were asked for because an article named them have no story as long as they match none: those come into one
    (`taken_in`) or go out of it (`set_aside`).
    """

    stories_before: int
    stories_after: int
    merges: tuple[Merge, ...] = ()
    splits: tuple[Split, ...] = ()
    moves: tuple[Move, ...] = ()
    reelections: tuple[Reelection, ...] = ()
    taken_in: tuple[PageId, ...] = ()
    set_aside: tuple[PageId, ...] = ()
    relabelled: int = 0

    @property
    def is_nothing(self) -> bool:
        moved = self.merges or self.splits or self.moves or self.taken_in or self.set_aside
        return not (moved or self.reelections or self.relabelled)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """All placings at one time: each page's, and the pages of each story, canonical first."""

    by_page: dict[PageId, Placing]
    stories: dict[StoryId, list[PageId]]

    @classmethod
    def of(cls, placings: Iterable[Placing]) -> Arrangement:
        by_page = {placing.page: placing for placing in placings}
        stories: dict[StoryId, list[PageId]] = defaultdict(list)
        for placing in by_page.values():
            stories[placing.story].append(placing.page)
        for members in stories.values():
            members.sort(key=lambda page: (by_page[page].relation is not None, page))
        return cls(by_page, dict(stories))


def preview(anew: Anew, since: datetime | None, now: datetime, told: Told) -> Changes:
    """What `apply` would change, found out on a copy; the store stays as it is."""
    with tempfile.TemporaryDirectory(prefix="crawler-trial-") as folder, anew.copied(Path(folder)) as trial:
        before = Arrangement.of(trial.placings())
        trial.mark(since)
        trial.judge(now, told)
        return compare_arrangements(before, Arrangement.of(trial.placings()))


def apply(anew: Anew, since: datetime | None, now: datetime, told: Told) -> Changes:
    """Judge anew in the store itself, to rest; what that changed. Only for the holder of the data directory's lock."""
    before = Arrangement.of(anew.placings())
    anew.mark(since)
    anew.judge(now, told)
    anew.settle()
    return compare_arrangements(before, Arrangement.of(anew.placings()))


def compare_arrangements(before: Arrangement, after: Arrangement) -> Changes:
    """The differences of two arrangements of the same pages. A story's id is its canonical page's where the id has gone."""
    gone, new = before.stories.keys() - after.stories.keys(), after.stories.keys() - before.stories.keys()
    kept = before.stories.keys() & after.stories.keys()
    return Changes(
        stories_before=len(before.stories),
        stories_after=len(after.stories),
        merges=tuple(_merge(story, before, after) for story in sorted(gone)),
        splits=tuple(sorted((_split(story, before, after) for story in new), key=lambda split: (split.out_of or "", split.pages))),
        moves=tuple(sorted(_moves(before, after, kept), key=lambda move: (move.out_of, move.page))),
        reelections=tuple(
            Reelection(story=story, before=before.stories[story][0], after=after.stories[story][0])
            for story in sorted(kept)
            if before.stories[story][0] != after.stories[story][0]
        ),
        taken_in=tuple(sorted(after.by_page.keys() - before.by_page.keys())),
        set_aside=tuple(sorted(before.by_page.keys() - after.by_page.keys())),
        relabelled=_count_relabelled(before, after),
    )


def _merge(story: StoryId, before: Arrangement, after: Arrangement) -> Merge:
    members = before.stories[story]
    into = next((after.by_page[page].story for page in members if page in after.by_page), None)
    return Merge(story=story, into=into, pages=tuple(members))


def _split(story: StoryId, before: Arrangement, after: Arrangement) -> Split:
    members = after.stories[story]
    out_of = next((before.by_page[page].story for page in members if page in before.by_page), None)
    return Split(out_of=out_of, pages=tuple(members))


def _moves(before: Arrangement, after: Arrangement, kept: Collection[StoryId]) -> Iterator[Move]:
    for page, was, now in _pairs(before, after):
        if was.story != now.story and was.story in kept and now.story in kept:
            yield Move(page=page, out_of=was.story, into=now.story)


def _count_relabelled(before: Arrangement, after: Arrangement) -> int:
    return sum(
        was.story == now.story and was.relation != now.relation and None not in (was.relation, now.relation)
        for _, was, now in _pairs(before, after)
    )


def _pairs(before: Arrangement, after: Arrangement) -> Iterator[tuple[PageId, Placing, Placing]]:
    """Each page that is in both, as it stood and as it stands."""
    for page, was in before.by_page.items():
        if (now := after.by_page.get(page)) is not None:
            yield page, was, now
