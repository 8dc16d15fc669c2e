"""What markup may cost a parser that builds trees as browsers do, counted in linear time before one sees it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_RAW_OPENINGS = re.compile(r"<!--|<(script|style)\b", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
# No <a>: a second closes the first.
FORMATTING = ("b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u")
_FORMATTING_TAG = re.compile(rf"<(?:{'|'.join(FORMATTING)})(?=[\s/>])", re.IGNORECASE)
_CLOSED_BY_NEXT = frozenset(("p", "li", "td", "th", "tr", "option", "dt", "dd", "tbody", "thead"))


@dataclass(frozen=True, slots=True)
class Nesting:
    """How deep elements lie, how many formatting ones are never closed, and how often those are opened anew.

    A <font> that is left open when its parent is closed is opened again in every element that follows: 390 of them before
    19,000 paragraphs make seven million elements of 90 KB.
    """

    depth: int
    left_open: int
    reopened: int


def follow_tags(markup: str) -> Nesting:
    """Follow the tags as a stack: a closing tag ends what was opened inside it; formatting elements ended so are left open."""
    stack: list[str] = []
    inside: dict[str, int] = {}
    depth = left_open = reopened = 0
    for closing, stated in _TAG.findall(markup):
        name = stated.lower()
        if name in _VOID:
            continue
        if not closing:
            reopened += left_open
            if stack and stack[-1] == name and name in _CLOSED_BY_NEXT:
                continue
            stack.append(name)
            inside[name] = inside.get(name, 0) + 1
            depth = max(depth, len(stack))
        elif inside.get(name):
            while (last := stack.pop()) != name:
                inside[last] -= 1
                left_open += last in FORMATTING
            inside[name] -= 1
    return Nesting(depth, left_open, reopened)


def count_formatting(markup: str) -> int:
    """How many formatting elements the markup opens."""
    return len(_FORMATTING_TAG.findall(markup))


def has_tag_with_more(markup: str, attributes: int) -> bool:
    """Whether a tag has more than so many attributes: parsers compare each with all the others."""
    return any(tag["one_more"] for tag in _tag_with(attributes).finditer(markup))


@cache
def _tag_with(attributes: int) -> re.Pattern[str]:
    """A tag up to one attribute too many, as browsers find them. It is passed over as a whole: a pattern that looks for such a
    tag from each "<" anew takes the square of "<a <a <a …"."""
    return re.compile(
        r"<[a-zA-Z][^\s/>]*+(?:[\s/]++[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]{0,65536}+\"|'[^']{0,65536}+'|[^\s>\"']*+))?+)"
        rf"{{0,{attributes}}}+(?P<one_more>[\s/]++[^\s/>=])?"
    )


def without_raw_text(html: str) -> str:
    """The page without scripts, styles and comments, found by `str.find` alone: an opening that nothing closes ends the page."""
    kept, position, low = [], 0, html.lower() if html.isascii() else html
    while (opening := _RAW_OPENINGS.search(html, position)) is not None:
        kept.append(html[position : opening.start()])
        name = opening[1]
        closing, skip = ("-->", 3) if name is None else (f"</{name.lower()}", 0)
        end = low.find(closing, opening.end())
        if end < 0:
            return "".join(kept)
        position = end + (skip or len(closing))
    kept.append(html[position:])
    return "".join(kept)
