import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dedup.difference import Change, compare_words, encode_difference, restore

TEXTS = st.text(alphabet=st.sampled_from("ab c\n\t,.éß新\u2028 "), max_size=80)


@given(TEXTS, TEXTS)
def test_a_difference_restores_its_text_letter_for_letter(base: str, text: str) -> None:
    assert restore(base, encode_difference(base, text)) == text


def test_a_copy_of_a_long_text_takes_little_room() -> None:
    base = " ".join(f"word{i}" for i in range(2000))
    copy = base.replace("word900", "another word")
    assert len(encode_difference(base, copy)) < 80


def test_parts_say_what_was_added_and_what_was_left_out() -> None:
    parts = list(compare_words("one two three four", "one three four five"))
    assert [(part.change, part.text.strip()) for part in parts] == [
        (Change.SAME, "one"), (Change.LEFT_OUT, "two"), (Change.SAME, "three four"), (Change.ADDED, "five"),
    ]


def test_a_difference_refuses_another_base() -> None:
    difference = encode_difference(" ".join(map(str, range(100))), " ".join(map(str, range(100))))
    with pytest.raises(ValueError, match="does not belong"):
        restore("too short", difference)
