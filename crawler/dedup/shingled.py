"""A text's verification shingles in each form that verdicts ask for, kept for the last texts.

The recent pages of a site are counted anew at each page that it adds, a page is compared with each copy of it that comes in, and
they are read from the store each time.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from crawler.dedup.shingles import VERIFY, Shingles, distinct, mix, shingle
from crawler.dedup.words import BLOCK_START, NO_WORD, WORD, Tokens, read_tokens

_KEPT = 512  # texts: some 10 MB
_KEPT_BYTES = 32_768  # of a text that is kept: 4,000 words, and at most 64 MB in all
_SHORT_BLOCK = 0x5851F42D4C957F2D
_MASK = (1 << 64) - 1


class Shingled:
    """The shingles of one text. The arrays are shared, and cannot be written to."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    @cached_property
    def in_order(self) -> Shingles:
        """By position, repeats included."""
        return _fixed(shingle(self._tokens))

    @cached_property
    def distinct(self) -> Shingles:
        """Sorted, each once."""
        return _fixed(distinct(self.in_order))

    @cached_property
    def countable(self) -> Shingles:
        """What the text adds to its site's count: its distinct shingles and its short blocks, sorted."""
        tokens = self._tokens
        short = [
            short_block_key(tokens[start:end])
            for start, end in block_bounds(tokens)
            if end - start < VERIFY[0] and tokens[start] != NO_WORD
        ]
        if not short:
            return self.distinct
        return _fixed(distinct(np.concatenate([self.distinct, np.array(short, dtype=np.uint64)])))


def shingled(tokens: Tokens) -> Shingled:
    """The shingles of a text: made where it is not one of the last."""
    return _kept(tokens.tobytes()) if tokens.nbytes <= _KEPT_BYTES else Shingled(tokens)


@lru_cache(_KEPT)
def _kept(tokens: bytes) -> Shingled:
    return Shingled(read_tokens(tokens))


def short_block_key(words: Tokens) -> np.uint64:
    """A block too short for a shingle stands for itself, as one value beside the shingles."""
    total = sum(word * (2 * position + 3) for position, word in enumerate((words & WORD).tolist()))
    return np.uint64(mix(np.array([(total & _MASK) ^ _SHORT_BLOCK], dtype=np.uint64))[0])


def block_bounds(tokens: Tokens) -> list[tuple[int, int]]:
    """Where each block begins and ends among the tokens."""
    starts = np.flatnonzero(tokens & BLOCK_START).tolist()
    return list(pairwise([*starts, len(tokens)]))


def _fixed(shingles: Shingles) -> Shingles:
    shingles.flags.writeable = False
    return shingles
