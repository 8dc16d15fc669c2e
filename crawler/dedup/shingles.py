"""Shingles: hashes of short runs of tokens, the unit in which texts are compared.

Two sizes, by measurement: the index uses runs of 5 words (8 characters of a script without spaces), verification runs of 3 (5).
A 5-word run is rarely shared by accident; a 3-word run survives light edits. Which span applies is decided for each window by
the script of its first token: deciding it for a whole document made nearly every Chinese, Japanese or Thai article inside English
furniture unmatched.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crawler.dedup.words import SPACELESS, WORD, Tokens

Shingles = npt.NDArray[np.uint64]

VERIFY = (3, 5)  # words, characters of a script without spaces
INDEX = (5, 8)
_FACTOR = 0x9E3779B97F4A7C15
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_FACTORS = np.array([pow(_FACTOR, i + 1, 1 << 64) for i in range(8)], dtype=np.uint64)


def mix(values: Shingles) -> Shingles:
    """Spread every bit over the whole word (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


def _rolling(words: Tokens, span: int) -> Shingles:
    length = len(words) - span + 1
    if length <= 0:
        return np.empty(0, dtype=np.uint64)
    sums = words[:length] * _FACTORS[0]
    for offset in range(1, span):
        sums += words[offset : offset + length] * _FACTORS[offset]
    return mix(sums)


def shingle(tokens: Tokens, spans: tuple[int, int] = VERIFY) -> Shingles:
    """The shingles of a text by position, repeats included; empty where it has too few tokens for one."""
    words = tokens & WORD
    by_words = _rolling(words, spans[0])
    spaceless = (tokens & SPACELESS) != 0
    if not spaceless.any():
        return by_words
    by_characters = _rolling(words, spans[1])
    starts = spaceless[: len(by_words)]
    whole = np.where(starts[: len(by_characters)], by_characters, by_words[: len(by_characters)])
    tail = by_words[len(by_characters) :][~starts[len(by_characters) :]]
    return np.concatenate([whole, tail])


def distinct(shingles: Shingles) -> Shingles:
    """Sorted, each once (for these sizes a sort beats numpy's own `unique`, which hashes first)."""
    if len(shingles) < 2:
        return shingles
    ordered = np.sort(shingles)
    first = np.empty(len(ordered), dtype=np.bool_)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def without(shingles: Shingles, removed: Shingles) -> Shingles:
    """Those of `shingles` that are not in `removed`, which is sorted."""
    if not len(removed) or not len(shingles):
        return shingles
    at = np.searchsorted(removed, shingles)
    at[at == len(removed)] = 0
    kept: Shingles = shingles[removed[at] != shingles]
    return kept


def shared_count(a: Shingles, b: Shingles) -> int:
    """How many values two sorted distinct arrays share."""
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    if not len(small):
        return 0
    at = np.searchsorted(large, small)
    at[at == len(large)] = 0
    return int(np.count_nonzero(large[at] == small))


def found_in(shingles: Shingles, among: Shingles) -> npt.NDArray[np.bool_]:
    """For each shingle by position, whether it is in `among`, which is sorted and distinct."""
    if not len(among) or not len(shingles):
        return np.zeros(len(shingles), dtype=np.bool_)
    at = np.searchsorted(among, shingles)
    at[at == len(among)] = 0
    found: npt.NDArray[np.bool_] = among[at] == shingles
    return found
