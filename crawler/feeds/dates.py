"""The dates of feeds: the instant in UTC, whether a zone was stated, and how precise the clock was.

Read by our own rules first, because the raw text alone tells zone and precision; what they cannot read is left to feedparser
(Greek, Hungarian, Korean). Named zones that feedparser takes for UTC (CEST, JST, …) are in the table here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from crawler.model import Precision, Timestamp

EARLIEST_YEAR = 1980  # before it stand only empty clocks: year 1, 1970-01-01
FUTURE = timedelta(days=1)  # measured: nothing true is later than the fetch; clocks and zones may be off by less
MAX_LENGTH = 100

# Offsets in hours. Where a name means several zones, the one that news feeds use; military letters but Z are not read.
ZONES: Mapping[str, float] = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "SAST": 2, "CAT": 2, "WAT": 1, "EAT": 3, "IST": 5.5, "PKT": 5, "WIB": 7, "ICT": 7, "HKT": 8, "SGT": 8,
    "MYT": 8, "PHT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "BRT": -3, "ART": -3, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10,
}  # fmt: skip

# The beginnings of month names in the languages met in feeds; the longest that fits decides.
MONTH_NAMES = (
    "jan gen ene янв يناير", "feb fev fév fev шубат фев فبراير", "mar mär mrz märz maa мар مارس", "apr avr abr апр أبريل ابريل",
    "may mai mag mei maj май мая مايو", "jun juin giu июн يونيو", "jul juil lug июл يوليو", "aug aoû aou ago авг أغسطس اغسطس",
    "sep set sept сен سبتمبر", "oct okt ott out окт أكتوبر اكتوبر", "nov ноя نوفمبر", "dec dez déc dic дек ديسمبر",
)  # fmt: skip
MONTHS = {name: number for number, names in enumerate(MONTH_NAMES, 1) for name in names.split()}

_CLOCK = r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[aApP]\.?[mM]\b\.?)?)"
_ZONE = r"(?:\s*(?P<zone>[+\-−]\d{1,2}:?\d{2}|[+\-]\d{2}|[A-Z]{1,4}))?(?:\s*\([^)]*\))?"
_TAIL = rf"(?:[\sT,]*(?:at\s+)?{_CLOCK}{_ZONE})?"
_DAY = r"(?P<day>\d{1,2})"
_NAME = r"(?P<name>[^\W\d_]{3,12})\.?"
_PATTERNS = tuple(
    re.compile(pattern + _TAIL + r"\s*")
    for pattern in (
        rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/]{_DAY}",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"(?:[^\W\d_]+\.?,?\s+)?{_DAY}(?:\.|st|nd|rd|th)?[\s\-/]+(?:de\s+)?{_NAME}[\s\-/,]+(?:de\s+)?(?P<year>\d{{4}}|\d{{2}})",
        rf"(?:[^\W\d_]+\.?,?\s+)?{_NAME}\s+{_DAY}(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
        rf"{_DAY}\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})\s*年\s*(?P<month>\d{{1,2}})\s*月\s*{_DAY}\s*日",
    )
)


def read_date(raw: str | None, parsed: time.struct_time | None, now: datetime) -> Timestamp | None:
    """The time that a feed states in `raw` (`parsed`: feedparser's reading of it in UTC), or None where none can be believed."""
    text = " ".join((raw or "").split())[:MAX_LENGTH]
    found = _read(text) or _from_struct(text, parsed)
    if found is None or not is_believable(found.at, now):
        return None
    return found


def is_believable(at: datetime, now: datetime) -> bool:
    return at.year >= EARLIEST_YEAR and at <= now + FUTURE


def _read(text: str) -> Timestamp | None:
    for pattern in _PATTERNS:
        found = pattern.fullmatch(text)
        if found:
            try:
                return _timestamp(found.groupdict())
            except (ValueError, OverflowError):  # a 31st of February, an hour 25
                return None
    return None


def _timestamp(parts: Mapping[str, str | None]) -> Timestamp | None:
    month = int(parts["month"] or 0) if "month" in parts else _month(parts["name"] or "")
    if not month:
        return None
    hour, minute, second = (int(parts[part] or 0) for part in ("hour", "minute", "second"))
    zone = _offset(parts["zone"])
    if parts["zone"] and zone is None:
        return None
    clock = datetime(
        _year(parts["year"] or ""),
        month,
        int(parts["day"] or 0),
        _hour24(hour, parts["half"]),
        minute,
        min(second, 59),
        tzinfo=zone or UTC,
    )
    precision = _precision(clock, has_clock=parts["hour"] is not None, has_seconds=parts["second"] is not None)
    return Timestamp(at=clock.astimezone(UTC), precision=precision, zone_known=zone is not None, source="feed")


def _precision(clock: datetime, *, has_clock: bool, has_seconds: bool) -> Precision:
    """A clock that stands at midnight is a day written as an instant: 33 % of feed entries have it, 1 in 86,400 means it."""
    if not has_clock or (clock.hour, clock.minute, clock.second) == (0, 0, 0):
        return Precision.DAY
    return Precision.SECOND if has_seconds else Precision.MINUTE


def _from_struct(text: str, parsed: time.struct_time | None) -> Timestamp | None:
    if parsed is None:
        return None
    try:
        at = datetime(*parsed[:5], min(parsed[5], 59), tzinfo=UTC)
    except ValueError:  # feedparser gives year 0 and the like
        return None
    precision = _precision(at, has_clock=":" in text, has_seconds=text.count(":") > 1)
    return Timestamp(
        at=at, precision=precision, zone_known=bool(re.search(r"(?:[+-]\d{2}:?\d{2}|Z|GMT|UTC)$", text)), source="feed"
    )


def _month(name: str) -> int:
    folded = name.lower()
    return next((MONTHS[folded[:size]] for size in range(len(folded), 2, -1) if folded[:size] in MONTHS), 0)


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _hour24(hour: int, half: str | None) -> int:
    if not half:
        return hour
    return hour % 12 + (12 if half[0].lower() == "p" else 0)


def _offset(zone: str | None) -> timezone | None:
    """The offset of a stated zone; None where none is stated, or its name is unknown."""
    if not zone:
        return None
    if zone[0].isalpha():
        hours = ZONES.get(zone)
        return None if hours is None else timezone(timedelta(hours=hours))
    digits = zone[1:].replace(":", "")
    hours_part, minutes_part = (digits, "0") if len(digits) < 3 else (digits[:-2], digits[-2:])
    size = timedelta(hours=int(hours_part), minutes=int(minutes_part))
    return timezone(size if zone[0] == "+" else -size)
