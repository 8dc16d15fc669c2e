"""The one pass over a parsed page: which elements are looked at, and what is taken from each.

Nothing is judged here: values are as written, cleaned of markup and double spaces only, in document order.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from lxml.html import HtmlElement

from crawler.articles.wording import clean, word_set

MAX_HEADINGS = 12
MAX_KEPT = 60  # of a kind: pages with hundreds of times or bylines are lists of other stories
_NEIGHBOURS = 10  # texts kept on either side of a heading
# Everything that can hold a field; lxml filters in C, which spares half of the pass (paths, breaks, options, cells).
SEEN_TAGS = (
    "meta",
    "link",
    "script",
    "title",
    "h1",
    "time",
    "img",
    "a",
    "p",
    "div",
    "span",
    "em",
    "i",
    "small",
    "strong",
    "b",
    "cite",
    "address",
    "section",
    "header",
    "footer",
    "h2",
    "h3",
    "h4",
    "li",
    "figcaption",
    "font",
    "dd",
    "td",
    "author",
    "article",
)
_CREDIT_CHARS = 300  # the longest element whose words are looked at for a credit line
_BYLINE_CLASS = re.compile(
    r"byline|by-line|(?:^|[\s_-])(?:author|writer|auteur|autor|autore|autoren|forfatter|redacteur)(?:s?[_-]*(?:names?|link|"
    r"title))?(?:$|[\s_-])|authorname"
)
_CREDIT_TAGS = frozenset({"p", "em", "i", "small", "div", "span", "strong", "b", "cite", "footer", "font", "section", "li"})
# One of these words stands in every credit line that cues.py reads; looked up as whole words because a pattern on each text cost 3 parses.
_CREDIT_WORDS = word_set(
    "via published appeared republished posted syndicated publicado publicada apareció apareceu republicado publié publiée "
    "paru parue "
    "erschien erschienen veröffentlicht pubblicato pubblicata apparso apparsa gepubliceerd verschenen courtesy"
)
_IN_PICTURE = re.compile(r"(?i)figure|image|photo|picture|caption|gallery|media-credit|bild|foto")
_IN_COMMENTS = re.compile(r"(?i)(?:^|[\s_-])(?:comments?|komment\w*|disqus)(?:[\s_-]|$)|comment-?(?:list|body|author|meta|item)")


class BylineKind(StrEnum):
    """Which markup said that a text is a byline."""

    REL = "rel"
    ITEMPROP = "itemprop"
    CLASS = "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """A text marked as naming an author; `in_picture` where it stands in a figure or an image's box."""

    text: str
    kind: BylineKind
    in_picture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMark:
    """A <time> element, or another with itemprop datePublished or dateModified."""

    value: str  # datetime or content attribute, else the text
    text: str
    itemprop: str | None = None
    css: str = ""
    is_time: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """An <h1> with the short texts (and image alternatives) around it in document order, the nearest last before and first after."""

    text: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """A short text that may be a credit line, and where the links in it lead (as written)."""

    text: str
    hrefs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A <link> of the head: its relations in lower case, its address as written."""

    rels: tuple[str, ...]
    href: str


def text_of(element: HtmlElement) -> str:
    """The text a reader sees in an element, on one line; scripts and styles left out."""
    parts = list[str]()
    for text in element.itertext():
        parent = text.getparent() if hasattr(text, "getparent") else None
        if parent is not None and text.is_text and parent.tag in ("script", "style", "noscript"):
            continue
        parts.append(str(text))
    return clean(" ".join(parts))


def is_in_picture(element: HtmlElement) -> bool:
    """Whether an element stands in a figure or in a box whose class speaks of an image, up to four levels above it."""
    for depth, parent in enumerate(element.iterancestors()):
        if depth > 4 or parent.tag in ("article", "main", "body"):
            return False
        if parent.tag in ("figure", "figcaption", "picture") or _IN_PICTURE.search(parent.get("class") or ""):
            return True
    return False


def _is_in_comments(element: HtmlElement) -> bool:
    """Whether an element stands among readers' comments, up to six levels above it."""
    near = (element, *islice(element.iterancestors(), 6))
    return any(
        _IN_COMMENTS.search(f"{parent.get('class') or ''} {parent.get('id') or ''}") for parent in near if parent.tag != "body"
    )


def _short_texts(elements: Sequence[HtmlElement], heading: str) -> tuple[str, ...]:
    """The texts of up to 120 characters among `elements`, without menus, lists and parts of the heading itself."""
    found = list[str]()
    for element in elements:
        if any(parent.tag in ("nav", "li", "h1", "button", "select") for parent in (element, *islice(element.iterancestors(), 4))):
            continue
        text = clean(element.get("alt") or "") if element.tag == "img" else text_of(element)
        if len(text) > 120:
            text = clean(element.text or "")
        if 1 < len(text) <= 120 and text not in heading and text not in found:
            found.append(text)
    return tuple(found)


