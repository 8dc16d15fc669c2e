"""The index's view of a text: a MinHash signature of its 5-word shingles, one row for each (permutation, value).

Rows are matched singly, not in bands of several: a copy cut to a third has a Jaccard near .3 with its original, which bands of
four rows see once in four times and single rows nearly always (recall of true links .74 against .9995 where two shared rows make
a candidate). Candidates are then verified on the text, so that a row shared by accident costs a comparison and no more.
"""

from __future__ import annotations

import numpy as np
from datasketch import MinHash

from crawler.dedup.shingled import shingled
from crawler.dedup.shingles import INDEX, VERIFY, Shingles, distinct, found_in, shingle
from crawler.dedup.words import Tokens

PERMUTATIONS = 64
SEED = 1
_EMPTY = MinHash(num_perm=PERMUTATIONS, seed=SEED, hashfunc=int, scheme="affine32")
SCHEME = f"{_EMPTY.scheme}:splitmix64-upper32:{PERMUTATIONS}:{SEED}"  # signatures of two schemes never compare
NOTHING: Shingles = np.empty(0, dtype=np.uint64)
_NUMBERS = np.arange(PERMUTATIONS, dtype=np.int64) << 32


def sign(shingles: Shingles) -> MinHash:
    """The MinHash of a set of shingles, which are hashes already: their upper 32 bits are taken as they are."""
    signature = MinHash(
        num_perm=PERMUTATIONS, seed=SEED, hashfunc=int, scheme="affine32", permutations=_EMPTY.permutations
    )
    signature.update_batch((distinct(shingles) >> np.uint64(32)).tolist())
    return signature


def index_rows(tokens: Tokens, chrome: Shingles = NOTHING) -> tuple[int, ...]:
    """The rows under which a text is found, `permutation << 32 | value`; none for a text too short for a shingle.

    A run of words that is chrome from its beginning to its end is left out: a short text would be found by its gate alone. An
    empty signature equals every other empty one, so it is never indexed.
    """
    shingles = shingle(tokens, INDEX)
    if len(chrome) and len(shingles):
        repeated = found_in(shingled(tokens).in_order, chrome)
        ends = np.minimum(np.arange(len(shingles)) + INDEX[0] - VERIFY[0], len(repeated) - 1)
        shingles = shingles[~(repeated[: len(shingles)] & repeated[ends])]
    if not len(shingles):
        return ()
    values = sign(shingles).hashvalues.astype(np.int64)
    return tuple((_NUMBERS | values).tolist())
