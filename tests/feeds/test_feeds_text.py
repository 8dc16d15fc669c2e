"""Plain text out of titles, names and bodies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.feeds.hints import hint_s
from crawler.feeds.text import person_name, plain_line, plain_text


@pytest.mark.parametrize(
    ("markup", "line"),
    [
        ("  A\n <b>bold</b>\ttitle ", "A bold title"),
        ("Salt &amp;amp; pepper", "Salt & pepper"),
        ("The <video> element", "The <video> element"),
        ("3 < 5 and 7 > 2", "3 < 5 and 7 > 2"),
        ("One<br/>two", "One two"),
        ("<![CDATA[Wrapped twice]]>", "Wrapped twice"),
        ("FÃ¼r die KÃ¤ufer", "Für die Käufer"),
        ("itâ€™s", "it’s"),
        ("Ça déjà vu à l'été", "Ça déjà vu à l'été"),
        ("e\u0301te\u0301", "été"),
        ("<b></b> ", None),
        (None, None),
    ],
)
def test_a_title_becomes_one_plain_line(markup: str | None, line: str | None) -> None:
    assert plain_line(markup) == line


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One <a href='x'>two</a>.</p><p>Three</p>", "One two.\nThree"),
        ("One<br>two<ul><li>a</li><li>b</li></ul>", "One\ntwo\na\nb"),
        ("<style>x{}</style><script>y()</script>Left<!-- c -->", "Left"),
        ("Plain words\non two lines.\n\nA paragraph.", "Plain words on two lines.\nA paragraph."),
        ("Fish &amp; chips", "Fish & chips"),
        ("<p> </p>", None),
    ],
)
def test_a_body_becomes_plain_blocks(markup: str, text: str | None) -> None:
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("desk@paper.example (Ines Okafor)", "Ines Okafor"),
        ("Ines Okafor <ines@paper.example>", "Ines Okafor"),
        ("Ines Okafor", "Ines Okafor"),
        ("desk@paper.example", None),
        ("", None),
    ],
)
def test_a_person_is_named_without_the_address(author: str, name: str | None) -> None:
    assert person_name(author) == name


@pytest.mark.parametrize(
    ("ttl", "period", "frequency", "seconds"),
    [
        ("60", None, None, 3600),
        ("60", "daily", "1", 86_400),
        (None, "hourly", "4", 900),
        (None, "hourly", "0.1", 36_000),
        (None, "weekly", None, 86_400),
        (None, "always", "1", None),
        ("0", None, "0", None),
        ("-5", None, None, None),
        ("soon", "daily", "0", None),
        ("1e400", None, None, None),
        ("9999999", None, None, 86_400),
    ],
)
def test_hints_are_heard_up_to_a_day(ttl: str | None, period: str | None, frequency: str | None, seconds: int | None) -> None:
    assert hint_s(ttl, period, frequency) == seconds


@given(st.text(st.characters(codec=None), max_size=200))
def test_no_text_breaks_and_no_control_character_stays(text: str) -> None:
    for plain in (plain_line(text), plain_text(text), person_name(text)):
        assert plain is None or (plain and not any(ord(letter) < 32 and letter != "\n" for letter in plain))