class Collector:
    """The state of the one pass over a tree: `see` takes each element of `SEEN_TAGS` in document order."""

    def __init__(self) -> None:
        self.title: str | None = None
        self.metas: defaultdict[str, list[str]] = defaultdict(list)
        self.itemprops: defaultdict[str, list[str]] = defaultdict(list)
        self.links: list[Link] = []
        self.scripts: list[str] = []
        self._headings: list[tuple[HtmlElement, list[HtmlElement], list[HtmlElement]]] = []
        self._recent: deque[HtmlElement] = deque(maxlen=_NEIGHBOURS)
        self.times: list[TimeMark] = []
        self.bylines: list[Byline] = []
        self.credit_lines: list[CreditLine] = []
        self._readers: dict[object, Callable[[HtmlElement], None]] = {
            "meta": self._see_meta,
            "link": self._see_link,
            "script": self._see_script,
            "title": self._see_title,
            "h1": self._see_h1,
            "time": self._see_time,
            "img": self._see_image,
        }
        self._classes: dict[str, bool] = {}

    def see(self, element: HtmlElement) -> None:
        tag = element.tag
        if (reader := self._readers.get(tag)) is not None:
            reader(element)
            if tag != "time":
                return
        attributes = element.attrib
        css = attributes.get("class")
        if css is not None and (self._classes[css] if css in self._classes else self._names_author(css)):
            self._see_byline(element, BylineKind.CLASS)
        elif tag == "a" and "author" in attributes.get("rel", "").lower().split():
            self._see_byline(element, BylineKind.REL)
        if "itemprop" in attributes:
            self._see_itemprop(element, attributes["itemprop"].lower())
        text = element.text
        if text is not None and not text.isspace():
            self._see_text(element, tag, text)

    def _see_text(self, element: HtmlElement, tag: str, text: str) -> None:
        """Remember an element with a text of its own as a neighbour of the headings before and after it."""
        self._recent.append(element)
        if self._headings and len(self._headings[-1][2]) < _NEIGHBOURS:
            self._headings[-1][2].append(element)
        if tag in _CREDIT_TAGS and 3 < len(text) < _CREDIT_CHARS and not _CREDIT_WORDS.isdisjoint(text.lower().split()):
            self._see_credit(element)

    def _see_image(self, element: HtmlElement) -> None:
        if element.get("alt"):
            self._see_text(element, "img", "")

    def _names_author(self, css: str) -> bool:
        """Whether a class attribute speaks of an author; remembered, since a page repeats its classes."""
        known = self._classes[css] = _BYLINE_CLASS.search(css.lower()) is not None
        return known

    def _see_meta(self, element: HtmlElement) -> None:
        content = clean(element.get("content") or "")
        if content:
            for attribute in ("property", "name", "itemprop"):
                for key in (element.get(attribute) or "").lower().split():
                    self.metas[key].append(content)

    def _see_link(self, element: HtmlElement) -> None:
        rels = tuple((element.get("rel") or "").lower().split())
        href = (element.get("href") or "").strip()
        if rels and href:
            self.links.append(Link(rels=rels, href=href))

    def _see_script(self, element: HtmlElement) -> None:
        if "ld+json" in (element.get("type") or "").lower() and element.text:
            self.scripts.append(element.text)

    def _see_title(self, element: HtmlElement) -> None:
        parent = element.getparent()
        if self.title is None and (parent is None or parent.tag != "svg"):
            self.title = clean(element.text_content()) or None

    def _see_h1(self, element: HtmlElement) -> None:
        if len(self._headings) < MAX_HEADINGS:
            self._headings.append((element, list(self._recent), []))

    def headings(self) -> tuple[Heading, ...]:
        found = list[Heading]()
        for element, before, after in self._headings:
            if text := text_of(element):
                found.append(Heading(text=text, before=_short_texts(before, text), after=_short_texts(after, text)))
        return tuple(found)

    def _see_time(self, element: HtmlElement) -> None:
        if len(self.times) < MAX_KEPT:
            text = text_of(element)
            value = clean(element.get("datetime") or "") or text
            if value:
                self.times.append(
                    TimeMark(value=value, text=text, itemprop=element.get("itemprop"), css=element.get("class") or "")
                )

    def _see_itemprop(self, element: HtmlElement, names: str) -> None:
        for name in names.split():
            if name in ("author", "creator"):
                self._see_byline(element, BylineKind.ITEMPROP)
            elif name in ("datepublished", "datemodified", "datecreated"):
                self._see_date_prop(element, name)
            elif name in ("headline", "publisher", "isbasedon", "copyrightholder", "sourceorganization", "provider", "inlanguage"):
                value = clean(element.get("content") or element.get("href") or "") or text_of(element)[:300]
                if value and len(self.itemprops[name]) < MAX_KEPT:
                    self.itemprops[name].append(value)

    def _see_date_prop(self, element: HtmlElement, name: str) -> None:
        if element.tag == "time" or len(self.times) >= MAX_KEPT:
            return  # a <time> keeps its itemprop already
        value = clean(element.get("content") or element.get("datetime") or "") or text_of(element)[:100]
        if value:
            self.times.append(TimeMark(value=value, text="", itemprop=name, is_time=False))

    def _see_byline(self, element: HtmlElement, kind: BylineKind) -> None:
        if len(self.bylines) >= MAX_KEPT:
            return
        named = (
            next((child for child in element.iter() if (child.get("itemprop") or "") == "name"), None)
            if kind is BylineKind.ITEMPROP
            else None
        )
        text = clean((named if named is not None else element).get("content") or "") or text_of(element if named is None else named)
        if 2 < len(text) <= 200 and not _is_in_comments(element):
            self.bylines.append(Byline(text=text, kind=kind, in_picture=is_in_picture(element)))

    def _see_credit(self, element: HtmlElement) -> None:
        if len(self.credit_lines) < MAX_KEPT:
            text = text_of(element)
            if len(text) < _CREDIT_CHARS:
                hrefs = tuple(link.get("href") or "" for link in element.iter("a"))
                self.credit_lines.append(CreditLine(text=text, hrefs=hrefs))
