"""What may reach a terminal, a log or a file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.publish.plain import escape_unseen, mask, plain, plain_lines, without_user


@pytest.mark.parametrize(
    ("fetched", "shown"),
    [
        ("\x1b[31mRed\x1b[0m alert", "Red alert"),
        ("\x1b]0;window title\x07Headline", "Headline"),
        ("\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x9b2JCleared", "Cleared"),
        ("abc\u202edcba\u202c", "abcdcba"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("one\u2028two", "one two"),
        ("null\x00 bell\x07", "null bell"),
        ("half \ud800 a pair", "half  a pair"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻 at work", "👩\u200d💻 at work"),
        ("pay\u200dpal\u200c", "paypal"),
        ("zero\u200bwidth\u2060\u00adand\u3164blank", "zerowidth\u00adandblank"),
    ],
)
def test_nothing_that_steers_a_terminal_is_left(fetched: str, shown: str) -> None:
    assert plain(fetched) == shown


def test_lines_of_a_text_stay_lines() -> None:
    assert plain_lines("first\nsec\x1b[1mond\rthird") == "first\nsecond third"


@given(st.text())
def test_plain_is_printable_and_idempotent(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert "\x1b" not in once
    assert "\n" not in once


@given(st.text(st.characters()))
def test_escaped_json_means_the_same(text: str) -> None:
    escaped = escape_unseen(json.dumps(text, ensure_ascii=False))
    assert json.loads(escaped) == text
    escaped.encode()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://reader:hunter2@news.example/rss", "https://***@news.example/rss"),
        ("https://news.example/rss?token=abc&topic=world", "https://news.example/rss?token=***&topic=world"),
        ("https://news.example/rss?api_key=1&page=2", "https://news.example/rss?api_key=***&page=2"),
        ("https://news.example/rss?apikey=1", "https://news.example/rss?apikey=***"),
        ("https://news.example/rss?u=9f8e7d6c5b4a39281706", "https://news.example/rss?u=***"),
        ("https://news.example/rss?section=world-news&author=jane", "https://news.example/rss?section=world-news&author=jane"),
        ("https://news.example/rss?monkey=1&keyword=tea", "https://news.example/rss?monkey=1&keyword=tea"),
        ("https://news.example/rss?page=2;token=abc#access_token=1", "https://news.example/rss?page=2;token=***#access_token=***"),
        ("https://news.example/feed/private/9f8e7d6c5b4a392817069f8e7d6c5b4a/rss", "https://news.example/feed/private/***/rss"),
        ("https://news.example/2026/11/the-ferry-that-sails-at-dawn-4108", "https://news.example/2026/11/the-ferry-that-sails-at-dawn-4108"),
        ("https://news.example/rss?token=abc: answered 503", "https://news.example/rss?token=***: answered 503"),
        ("(see https://news.example/rss?key=abc).", "(see https://news.example/rss?key=***)."),
        ("postgresql://ann:s3cret@db.example/news", "postgresql://***@db.example/news"),
        ("cannot reach https://a:b@news.example/rss: timed out", "cannot reach https://***@news.example/rss: timed out"),
    ],
)
def test_secrets_in_addresses_are_masked(address: str, shown: str) -> None:
    assert mask(address) == shown


@given(st.text())
def test_masking_never_fails(text: str) -> None:
    mask("http://" + text)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://reader:hunter2@news.example:8443/a?token=abc", "https://news.example:8443/a?token=abc"),
        ("https://news.example/@desk/a?to=me@news.example", "https://news.example/@desk/a?to=me@news.example"),
        ("https://reader@[::1/a", "https://***"), ("entry:1:me@news.example", "entry:1:me@news.example"), ("", ""),
    ],
)  # fmt: skip
def test_a_pages_address_is_published_without_its_user(address: str, shown: str) -> None:
    assert without_user(address) == shown
