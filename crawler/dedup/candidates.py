"""Which of the pages that an index finds are worth comparing with: ranked and bounded, so that a verdict costs much the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from crawler.model import PageId

SAME_TEXT, SHARING, SAME_TITLE = 8, 32, 16  # candidates of each kind that are compared with
CROWDED = 200  # an index row with more pages than this tells little
LEAST_ROWS = 2  # that a candidate shares
LEAST_CROWDED = 8  # crowded rows from which those who share half of them are one crowd: one story carried by hundreds


@dataclass(frozen=True, slots=True)
class Proposed:
    """The pages, most promising first; how many rows were too crowded to tell them apart."""

    pages: tuple[PageId, ...] = ()
    crowded_rows: int = 0


def propose_pages(
    same_text: Iterable[PageId], sharing: Iterable[tuple[int, PageId]], same_title: Iterable[PageId]
) -> Proposed:
    """Pages of the same text, then those that share index rows (`sharing`: row and page), most first, then of an equal headline,
    newest first; at most `SAME_TEXT`, `SHARING` and `SAME_TITLE` of each.

    Crowded rows count only where there are many and a page shares half of them: a story that hundreds carry crowds nearly all of
    its rows, a paragraph that stands under everything some.
    """
    pairs = list(sharing)
    crowds = Counter(row for row, _ in pairs)
    crowded = {row for row, count in crowds.items() if count >= CROWDED}
    ranked = _most_shared((page for row, page in pairs if row not in crowded), LEAST_ROWS)
    if len(crowded) >= LEAST_CROWDED and len(ranked) < SHARING:
        ranked += _most_shared((page for row, page in pairs if row in crowded), (len(crowded) + 1) // 2)
    by_text, by_title = sorted(same_text)[:SAME_TEXT], sorted(set(same_title), reverse=True)[:SAME_TITLE]
    return Proposed(tuple(dict.fromkeys([*by_text, *list(dict.fromkeys(ranked))[:SHARING], *by_title])), len(crowded))


def _most_shared(pages: Iterable[PageId], least: int) -> list[PageId]:
    return [page for _, page in sorted((-count, page) for page, count in Counter(pages).items() if count >= least)]
