"""What people decided, taken together: later decisions stand, and of earlier ones all that does not contradict them.

A decision says one thing of each of a number of pairs of pages. "Together" carries on from pair to pair: whoever is together with
one is together with all that it is together with, and apart from all that one of them is apart from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from crawler.model import PageId


class Says(StrEnum):
    """What a decision says of a pair; of a page with itself, the last two."""

    TOGETHER = "together"
    APART = "apart"
    PINNED = "pinned"
    UNPINNED = "unpinned"


@dataclass(frozen=True, slots=True, order=True)
class Saying:
    """One pair of one decision; decisions count up in the order in which they were made. `low` <= `high`."""

    decision: int
    low: PageId
    high: PageId
    says: Says


class Bundles:
    """Pages that are together, directly or through others, and which of them are apart."""

    def __init__(self, together: Iterable[tuple[PageId, PageId]] = (), apart: Iterable[tuple[PageId, PageId]] = ()) -> None:
        self._of: dict[PageId, set[PageId]] = {}
        self._apart: dict[PageId, set[PageId]] = defaultdict(set)
        for low, high in together:
            self.bind(low, high)
        for low, high in apart:
            self.part(low, high)

    def of(self, page: PageId) -> Collection[PageId]:
        """The page and all that it is together with."""
        return self._of.get(page) or {page}

    def bind(self, low: PageId, high: PageId) -> None:
        united = self._of.get(low, {low}) | self._of.get(high, {high})
        self._of |= dict.fromkeys(united, united)

    def part(self, low: PageId, high: PageId) -> None:
        self._apart[low].add(high)
        self._apart[high].add(low)

    def are_apart(self, some: Collection[PageId], others: Collection[PageId]) -> bool:
        """Whether one of some is apart from one of the others."""
        return bool(self._apart) and any(other in self._apart.get(page, ()) for page in some for other in others)


def in_force(sayings: Collection[Saying]) -> set[Saying]:
    """Those that stand: gone through from the last to the first, each that does not contradict what stands already.

    Of what is said of one page's pin the last word stands, whichever it is.
    """
    bundles, pins, standing = Bundles(), set[PageId](), set[Saying]()
    for saying in sorted(sayings, key=lambda saying: (-saying.decision, saying.low, saying.high)):
        if _stands(saying, bundles, pins):
            standing.add(saying)
    return standing


def _stands(saying: Saying, bundles: Bundles, pins: set[PageId]) -> bool:
    low, high = saying.low, saying.high
    match saying.says:
        case Says.TOGETHER:
            if bundles.are_apart(bundles.of(low), bundles.of(high)):
                return False
            bundles.bind(low, high)
        case Says.APART:
            if high in bundles.of(low):
                return False
            bundles.part(low, high)
        case Says.PINNED | Says.UNPINNED:
            if low in pins:
                return False
            pins.add(low)
    return True


def bundles_of(standing: Iterable[Saying]) -> Bundles:
    """The bundles that sayings in force make."""
    pairs: Mapping[Says, list[tuple[PageId, PageId]]] = {says: [] for says in Says}
    for saying in standing:
        pairs[saying.says].append((saying.low, saying.high))
    return Bundles(pairs[Says.TOGETHER], pairs[Says.APART])
