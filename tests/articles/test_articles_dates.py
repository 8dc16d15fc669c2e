"""The small parser of printed times, and laws that hold for any of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.articles.clocks import read_time
from crawler.model import Precision

WINTER = "2023-03-30T18:37:00+00:00"
CASES = [
    ("UPDATED: 30 MAR 2023 01:37 PM EST", WINTER, Precision.MINUTE, True),
    ("30 MAR 2023 02:37 PM ET", WINTER, Precision.MINUTE, True),  # summer time holds since 12 March
    ("January 5, 2023 at 9:05 a.m. ET", "2023-01-05T14:05:00+00:00", Precision.MINUTE, True),
    ("Sept. 5, 2023, 3:04 PM CDT", "2023-09-05T20:04:00+00:00", Precision.MINUTE, True),
    ("2024-04-25T04:21:02+02:00", "2024-04-25T02:21:02+00:00", Precision.SECOND, True),
    ("2024-04-25 04:21:02.000000-0400", "2024-04-25T08:21:02+00:00", Precision.SECOND, True),
    ("2024-04-25T04:21Z", "2024-04-25T04:21:00+00:00", Precision.MINUTE, True),
    ("2024-04-25T04:21:02", "2024-04-25T04:21:02+00:00", Precision.SECOND, False),
    ("20240425T042102Z", "2024-04-25T04:21:02+00:00", Precision.SECOND, True),
    ("20240425", "2024-04-25T00:00:00+00:00", Precision.DAY, False),
    ("Thu, 25 Apr 2024 04:21:02 GMT", "2024-04-25T04:21:02+00:00", Precision.SECOND, True),
    ("Thu Apr 25 2024 04:21:02 GMT+0200 (CEST)", "2024-04-25T02:21:02+00:00", Precision.SECOND, True),
    ("Thu Apr 25 04:21:02 UTC 2024", "2024-04-25T04:21:02+00:00", Precision.SECOND, True),
    ("1680183420", "2023-03-30T13:37:00+00:00", Precision.SECOND, True),
    ("1680183420000", "2023-03-30T13:37:00+00:00", Precision.SECOND, True),
    ("30. März 2023, 13:37 Uhr", "2023-03-30T13:37:00+00:00", Precision.MINUTE, False),
    ("30. März 2023 um 13.37 Uhr MESZ", "2023-03-30T11:37:00+00:00", Precision.MINUTE, True),
    ("Publié le 30 mars 2023 à 13h37", "2023-03-30T13:37:00+00:00", Precision.MINUTE, False),
    ("30 de marzo de 2023", "2023-03-30T00:00:00+00:00", Precision.DAY, False),
    ("30 de março de 2023", "2023-03-30T00:00:00+00:00", Precision.DAY, False),
    ("30.03.2023 13:37", "2023-03-30T13:37:00+00:00", Precision.MINUTE, False),
    ("12/31/2023 5:00 PM", "2023-12-31T17:00:00+00:00", Precision.MINUTE, False),
    ("2023年3月30日 13時37分", "2023-03-30T13:37:00+00:00", Precision.MINUTE, False),
    ("2024-05-01T00:00:00Z", "2024-05-01T00:00:00+00:00", Precision.DAY, True),
    ("1 May 2024 24 comments", "2024-05-01T00:00:00+00:00", Precision.DAY, False),
]


@pytest.mark.parametrize(("text", "at", "precision", "zone_known"), CASES, ids=[text for text, *_ in CASES])
def test_a_printed_time_is_read(text: str, at: str, precision: Precision, zone_known: bool) -> None:
    found = read_time(text)

    assert found is not None
    assert (found.at.isoformat(), found.precision, found.zone is not None) == (at, precision, zone_known)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "3 hours ago", "03/04/2023", "31 February 2024", "Chapter 12", "2024", "12345678901234567890", "25:99"],
)
def test_what_states_no_one_day_is_no_time(text: str) -> None:
    assert read_time(text) is None


@given(st.integers(86_400 * 400, 86_400 * 365 * 130), st.integers(-14, 14))
def test_every_iso_instant_is_read_back(seconds: int, hours: int) -> None:
    stated = datetime.fromtimestamp(seconds, timezone(timedelta(hours=hours)))

    found = read_time(stated.isoformat())

    assert found is not None
    assert found.at == stated.astimezone(UTC)


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    found = read_time(text)

    assert found is None or found.at.tzinfo is UTC
