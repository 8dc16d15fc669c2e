"""How often a feed asks to be polled: ttl, the syndication module's update period, skipHours and skipDays."""

from __future__ import annotations

import math
import re

HINT_CAP_S = 86_400
PERIODS_S = {"hourly": 3_600, "daily": 86_400, "dayly": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
DAYS = {day: number for number, day in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))}

SKIPPED_BYTES = 4_000  # between the two tags
_SKIP = re.compile(rb"<skip(hours|days)\b[^<>]*>", re.IGNORECASE)
_SKIP_END = re.compile(rb"</skip(?:hours|days)\s*>", re.IGNORECASE)
_HOUR = re.compile(rb"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAY = re.compile(rb"<day>\s*([a-z]{6,9})\s*</day>", re.IGNORECASE)


def hint_s(ttl: str | None, period: str | None, frequency: str | None) -> int | None:
    """The longest of the two hints in seconds, at most a day; None where the feed gives none that makes sense."""
    asked = [seconds for seconds in (_ttl_s(ttl), _period_s(period, frequency)) if seconds]
    return min(max(asked), HINT_CAP_S) if asked else None


def skip_hours(body: bytes) -> frozenset[int]:
    """The hours of the day (UTC) in which the channel asks not to be polled (RSS 2.0; 24 is the 0.91 name of 0)."""
    return frozenset(int(hour) % 24 for hour in _HOUR.findall(_skipped(body, b"hours")) if int(hour) <= 24)


def skip_days(body: bytes) -> frozenset[int]:
    """The days of the week (0 = Monday) on which the channel asks not to be polled."""
    names = (day.decode("ascii").lower() for day in _DAY.findall(_skipped(body, b"days")))
    return frozenset(DAYS[name] for name in names if name in DAYS)


def _skipped(body: bytes, unit: bytes) -> bytes:
    """What stands between the first tags <skipHours> or <skipDays>; nothing where they are not closed."""
    start = next((found for found in _SKIP.finditer(body) if found[1].lower() == unit), None)
    inside = body[start.end() : start.end() + SKIPPED_BYTES] if start else b""
    end = _SKIP_END.search(inside)
    return inside[: end.start()] if end else b""


def _ttl_s(ttl: str | None) -> int | None:
    minutes = _number(ttl)
    return int(min(minutes * 60, HINT_CAP_S)) if minutes else None


def _period_s(period: str | None, frequency: str | None) -> int | None:
    """Period by frequency (RSS 1.0 syndication module; 'always' and misspelt ones occur and say nothing)."""
    seconds = PERIODS_S.get((period or "").strip().lower())
    times = _number(frequency) if frequency else 1.0
    return int(min(seconds / times, HINT_CAP_S)) if seconds and times else None


def _number(text: str | None) -> float | None:
    try:
        number = float((text or "").strip())
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None
