"""Whether what an address holds now is a revision of what it held: compared by its own words, as a reader would.

No revision: the same words under another promotion, other chrome, another count of comments; a gate, a wall or a piece where the
text had been had whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xxhash

from crawler.dedup.chrome import cut
from crawler.dedup.shingled import block_bounds
from crawler.dedup.shingles import Shingles
from crawler.dedup.signature import NOTHING
from crawler.dedup.words import DIGIT, NO_WORD, WORD, Tokens, read_tokens, tokenise
from crawler.model import Article, BlockMark, TextState

COUNTER_WORDS = 4  # a line so short that holds a number is a counter ("12 comments", "5 min read"), no sentence to be corrected
_PIECES = frozenset({TextState.TRUNCATED, TextState.GATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one reading of a page gave."""

    title: str | None
    tokens: Tokens
    marks: str
    state: TextState


def reading_of(article: Article) -> Reading:
    return Reading(
        title=article.metadata.title, tokens=read_tokens(article.tokens), marks=article.marks, state=article.state
    )


def hash_of_text(reading: Reading) -> str:
    """A hash of headline and own blocks, folded: equal where a reader would call the articles equal."""
    return f"{xxhash.xxh3_64_intdigest(_own_words(reading, NOTHING).tobytes()):x}"


def is_revision(now: Reading, before: Reading, chrome: Shingles) -> bool:
    """Whether `now` takes the place of `before`; `chrome` is what their site is known to repeat."""
    if _wholeness(now) < _wholeness(before):
        return False
    own_now, own_before = _own_words(now, chrome), _own_words(before, chrome)
    if not _has_text(now, chrome) and not _has_text(before, chrome):  # nothing is left to compare but the chrome itself
        own_now, own_before = _own_words(now, NOTHING), _own_words(before, NOTHING)
    return not np.array_equal(own_now, own_before)


def _wholeness(reading: Reading) -> int:
    return 2 if reading.state.is_whole else int(reading.state in _PIECES)


def _has_text(reading: Reading, chrome: Shingles) -> bool:
    return len(cut(reading.tokens, reading.marks, chrome).kept) > 0


def _own_words(reading: Reading, chrome: Shingles) -> Tokens:
    """The words of the headline and of the blocks that are the article's own, counters left out."""
    marks = cut(reading.tokens, reading.marks, chrome).marks if len(chrome) else reading.marks
    pieces = [read_tokens(tokenise([reading.title or ""]))]
    for (start, end), mark in zip(block_bounds(reading.tokens), marks, strict=True):
        block = reading.tokens[start:end]
        if mark == BlockMark.TEXT and block[0] != NO_WORD and not _is_counter(block):
            pieces.append(block)
    return np.concatenate(pieces) & WORD


def _is_counter(block: Tokens) -> bool:
    return len(block) <= COUNTER_WORDS and bool(np.any(block & DIGIT))
