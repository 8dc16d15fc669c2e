"""Where a page's headline stands, and which lines of its text stand above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from lxml.html import HtmlElement

from crawler.articles.head import Head
from crawler.articles.summary import speaks_of
from crawler.articles.voices import Shingles
from crawler.articles.wording import clean, likeness

_ALIKE = 0.45  # word Jaccard of an <h1> with the article's title
_REACH = 6  # blocks that are looked at
_MAX_LEADING_CHARS = 400  # a longer first block is the article, wherever its headline is placed
_NO_TEXT = frozenset({"script", "style", "noscript", "template", "svg"})
_NO_LETTER = re.compile(r"[\W_]+")
_SNIPPET = re.compile(r"[\w ,]{8,30}")


def blocks_above(blocks: Sequence[str], head: Head, html: str, title: str | None, wanted: Shingles = frozenset()) -> int:
    """How many of the first blocks stand above the headline, and only there: an app's slogans, a breaking line, a breadcrumb.

    A deck may stand there too: where it holds the feed's summary (`wanted`) it is the article.
    """
    if not blocks or not title or not _may_stand_before(blocks[0], html):
        return 0
    heading = _headline(head.tree, title)
    if heading is None:
        return 0
    before, after = _letters_around(head.tree, heading)
    count = 0
    for block in blocks[:_REACH]:
        folded = _letters(block)
        if len(block) > _MAX_LEADING_CHARS or not folded or folded not in before or folded in after or speaks_of(wanted, block):
            break
        count += 1
    return count if count < len(blocks) else 0


def _headline(tree: HtmlElement, title: str) -> HtmlElement | None:
    """The <h1> that bears the title."""
    alike = [(likeness(clean(str(element.text_content())), title), element) for element in islice(tree.iter("h1"), 6)]
    best = max(alike, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= _ALIKE else None


def _may_stand_before(block: str, html: str) -> bool:
    """Whether some words of the block occur in the body's source before its last <h1>: cheap, and no is certain enough."""
    if len(block) > _MAX_LEADING_CHARS:
        return False
    snippet = max(_SNIPPET.findall(block), key=len, default="").strip()
    end = html.rfind("<h1")
    start = html.find("<body")
    return bool(snippet) and html.find(snippet, max(start, 0), end) >= 0


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.lower())


def _letters_around(tree: HtmlElement, heading: HtmlElement) -> tuple[str, str]:
    """The letters of the body's text before the heading, and behind it."""
    before: list[str] = []
    after: list[str] = []
    parts = before
    body = tree.find("body")
    stack: list[tuple[HtmlElement, bool]] = [(tree if body is None else body, True)]
    while stack:
        element, opens = stack.pop()
        if not opens:
            parts.append(element.tail or "")
            continue
        if element is heading:
            parts = after
        stack.append((element, False))
        if isinstance(element.tag, str) and element.tag not in _NO_TEXT:
            parts.append(element.text or "")
            stack.extend((child, True) for child in reversed(element))
    return _letters(" ".join(before)), _letters(" ".join(after))
