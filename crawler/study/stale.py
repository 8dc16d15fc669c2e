"""Copies that did not follow a correction: tied to an older revision of the canonical page, or still carrying its old words.

A correction is aligned word by word. What tells the old wording from the new are the three-word runs around each change that only
one of the two texts has; a copy carries the old wording of a change where it holds most of the runs of the old and not of the new.
So an addition that is lacking counts, a place that an excerpt does not reach does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from crawler.dedup.words import words_of
from crawler.model import Relation, StoryId
from crawler.stores.reporting import CorrectedStory, TiedCopy

RUN = 3
AROUND = RUN - 1  # words on either side of a change: each run then holds a word of it, or its seam
BRIDGE = 3  # changes so few equal words apart are one
HELD = 0.7  # of the runs that tell a wording
MOST_QUOTED = 5

Run = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One change between two revisions: its words as they stood and stand, and the runs that tell them apart."""

    old: str
    new: str
    old_runs: frozenset[Run]
    new_runs: frozenset[Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class OldWords:
    """What a copy still says, and what the canonical version says now; either may be empty."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleRow:
    """A copy that did not follow. `base` is the revision it is kept against (None: of none), of `revisions` there are."""

    story: StoryId
    original: str
    title: str | None
    url: str
    site: str
    relation: Relation
    base: int | None
    revisions: int
    carries: tuple[OldWords, ...]  # at most `MOST_QUOTED`
    changes: int  # there are between the older revision and the newest


def report_stale(stories: Iterable[CorrectedStory]) -> Iterator[StaleRow]:
    """The stale copies of each story as it comes: those that carry old words first, then those only tied to an old revision."""
    for story in stories:
        rows = [row for copy in story.copies if (row := _judge_copy(story, copy)) is not None]
        yield from sorted(rows, key=lambda row: (not row.carries, row.url))


def _judge_copy(story: CorrectedStory, copy: TiedCopy) -> StaleRow | None:
    newest = story.revisions[-1]
    is_tied = copy.base is not None and copy.base < newest.number
    olds = [revision for revision in story.revisions[:-1] if not is_tied or revision.number == copy.base]
    held = runs_of(words_of(copy.text))
    corrections: dict[str, Correction] = {}
    for revision in olds:
        for correction in corrections_between(revision.text, newest.text):
            corrections.setdefault(f"{correction.old}\n{correction.new}", correction)
    carried = [correction for correction in corrections.values() if is_carried(correction, held)]
    if not is_tied and not carried:
        return None
    return StaleRow(
        story=story.id, original=story.url, title=story.title, url=copy.url, site=copy.site, relation=copy.relation, base=copy.base,
        revisions=newest.number, carries=tuple(OldWords(old=c.old, new=c.new) for c in carried[:MOST_QUOTED]),
        changes=len(corrections),
    )


def is_carried(correction: Correction, held: Collection[Run]) -> bool:
    """Whether a text of these runs has the old wording and not the new."""
    return _share(correction.old_runs, held) >= HELD > _share(correction.new_runs, held)


def _share(runs: Collection[Run], held: Collection[Run]) -> float:
    return sum(run in held for run in runs) / len(runs) if runs else 0.0


def runs_of(words: Sequence[str]) -> set[Run]:
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def corrections_between(old: str, new: str) -> list[Correction]:
    """The changes from one text to the next, in reading order."""
    before, after = _Words(old), _Words(new)
    in_old, in_new = runs_of(before.words), runs_of(after.words)
    found = []
    for (a, b), (c, d) in _changes(before.words, after.words):
        old_runs = runs_of(before.words[max(0, a - AROUND) : b + AROUND]) - in_new
        new_runs = runs_of(after.words[max(0, c - AROUND) : d + AROUND]) - in_old
        if old_runs or new_runs:
            old_words, new_words = before.quote(a, b), after.quote(c, d)
            found.append(Correction(old=old_words, new=new_words, old_runs=frozenset(old_runs), new_runs=frozenset(new_runs)))
    return found


def _changes(before: Sequence[str], after: Sequence[str]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the two differ, neighbours joined."""
    joined: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for code in Indel.opcodes(before, after):
        if code.tag == "equal":
            continue
        here, there = (code.src_start, code.src_end), (code.dest_start, code.dest_end)
        if joined and here[0] - joined[-1][0][1] < BRIDGE and there[0] - joined[-1][1][1] < BRIDGE:
            here, there = (joined[-1][0][0], here[1]), (joined[-1][1][0], there[1])
            joined.pop()
        joined.append((here, there))
    return joined


class _Words:
    """A text's normalised words, and the words as written that they stand for."""

    def __init__(self, text: str) -> None:
        self.written = text.split()
        self.words: list[str] = []
        self.places: list[int] = []
        for place, written in enumerate(self.written):
            for word in words_of(written):
                self.words.append(word)
                self.places.append(place)

    def quote(self, start: int, end: int) -> str:
        """The written words from one normalised word to before another."""
        return " ".join(self.written[self.places[start] : self.places[end - 1] + 1]) if end > start else ""
