"""What heads of answers say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetch.headers import freshness_s, is_document, retry_after_s, user_agent, validators_in
from crawler.model import Validators

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0), ("0", 0.0), (" 7 ", 7.0), ("1.5", 1.5), ("999999", 86_400.0), ("-1", None), ("soon", None), ("", None),
        ("Mon, 02 Mar 2026 10:01:00 GMT", 60.0), ("Mon, 02 Mar 2026 09:00:00 GMT", 0.0),
        ("9" * 400, None), ("nan", None), ("Mon, 99 Foo 2026", None), ("Mon, 02 Mar 0001 10:00:00 +2359", 0.0), ("²", None),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(value: str, expected: float | None) -> None:
    assert retry_after_s({"retry-after": value}, NOW) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": "public, max-age=600"}, 600), ({"cache-control": 'max-age="600"', "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "900"}, 0), ({"cache-control": "max-age=600, no-cache"}, None),
        ({"cache-control": f"max-age={'9' * 11}"}, 2**31), ({"cache-control": f"max-age={'9' * 5000}"}, 2**31),
        ({"cache-control": f"max-age={'600'.zfill(20)}"}, 600), ({"cache-control": "max-age=600", "age": "9" * 5000}, 0),
        ({"cache-control": "no-store"}, None), ({"cache-control": "MAX-AGE=60"}, 60),
        ({"cache-control": "max-age=x", "expires": "Mon, 02 Mar 2026 10:10:00 GMT"}, 600),
        ({"expires": "Mon, 02 Mar 2026 10:10:00 GMT", "date": "Mon, 02 Mar 2026 10:05:00 GMT"}, 300),
        ({"expires": "0"}, None), ({"expires": "Mon, 02 Mar 2020 10:10:00 GMT"}, 0), ({}, None), ({"cache-control": ",,=;"}, None),
    ],
)  # fmt: skip
def test_freshness_is_max_age_less_age_else_expires_less_date(headers: dict[str, str], expected: int | None) -> None:
    assert freshness_s(headers, NOW) == expected


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_header_is_read_without_an_error(one: str, other: str) -> None:
    freshness_s({"cache-control": one, "expires": other, "age": one, "date": other}, NOW)
    retry_after_s({"retry-after": one}, NOW)


def test_validators_that_cannot_be_sent_back_are_left() -> None:
    assert validators_in({"etag": 'W/"x"', "last-modified": "yesterday"}) == Validators(etag='W/"x"', last_modified="yesterday")
    assert validators_in({"etag": '"é"', "last-modified": "x" * 2000}) == Validators()


def test_contact_cannot_break_the_header() -> None:
    assert "\n" not in user_agent("https://a.example/\r\nX-Evil: 1")
    assert user_agent(" ") == user_agent("")


@pytest.mark.parametrize("kind", [None, "", "text/html; charset=utf-8", "application/xhtml+xml", "application/octet-stream"])
def test_anything_that_may_be_a_page_is_read(kind: str | None) -> None:
    assert is_document(kind)
