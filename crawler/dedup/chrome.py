"""A site's chrome: what it repeats on pages of different stories, learned from its recent pages and cut before comparing.

This matters more than any setting of the sketch (pair precision .30 without, .999 with). A shingle is chrome once three stories
of the site hold it, later three in a hundred of its last 400. One document counts for each story, so that a story carried under
several addresses of one site does not become chrome itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from crawler.dedup.document import Document
from crawler.dedup.shingled import block_bounds, shingled, short_block_key
from crawler.dedup.shingles import VERIFY, Shingles, distinct, found_in, shared_count
from crawler.dedup.words import NO_WORD, SPACELESS, Tokens
from crawler.model import BlockMark, StoryId, TextSource

RECENT = 400  # pages of a site that are counted
LEAST = 3
SHARE = 0.03
BLOCK_SHARE = 0.8  # of a block's shingles: such a block is cut as a whole
SAME_TEXT = 0.9  # Jaccard from which two pages of one site count as one story: less may be one wrapper around two
SAME_TITLE = 0.7  # containment from which pages of one headline do: a template may leave one headline on all its pages
MOST_TITLES = 4  # one story under this many headlines on one site is no story but a wrapper
EVERY_PAGE = 12  # up to so many pages a site's chrome is counted at each
RECOUNT = 0.1  # … and then whenever so large a share of those counted, at most of the recent ones, has come
TOUCHED = 10  # shingles that became chrome, or ceased to be, from which a page is judged again though no block of it was cut


def countable(document: Document) -> Shingles:
    """What a document adds to its site's count: its distinct shingles and its short blocks."""
    return shingled(document.tokens).countable


def group_by_story(documents: Sequence[Document]) -> list[list[Document]]:
    """The documents of one site, those of one story together: by verdict, by headline and text, by nearly equal texts.

    A wrapper with a sentence in it looks like one text too: what goes by several headlines counts for each of them.
    """
    groups: list[list[Document]] = []
    by_story: dict[StoryId, list[Document]] = {}
    by_title: dict[int, list[list[Document]]] = defaultdict(list)
    for document in documents:
        group = by_story.get(document.story) if document.story else None
        group = group or _same_title(document, by_title) or _same_text(document, groups)
        if group is None:
            group = []
            groups.append(group)
        group.append(document)
        if document.story:
            by_story.setdefault(document.story, group)
        for key in document.title_keys:
            if not any(group is known for known in by_title[key]):
                by_title[key].append(group)
    return [part for group in groups for part in _split_wrapper(group)]


def _same_title(document: Document, by_title: Mapping[int, Sequence[list[Document]]]) -> list[Document] | None:
    """The group of a page with one of this page's headlines, and with most of the shorter text of the two."""
    for group in (group for key in sorted(document.title_keys) for group in by_title.get(key, ())):
        first = group[0]
        shared = shared_count(document.raw_shingles, first.raw_shingles)
        if shared >= SAME_TITLE * min(len(document.raw_shingles), len(first.raw_shingles)):
            return group
    return None


def _same_text(document: Document, groups: list[list[Document]]) -> list[Document] | None:
    opening = document.shingles[:1]
    for group in groups:
        first = group[0]
        if len(opening) and len(first.shingles) and opening[0] == first.shingles[0]:
            shared = shared_count(document.distinct_shingles, first.distinct_shingles)
            if shared >= SAME_TEXT * (len(document.distinct_shingles) + len(first.distinct_shingles) - shared):
                return group
    return None


def _split_wrapper(group: list[Document]) -> list[list[Document]]:
    common = frozenset.intersection(*(document.title_keys for document in group))  # one headline on all pages tells nothing
    titles = {document.title_keys - common for document in group} - {frozenset()}
    together: list[frozenset[int]] = []
    for keys in titles:
        if not any(keys & other for other in together):
            together.append(keys)
    return [group] if len(together) < MOST_TITLES else [[document] for document in group]


def learn_chrome(documents: Sequence[Document]) -> Shingles:
    """The chrome of a site, sorted, from its recent documents (at most `RECENT` count)."""
    pages = [document for document in documents if document.source is TextSource.PAGE and len(document.tokens)]
    groups = group_by_story(pages[:RECENT])
    if len(groups) < LEAST:
        return np.empty(0, dtype=np.uint64)
    counted = np.concatenate([distinct(np.concatenate([countable(document) for document in group])) for group in groups])
    values, counts = np.unique(counted, return_counts=True)
    return values[counts >= max(LEAST, ceil(SHARE * len(groups)))]


def is_count_due(documents: int, counted: int) -> bool:
    """Whether a site's chrome is to be counted again: at every page while it has few, then at each tenth more, last at each 40."""
    return documents >= LEAST and (documents <= EVERY_PAGE or documents >= counted + RECOUNT * min(counted, RECENT))


def changed_by(documents: Sequence[Document], before: Shingles, now: Shingles) -> list[Document]:
    """The documents whose compared text another chrome changes, and which are therefore to be judged again."""
    difference = np.setxor1d(before, now, assume_unique=True)
    if not len(difference):
        return []
    return [document for document in documents if _is_changed(document, difference, now)]


def _is_changed(document: Document, difference: Shingles, now: Shingles) -> bool:
    touched = shared_count(countable(document), difference)
    if not touched:
        return False
    kept = document.kept
    recut = cut(document.tokens, document.marks, now).kept
    return touched >= TOUCHED or kept is None or not np.array_equal(kept, recut)


@dataclass(frozen=True, slots=True)
class Cut:
    """A text with its chrome cut: the tokens that are compared, and a mark for each block."""

    kept: Tokens
    marks: str


def cut(tokens: Tokens, marks: str, chrome: Shingles) -> Cut:
    """Keep the tokens of TEXT blocks of which less than 80 % is the site's chrome.

    Where that leaves nothing, nothing is known of the text and nothing is compared.
    """
    bounds = block_bounds(tokens)
    repeated = _chrome_blocks(tokens, bounds, chrome) if len(chrome) else [False] * len(bounds)
    new_marks: list[str] = []
    pieces: list[Tokens] = []
    for (start, end), mark, is_chrome in zip(bounds, marks, repeated, strict=True):
        if tokens[start] == NO_WORD:
            new_marks.append(mark)
            continue
        new_marks.append(BlockMark.CHROME.value if is_chrome and mark == BlockMark.TEXT else mark)
        if new_marks[-1] == BlockMark.TEXT:
            pieces.append(tokens[start:end])
    kept = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.uint64)
    return Cut(kept, "".join(new_marks))


def _chrome_blocks(tokens: Tokens, bounds: Sequence[tuple[int, int]], chrome: Shingles) -> list[bool]:
    """For each block whether it is chrome: enough of the shingles within it, or itself where it is too short for one."""
    found = found_in(shingled(tokens).in_order, chrome)
    hits = np.concatenate([[0], np.cumsum(found)])
    result = []
    for start, end in bounds:
        span = VERIFY[1] if tokens[start] & SPACELESS else VERIFY[0]
        inside = min(end - span + 1, len(found)) - start
        if inside > 0:
            result.append(bool(hits[start + inside] - hits[start] >= BLOCK_SHARE * inside))
        else:
            result.append(bool(found_in(np.array([short_block_key(tokens[start:end])], dtype=np.uint64), chrome)[0]))
    return result
