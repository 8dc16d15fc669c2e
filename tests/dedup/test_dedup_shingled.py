"""A text's shingles are the same whether made or remembered, and nobody can change what others share."""

from __future__ import annotations

import numpy as np
import pytest

from crawler.dedup import shingled as module
from crawler.dedup.shingled import shingled
from crawler.dedup.shingles import distinct, shingle
from crawler.dedup.words import read_tokens, tokenise

BLOCKS = ["A first paragraph of some words.", "Menu", "* * *", "A second, which repeats: of some words.", "Share this"]


def test_a_remembered_text_has_the_shingles_of_a_new_one() -> None:
    tokens = read_tokens(tokenise(BLOCKS))
    assert np.array_equal(shingled(tokens).in_order, shingle(tokens))
    assert np.array_equal(shingled(tokens).distinct, distinct(shingle(tokens)))
    assert shingled(tokens.copy()) is shingled(tokens)


def test_short_blocks_are_counted_beside_the_shingles_and_blocks_without_a_word_are_not() -> None:
    text = shingled(read_tokens(tokenise(BLOCKS)))
    assert len(text.countable) == len(text.distinct) + 2
    assert np.isin(text.distinct, text.countable).all()


def test_what_is_shared_cannot_be_written_to() -> None:
    text = shingled(read_tokens(tokenise(BLOCKS)))
    for shared in (text.in_order, text.distinct, text.countable):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 0


def test_a_long_text_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT_BYTES", 16)
    tokens = read_tokens(tokenise(BLOCKS))
    assert shingled(tokens) is not shingled(tokens)
    assert np.array_equal(shingled(tokens).in_order, shingle(tokens))
