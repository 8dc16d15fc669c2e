"""CSV on stdout: what a spreadsheet opens, and no cell that it would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from crawler.publish.jsonl import time_text
from crawler.publish.plain import plain

_FORMULA = ("=", "+", "-", "@", "\t")  # what spreadsheets begin a formula with (OWASP, CSV injection)


def csv_lines(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A header, then one line a row (RFC 4180 but for the line's end); absent is empty, shares have four digits."""
    for row in chain([titles], rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([_cell(value) for value in row])
        yield line.getvalue()


def _cell(value: object) -> object:
    match value:
        case None:
            return ""
        case datetime():
            return time_text(value)
        case float():
            return f"{value:.4f}"
        case bool() | int():
            return value
        case _:
            text = plain(str(value))
            return f"'{text}" if text.startswith(_FORMULA) else text
