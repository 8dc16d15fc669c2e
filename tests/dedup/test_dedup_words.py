import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dedup.words import BLOCK_START, DIGIT, SPACELESS, WORD, fold_name, read_tokens, title_key, tokenise, words_of


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("The mayor’s plan", "The mayor's plan"),
        ("“No,” she said—twice", '"No," she said - twice'),
        ("the ﬁrst eﬀort", "the first effort"),
        ("co\u00adopera\u00adtion", "cooperation"),
        ("zero\u200bwidth", "zerowidth"),
        ("ten\u00a0thousand", "ten thousand"),
        ("Fish &amp; chips", "Fish & chips"),
        ("FÃ¼r alle StÃ¤dte", "Für alle Städte"),
        ("STRASSE", "straße"),
    ],
)
def test_typography_does_not_make_another_word(written: str, plain: str) -> None:
    assert words_of(written) == words_of(plain)


def test_a_character_is_a_word_where_words_have_no_spaces() -> None:
    assert words_of("新しい図書館 opens") == ["新", "し", "い", "図", "書", "館", "opens"]


def test_marks_belong_to_the_words_of_indic_scripts() -> None:
    assert words_of("हिन्दी समाचार") == ["हिन्दी", "समाचार"]


def test_a_token_says_whether_its_word_has_digits_and_opens_a_block() -> None:
    tokens = read_tokens(tokenise(["Route 66 closed", "東京"]))
    assert [bool(t & DIGIT) for t in tokens] == [False, True, False, False, False]
    assert [bool(t & BLOCK_START) for t in tokens] == [True, False, False, True, False]
    assert [bool(t & SPACELESS) for t in tokens] == [False, False, False, True, True]


@given(st.lists(st.text(max_size=60), max_size=6))
def test_every_block_is_counted_by_its_flag(blocks: list[str]) -> None:
    tokens = read_tokens(tokenise(blocks))
    assert int((tokens & BLOCK_START != 0).sum()) == len(blocks)


def test_the_same_word_is_the_same_token_wherever_it_stands() -> None:
    tokens = read_tokens(tokenise(["harbour bridge", "the harbour"])) & WORD
    assert tokens[0] == tokens[3]


def test_a_short_headline_has_no_key() -> None:
    assert title_key("Morning briefing") is None
    assert title_key("Council votes to close the bridge") == title_key("COUNCIL VOTES to close the “bridge”")


def test_a_publisher_is_known_with_and_without_its_article() -> None:
    assert fold_name("The Harbour Wire") == fold_name("Harbour-Wire")
