"""Dates as feeds write them: instant, zone, precision, and what is not believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.feeds.dates import read_date
from crawler.model import Precision

NOW = datetime(2025, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "instant", "precision", "zone_known"),
    [
        ("Tue, 05 Mar 2024 08:15:30 GMT", "2024-03-05T08:15:30", "second", True),
        ("Tue, 05 Mar 2024 08:15:30 EST", "2024-03-05T13:15:30", "second", True),
        ("Tue, 05 Mar 2024 08:15 JST", "2024-03-04T23:15:00", "minute", True),
        ("Tue, 5 Mar 24 08:15:30 +0530 (IST)", "2024-03-05T02:45:30", "second", True),
        ("2024-03-05T08:15:30.123456-05:00", "2024-03-05T13:15:30", "second", True),
        ("2024-03-05T08:15Z", "2024-03-05T08:15:00", "minute", True),
        ("2024-03-05 08:15:30", "2024-03-05T08:15:30", "second", False),
        ("2024-03-05T00:00:00", "2024-03-05T00:00:00", "day", False),
        ("Tue, 05 Mar 2024 00:00:00 +0000", "2024-03-05T00:00:00", "day", True),
        ("2024-03-05", "2024-03-05T00:00:00", "day", False),
        ("20240305", "2024-03-05T00:00:00", "day", False),
        ("07.02.2025", "2025-02-07T00:00:00", "day", False),
        ("mer, 16 nov 2022", "2022-11-16T00:00:00", "day", False),
        ("mar., 5 déc. 2023 18:20", "2023-12-05T18:20:00", "minute", False),
        ("5. März 2024 18:20 MEZ", "2024-03-05T17:20:00", "minute", True),
        ("5 de março de 2024", "2024-03-05T00:00:00", "day", False),
        ("Dec 16, 2023 2:02 PM PST", "2023-12-16T22:02:00", "minute", True),
        ("Sat, Dec 16 2023 02:02:33 PM", "2023-12-16T14:02:33", "second", False),
        ("2024年3月5日", "2024-03-05T00:00:00", "day", False),
    ],
)
def test_a_date_is_read_with_its_zone_and_precision(raw: str, instant: str, precision: str, zone_known: bool) -> None:
    found = read_date(raw, None, NOW)
    assert found is not None
    assert found.at == datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert (found.precision, found.zone_known, found.source) == (Precision(precision), zone_known, "feed")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        None,
        "soon",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2025-03-12T00:00:01Z",
        "2024-02-31",
        "2024-13-01",
        "2024-03-05T25:00:00Z",
        "Tue, 05 Mar 2024 08:15:30 XYZT",
        "99999999999",
        "5 Foo 2024",
    ],
)
def test_what_is_no_believable_date_is_dropped(raw: str | None) -> None:
    assert read_date(raw, None, NOW) is None


def test_feedparsers_reading_stands_in_where_ours_fails() -> None:
    found = read_date("Δευ, 04 Μαρ 2024 10:00:00 +0200", datetime(2024, 3, 4, 8, tzinfo=UTC).timetuple(), NOW)
    assert found is not None
    assert found.at == datetime(2024, 3, 4, 8, tzinfo=UTC)


@given(
    st.text(max_size=60)
    | st.from_regex(r"[0-9]{1,4}[-./ ][0-9A-Za-z]{1,4}[-./ ][0-9]{1,4}[ T][0-9:]{0,8} ?[A-Z+-]{0,4}[0-9]{0,4}", fullmatch=True)
)
def test_any_text_is_a_believable_date_or_none(raw: str) -> None:
    found = read_date(raw, None, NOW)
    assert found is None or 1980 <= found.at.year <= 2025
