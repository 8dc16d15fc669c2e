"""A verdict's evidence in words: what is there is shown, whatever the rule that wrote it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from crawler.cli.console import counted, screen_width
from crawler.dedup.candidates import CROWDED
from crawler.publish.plain import plain

MOST_DIFFERENCES = 8
_WIDEST = 120
_LABEL = 16
_MEANINGS = {
    "jaccard": "of all three-word runs of both are shared",
    "containment": "of its own text is in the other",
    "coverage": "of the other's text is shown here",
    "lead": "of the opening is shared",
    "shared": "three-word runs shared",
}
_REASONS = {
    "exact": "the same words",
    "jaccard": "most of both texts is shared",
    "contained": "most of the shorter text, its opening too, is in the longer",
    "opening": "both begin alike, word for word, and half of the shorter text is in the longer",
    "named": "one names the other as its origin, and the text agrees",
    "template": "one template around other facts",
    "same_site": "pages of one site that do not meet its stricter bounds",
    "short": "too short to judge",
    "no_lead": "shared, but not the opening",
    "recurring": "one headline on one site, days apart: a column that recurs",
    "different": "too little shared",
    "window": "too far apart in time",
    "chrome": "all that is shared is what the site repeats",
    "wall": "a consent wall or an error page, not an article",
    "through members": "other members joined it, not the canonical version",
}


def render(values: Mapping[str, Any]) -> Iterator[str]:
    """One explained member or pair: headline fields, measures, cues, runs, refused candidates, differences."""
    rest = dict(values)
    special = {name: rest.pop(name, None) for name in ("measures", "cut", "cues", "refused", "longest_shared_runs", "differences")}
    yield plain(str(rest.pop("title", None) or rest["url"]))
    for name, value in rest.items():
        if value not in (None, "", [], ()):
            yield _field(name, _value(name, value))
    yield from measure_lines(special["measures"])
    yield from _list("cut", [_cut(cut) for cut in special["cut"] or ()])
    yield from _list("cues", [_cue(cue) for cue in special["cues"] or ()])
    runs = special["longest_shared_runs"] or ()
    yield from _list("shared runs", [f"{counted(run['words'], 'word')}: {_shortened(run['text'])}" for run in runs])
    yield from _list("refused", [_refused(row) for row in special["refused"] or ()])
    yield from _differences(special["differences"] or ())


def _field(name: str, text: str) -> str:
    return f"  {name.replace('_', ' '):<{_LABEL}}{plain(text)}"


def _value(name: str, value: Any) -> str:
    if name == "reason":
        return reason_text(value)
    if name == "crowded_rows":
        return f"{counted(value, 'index row')} shared by {CROWDED} pages or more: they tell candidates apart only together"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return str(value)


def reason_text(reason: Any) -> str:
    return f"{reason}: {_REASONS[reason]}" if reason in _REASONS else str(reason)


def measure_lines(measures: Any) -> Iterator[str]:
    if isinstance(measures, Mapping):
        for name, value in measures.items():
            number = f"{value:.2f}" if isinstance(value, float) else _value(name, value)
            yield _field(name, f"{number}  {_MEANINGS.get(name, '')}".rstrip())


def _cut(cut: Mapping[str, Any]) -> str:
    place = "above the headline" if cut["as"] == "above" else f"as {cut['as']}"
    return f"{counted(cut['words'], 'word')} {place}: {_shortened(cut['text'])}"


def _cue(cue: Mapping[str, Any]) -> str:
    said = cue.get("name") or cue.get("url") or ""
    quote = f" ({_shortened(str(cue['quote']))})" if cue.get("quote") else ""
    return f"{str(cue.get('kind', 'cue')).replace('_', ' ')}: {said}{quote}"


def _refused(row: Any) -> str:
    if not isinstance(row, Mapping):
        return str(row)
    numbers = ", ".join(
        f"{name} {row[name]:.2f}" for name in ("jaccard", "containment", "coverage") if isinstance(row.get(name), float)
    )
    return f"{row.get('url', '')}  {reason_text(row.get('reason', ''))}" + (f" ({numbers})" if numbers else "")


def _list(title: str, lines: Sequence[str]) -> Iterator[str]:
    for i, line in enumerate(lines):
        yield _field(title if i == 0 else "", line)


def _shortened(text: str) -> str:
    words = text.split()
    return f"“{' '.join(words)}”" if len(words) <= 16 else f"“{' '.join(words[:8])} … {' '.join(words[-6:])}”"


def _differences(differences: Sequence[Mapping[str, str]], most: int = MOST_DIFFERENCES) -> Iterator[str]:
    """Side by side what stands only here and what stands there instead."""
    if not differences:
        return
    shown = [(difference["here"], difference["there"]) for difference in differences[:most]]
    yield from ("", *side_by_side(("only here", "only there"), shown))
    if len(differences) > most:
        yield f"  … and {len(differences) - most} more (--json gives all)"


def side_by_side(titles: tuple[str, str], pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Two columns under their titles, each pair under a line; long texts are shown by their beginnings and ends."""
    width = (min(screen_width(), _WIDEST) - 5) // 2
    yield f"  {titles[0]:<{width}} │ {titles[1]}"
    for left, right in pairs:
        yield from _beside(_cell(left, width), _cell(right, width), width)


def _cell(text: str, width: int) -> list[str]:
    from rich.cells import chop_cells

    words = plain(text).split()
    short = " ".join(words) if len(words) <= 60 else f"{' '.join(words[:30])} … [{len(words) - 50} words] … {' '.join(words[-20:])}"
    return [piece for line in textwrap.wrap(short, width) for piece in chop_cells(line, width)]


def _beside(left: list[str], right: list[str], width: int) -> Iterator[str]:
    from rich.cells import cell_len

    yield f"  {'─' * width}─┼─{'─' * width}"
    for i in range(max(len(left), len(right))):
        here, there = (side[i] if i < len(side) else "" for side in (left, right))
        yield f"  {here}{' ' * (width - cell_len(here))} │ {there}".rstrip()
