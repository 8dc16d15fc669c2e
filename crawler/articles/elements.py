"""What an element of a page shows a reader, and in which kind of box it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from lxml.html import HtmlElement

from crawler.articles.wording import MAX_SHORT, clean

CLASS_CHARS = 4_000  # of a class or id that are looked at; the longest of 478 real pages has 2,900
_CLOSING = frozenset(".,;:!?)’'")  # what follows an inline element without a space
_IN_PICTURE = re.compile(r"(?i)figure|image|photo|picture|caption|gallery|media-credit|bild|foto")
_IN_COMMENTS = re.compile(r"(?i)(?:^|[\s_-])(?:comments?|komment\w*|disqus)(?:[\s_-]|$)|comment-?(?:list|body|author|meta|item)")


def text_of(element: HtmlElement, *, limit: int = MAX_SHORT) -> str:
    """The text a reader sees in an element, on one line, scripts and styles left out; reading stops beyond `limit` characters."""
    parts, size = list[str](), 0
    for text in element.itertext():
        parent = text.getparent() if hasattr(text, "getparent") else None
        if parent is not None and text.is_text and parent.tag in ("script", "style", "noscript"):
            continue
        parts.append(text if text[:1] in _CLOSING else f" {text}")
        size += max(1, len(text.strip()))  # a thousand empty elements are read through no more than a long text is
        if size > limit:
            break
    return clean("".join(parts))


def is_in_picture(element: HtmlElement) -> bool:
    """Whether an element stands in a figure or in a box whose class speaks of an image, up to four levels above it."""
    for depth, parent in enumerate(element.iterancestors()):
        if depth > 4 or parent.tag in ("article", "main", "body"):
            return False
        if parent.tag in ("figure", "figcaption", "picture") or _IN_PICTURE.search((parent.get("class") or "")[:CLASS_CHARS]):
            return True
    return False


def is_in_comments(element: HtmlElement) -> bool:
    """Whether an element stands among readers' comments, up to six levels above it."""
    near = (element, *islice(element.iterancestors(), 6))
    return any(
        _IN_COMMENTS.search(f"{(parent.get('class') or '')[:CLASS_CHARS]} {(parent.get('id') or '')[:CLASS_CHARS]}")
        for parent in near
        if parent.tag != "body"
    )


def short_texts(elements: Sequence[HtmlElement], heading: str) -> tuple[str, ...]:
    """The texts of up to 120 characters among `elements`, without menus, lists, parts of a paragraph and of the heading."""
    found = list[str]()
    for element in elements:
        around = (element, *islice(element.iterancestors(), 4))
        if any(parent.tag in ("nav", "li", "h1", "button", "select") for parent in around) or (around[1:] and around[1].tag == "p"):
            continue
        text = clean(element.get("alt") or "") if element.tag == "img" else text_of(element, limit=120)
        if len(text) > 120:
            text = "" if element.tag == "p" else clean(element.text or "")
        if 1 < len(text) <= 120 and text not in heading and text not in found:
            found.append(text)
    return tuple(found)
