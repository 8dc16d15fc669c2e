"""A small parser of the times that news pages print: machine forms, RFC 822, and day, month name and clock in eight languages.

Never dateparser: it guesses relative and partial dates and takes a tenth of a page's time. What is not understood is None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from crawler.model import Precision

_MONTH_NAMES = (
    "jan january januar janvier enero ene gennaio janeiro januari janv jänner gen",
    "feb february februar février fevrier febrero febbraio fevereiro februari févr fev",
    "mar march märz mars marzo março maart mär mrz mrt marz",
    "apr april avril abril aprile abr avr",
    "may mai mayo maggio maio mei mag",
    "jun june juni juin junio giugno junho giu",
    "jul july juli juillet julio luglio julho juil lug",
    "aug august août aout agosto augustus ago augusti",
    "sep sept september septembre septiembre settembre setembro set",
    "oct october oktober octobre octubre ottobre outubro okt ott out",
    "nov november novembre noviembre novembro",
    "dec december dezember décembre decembre diciembre dicembre dezembro dez dic déc des desember",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_OFFSETS_H = {
    "z": 0,
    "utc": 0,
    "gmt": 0,
    "wet": 0,
    "bst": 1,
    "west": 1,
    "cet": 1,
    "mez": 1,
    "cest": 2,
    "mesz": 2,
    "eet": 2,
    "sast": 2,
    "eest": 3,
    "msk": 3,
    "sgt": 8,
    "hkt": 8,
    "awst": 8,
    "jst": 9,
    "kst": 9,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "akst": -9,
    "akdt": -8,
    "hst": -10,
}
_US_STANDARD_H = {"et": -5, "ct": -6, "mt": -7, "pt": -8}  # summer time follows from the day
_ZONE = r"(?P<zone>Z\b|(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d\d)?\b|[A-Za-z]{2,4}\b)?"
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?)?\s*(?:Uhr\b)?\s*"
    r"(?P<half>[ap]\.?\s?m\b\.?)?\s*(?:\(?" + _ZONE + r"\)?)?"
)
_GLUE = r"(?:\s*(?:,|\||-|–|—|•|·|/|at|um|à|a las|alle|às|om|kl\.?)?\s*)"
_NUMERIC = re.compile(
    r"(?<!\d)(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?:[T\s]+,?\s*" + _CLOCK + r")?(?!\d)", re.I
)
_COMPACT = re.compile(
    r"^(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:T?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?" + _ZONE + r")?$",
    re.I,
)
_DAY_FIRST = re.compile(
    r"(?<![\w.])(?P<day>\d{1,2})(?:st|nd|rd|th|er|º)?\.?[\s\-](?:de |of )?(?P<name>[^\W\d_]{3,10})\.?,?[\s\-](?:de |del "
    r")?(?P<year>\d{4})(?!\d)(?:" + _GLUE + _CLOCK + ")?",
    re.I,
)
_MONTH_FIRST = re.compile(
    r"\b(?P<name>[^\W\d_]{3,10})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})(?!\d)(?:" + _GLUE + _CLOCK + ")?", re.I
)
_POINTED = re.compile(
    r"(?<![\d.])(?P<day>\d{1,2})(?P<mark>[./])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})(?!\d)(?:" + _GLUE + _CLOCK + ")?", re.I
)
_EAST_ASIAN = re.compile(
    r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일](?:\D{0,8}?(?P<hour>\d{1,2})\s?[:時时시]\s?"
    r"(?P<minute>\d{1,2})(?::(?P<second>\d\d))?)?"
)
_ASCTIME = re.compile(
    r"^\w{3},?\s+(?P<name>\w{3})\s+(?P<day>\d{1,2})\s+(?P<hour>\d\d):(?P<minute>\d\d):"
    r"(?P<second>\d\d)\s+(?P<zone>[A-Z]{2,4})?\s*(?P<year>\d{4})$"
)
_PATTERNS = (_NUMERIC, _DAY_FIRST, _MONTH_FIRST, _POINTED, _EAST_ASIAN)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
MAX_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A time as printed: the clock without its zone, the zone where one is given, and how fine it is.

    A clock at exactly midnight counts as a bare day: that is what systems print for a day without a time.
    """

    clock: datetime
    zone: tzinfo | None
    precision: Precision

    @property
    def at(self) -> datetime:
        """The instant in UTC, reading a clock without a zone as UTC."""
        try:
            return self.clock.replace(tzinfo=self.zone or UTC).astimezone(UTC)
        except OverflowError:
            return self.clock.replace(tzinfo=UTC)


