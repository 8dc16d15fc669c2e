"""Tables, times and numbers as a person reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from rich.cells import cell_len, set_cell_size

from crawler.publish.plain import plain

_LEAST = 20  # columns that are left to the flexible one, however narrow the screen
_UNCUT = 2000  # columns where stdout is no terminal: nothing is cropped in a pipe


def table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, flexible: int = -1, numbers: Sequence[int] = ()) -> str:
    """Rows under titles, aligned; cells cleaned; on a terminal the column `flexible` gives way, in a pipe nothing is cut."""
    lines = [list(titles), *([_cell(value) for value in row] for row in rows)]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(titles))]
    flexible %= len(titles)
    spare = screen_width() - sum(widths) - 2 * (len(widths) - 1)
    widths[flexible] = max(widths[flexible] + min(spare, 0), min(widths[flexible], _LEAST))
    return "\n".join("  ".join(_fit(value, widths[i], i in numbers) for i, value in enumerate(line)).rstrip() for line in lines)


def screen_width() -> int:
    if not sys.stdout.isatty():
        return _UNCUT
    return os.get_terminal_size(sys.stdout.fileno()).columns or 80


def _fit(text: str, width: int, is_number: bool) -> str:
    """The text in exactly so many terminal cells (a Chinese character takes two)."""
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    padding = " " * (width - cell_len(text))
    return padding + text if is_number else text + padding


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return when(value)
    return "-" if value is None or value == "" else plain(str(value))


def noun(number: int, one: str, many: str | None = None) -> str:
    """The word for so many: "page", "pages"; `many` where it is not `one` with an s."""
    return one if number == 1 else many or f"{one}s"


def counted(number: int, one: str, many: str | None = None) -> str:
    """ "1 page", "3 pages"."""
    return f"{number} {noun(number, one, many)}"


def when(at: datetime | None) -> str:
    """A time to the minute, in UTC and saying so."""
    return "-" if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def span_text(span: timedelta) -> str:
    """A span in its two largest units: "2 d 3 h", "5 min", "12 s"."""
    seconds = int(abs(span.total_seconds()))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def due_text(at: datetime | None, now: datetime) -> str:
    """When something is due, seen from now."""
    if at is None:
        return "-"
    return "now" if at <= now else f"in {span_text(at - now)}"


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
