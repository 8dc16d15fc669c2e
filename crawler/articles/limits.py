"""What a page may cost: limits checked in linear time before any parser sees the page.

The parsers are linear on real pages and quadratic or worse on made ones: 100,000 nested <div> hold one of them for more than
45 s, 50,000 attributes in one tag hold all of them for 3 s, 300,000 <br> cost 8 s, and a <font> that is never closed is
opened anew in every paragraph that follows. Of 478 real pages none comes near a limit (most tags: 10,500; mean 2,000). A
single long attribute is no reason: 12 of them carry one of 64 KB to 330 KB, and nothing is slow on it.
"""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

from crawler.errors import NotAPage

MAX_CHARS = 2_000_000  # without scripts, styles and comments: about 1 s of extraction
MAX_TAGS = 20_000
MAX_DEPTH = 1_500
MAX_LEFT_OPEN = 400  # formatting elements that are never closed; each costs an element in every later paragraph
MAX_ATTRIBUTES = 2_000
_PARSER_DEPTH = 200  # libxml2 drops silently what lies below 256

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
_MANY_ATTRIBUTES = re.compile(
    r"<[a-zA-Z][^\s/>]*+(?:[\s/]++[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]{0,65536}+\"|'[^']{0,65536}+'|[^\s>\"']*+))?+)"
    rf"{{{MAX_ATTRIBUTES}}}"
)
_RAW_OPENINGS = re.compile(r"<!--|<(script|style)\b", re.IGNORECASE)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_FORMATTING = (
    "b",
    "big",
    "code",
    "em",
    "font",
    "i",
    "s",
    "small",
    "strike",
    "strong",
    "tt",
    "u",
)  # no <a>: a second closes the first
_CLOSED_BY_NEXT = frozenset(("p", "li", "td", "th", "tr", "option", "dt", "dd", "tbody", "thead"))
_DEEP = etree.XPath(f"boolean({'/*' * _PARSER_DEPTH})")


def check_limits(html: str) -> None:
    """Raise NotAPage, with the limit that is passed, where parsing the page could cost seconds; linear in its length."""
    tags = html.count("<")
    if len(html) > MAX_CHARS or tags > MAX_TAGS:
        html = without_raw_text(html)
        tags = html.count("<")
    if len(html) > MAX_CHARS:
        raise NotAPage(f"{len(html):,} characters of markup and text, more than {MAX_CHARS:,}: too large for an article")
    if tags > MAX_TAGS:
        raise NotAPage(f"{tags:,} tags, more than {MAX_TAGS:,}: too large for an article")
    if _MANY_ATTRIBUTES.search(html):
        raise NotAPage(f"a tag with more than {MAX_ATTRIBUTES:,} attributes")


def check_nesting(html: str, tree: HtmlElement) -> bool:
    """Raise NotAPage where parsers less forgiving than libxml2, which made `tree`, could hang on the page's nesting.

    Counting in the tree is quick and says when the tags themselves have to be followed: on some 3 % of real pages. Gives
    whether the tree is nested so deeply that its parser may have dropped what lies below.
    """
    is_deep = bool(_DEEP(tree.getroottree()))
    if is_deep or sum(1 for _ in tree.iter(*_FORMATTING)) > MAX_LEFT_OPEN:
        _follow_tags(html)
    return is_deep


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


def _follow_tags(html: str) -> None:
    """Follow the tags as a stack: a closing tag ends what was opened inside it; formatting elements ended so are left open."""
    stack: list[str] = []
    inside: dict[str, int] = {}
    left_open = 0
    for closing, name in _TAG.findall(html):
        if name in _VOID:
            continue
        if not closing:
            if stack and stack[-1] == name and name in _CLOSED_BY_NEXT:
                continue
            stack.append(name)
            inside[name] = inside.get(name, 0) + 1
            if len(stack) > MAX_DEPTH:
                raise NotAPage(f"elements nested more than {MAX_DEPTH:,} deep")
        elif inside.get(name):
            while (last := stack.pop()) != name:
                inside[last] -= 1
                left_open += last in _FORMATTING
            inside[name] -= 1
    if left_open > MAX_LEFT_OPEN:
        raise NotAPage(f"{left_open:,} formatting elements that are never closed")
