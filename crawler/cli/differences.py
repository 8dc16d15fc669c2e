"""What changed from one text to another, as a person reads it: [-left out-]{+added+}, or red and green on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from crawler.cli.comparing import Stretch, compare_texts
from crawler.publish.plain import plain

AROUND = 8  # words shown before and after a change
GAP = "…"


def difference_lines(old: str, new: str, *, colour: bool) -> Iterator[str]:
    """A line for each change with the words around it; changes so near that their surroundings meet share one."""
    line: list[str] = []
    stretches = compare_texts(new, old)
    for place, stretch in enumerate(stretches):
        if not stretch.is_shared:
            line.append(_change(stretch, colour=colour))
            continue
        words = plain(stretch.here).split()
        is_first, is_last = place == 0, place == len(stretches) - 1
        if len(words) <= 2 * AROUND and not (is_first or is_last):
            line.append(" ".join(words))
            continue
        if not is_first:
            yield _joined([*line, *_start(words)])
        line = [] if is_last else _end(words)
    if line:
        yield _joined(line)


def change_values(old: str, new: str) -> list[dict[str, Any]]:
    """Every run of words, in reading order, as `--json` gives it."""
    return [
        {"shared": stretch.here} if stretch.is_shared else {"left_out": stretch.there, "added": stretch.here}
        for stretch in compare_texts(new, old)
    ]


def _change(stretch: Stretch, *, colour: bool) -> str:
    left_out, added = plain(stretch.there), plain(stretch.here)
    if colour:
        styled = (click.style(left_out, fg="red", strikethrough=True), click.style(added, fg="green"))
        return " ".join(words for words, is_there in zip(styled, (left_out, added), strict=True) if is_there)
    return (f"[-{left_out}-]" if left_out else "") + (f"{{+{added}+}}" if added else "")


def _start(words: Sequence[str]) -> list[str]:
    return [*words[:AROUND], GAP] if len(words) > AROUND else list(words)


def _end(words: Sequence[str]) -> list[str]:
    return [GAP, *words[-AROUND:]] if len(words) > AROUND else list(words)


def _joined(pieces: Sequence[str]) -> str:
    return "  " + " ".join(pieces)
