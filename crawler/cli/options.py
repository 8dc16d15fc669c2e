"""Option values that a person writes: spans of time, points in time, intervals."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def parse_span(text: str) -> timedelta | None:
    """ "90s", "30m", "2h", "7d", "1w" as a span of time; None for anything else."""
    match = _SPAN.fullmatch(text.strip().lower())
    return float(match[1]) * _UNITS[match[2]] if match else None


class Since(click.ParamType[datetime]):
    """How long ago ("2d") or when ("2026-11-20", "2026-11-20T08:00+01:00"; UTC where no zone is given)."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        if (span := parse_span(value)) is not None:
            return datetime.now(UTC) - span
        try:
            at = datetime.fromisoformat(value.strip())
        except ValueError:
            self.fail(f"{value!r} is neither a span such as 2d, 3h, 30m nor a time such as 2026-11-20T08:00.", param, ctx)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class Seconds(click.ParamType[int]):
    """An interval ("30m", "2h", "90s") in seconds."""

    name = "interval"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        span = parse_span(value)
        if span is None or span < timedelta(seconds=60):
            self.fail(f"{value!r} is no interval of a minute or more, such as 30m, 2h or 1d.", param, ctx)
        return int(span.total_seconds())