def read_time(text: str) -> Reading | None:
    """The first time that a short text states, or None."""
    text = text.strip()[:MAX_CHARS]
    if _EPOCH.fullmatch(text):
        seconds = int(text[:10])
        return Reading(clock=datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None), zone=UTC, precision=Precision.SECOND)
    match = _COMPACT.search(text) or _ASCTIME.search(text)
    if match is not None:
        return _reading(match.groupdict())
    found = [match for pattern in _PATTERNS if (match := pattern.search(text))]
    readings = (_reading(match.groupdict()) for match in sorted(found, key=lambda match: match.start()))
    return next((reading for reading in readings if reading is not None), None)


def _reading(parts: dict[str, str | None]) -> Reading | None:
    month = _MONTHS.get((parts.get("name") or "").lower()) or int(parts.get("month") or 0)
    day = int(parts.get("day") or 0)
    if parts.get("mark") == "/" and _is_day_before_year(parts):
        if day <= 12 and month <= 12 and day != month:
            return None  # 03/04/2024 is two days in two countries
        day, month = (month, day) if month > 12 else (day, month)
    hour, minute = _clock(parts)
    try:
        clock = datetime(int(parts.get("year") or 0), month, day, hour, minute, int(parts.get("second") or 0))  # noqa: DTZ001
    except ValueError:
        return None
    return Reading(clock=clock, zone=_zone(parts.get("zone"), clock), precision=_precision(parts, clock))


def _is_day_before_year(parts: dict[str, str | None]) -> bool:
    """Whether the day or month stood before the year."""
    return list(parts).index("year") > list(parts).index("month")


def _clock(parts: dict[str, str | None]) -> tuple[int, int]:
    """Hour and minute; (0, 0) where a number after the date was no clock."""
    half = (parts.get("half") or "").lower()[:1]
    if parts.get("hour") is None or (parts.get("minute") is None and not half):
        return 0, 0
    hour = int(parts["hour"] or 0)
    if half:
        hour = hour % 12 + 12 * (half == "p")
    return hour, int(parts.get("minute") or 0)


def _precision(parts: dict[str, str | None], clock: datetime) -> Precision:
    if (clock.hour, clock.minute, clock.second) == (0, 0, 0):
        return Precision.DAY
    return Precision.SECOND if parts.get("second") else Precision.MINUTE


def _zone(text: str | None, clock: datetime) -> tzinfo | None:
    name = (text or "").lower().strip()
    if not name:
        return None
    if (match := re.fullmatch(r"(?:utc|gmt)?\s?([+-])(\d{1,2}):?(\d\d)?", name)) is not None:
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(-offset if sign == "-" else offset) if offset <= timedelta(hours=15) else None
    if name in _US_STANDARD_H:
        return timezone(timedelta(hours=_US_STANDARD_H[name] + _is_us_summer(clock)))
    return timezone(timedelta(hours=_OFFSETS_H[name])) if name in _OFFSETS_H else None


def _is_us_summer(clock: datetime) -> bool:
    """Whether US summer time holds: from 2:00 on March's second Sunday to 2:00 on November's first (since 2007)."""
    march, november = (
        clock.replace(month=3, day=8, hour=2, minute=0, second=0),
        clock.replace(month=11, day=1, hour=2, minute=0, second=0),
    )
    starts, ends = (day + timedelta(days=6 - day.weekday()) for day in (march, november))
    return starts <= clock < ends


def is_month(word: str) -> bool:
    """Whether a word is a month's name or its short form in one of the languages read here."""
    return word.lower() in _MONTHS
