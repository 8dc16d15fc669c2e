"""The one pass over a parsed page: which elements are looked at, and what is taken from each.

Nothing is judged here: values are as written, cleaned of markup and double spaces only, in document order.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from crawler.articles.elements import CLASS_CHARS, is_in_comments, is_in_picture, short_texts, text_of
from crawler.articles.wording import clean, word_set

MAX_HEADINGS = 12
MAX_KEPT = 60  # of a kind: pages with hundreds of times or bylines are lists of other stories
_MAX_LOOKED_AT = 400  # elements of a kind whose text is read, whether or not it is kept
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
_PROPERTIES = frozenset(
    ("headline", "publisher", "isbasedon", "copyrightholder", "sourceorganization", "provider", "inlanguage")
)
_MAX_NAME_DEPTH = 100  # elements of an author's box among which the one that bears the name is looked for
_CREDIT_TAGS = frozenset({"p", "em", "i", "small", "div", "span", "strong", "b", "cite", "footer", "font", "section", "li"})
# One of these words stands in every credit line that credits.py reads; whole words, since a pattern on each text cost 3 parses.
_CREDIT_WORDS = word_set(
    "via published appeared republished posted syndicated publicado publicada apareció apareceu republicado publié publiée "
    "paru parue "
    "erschien erschienen veröffentlicht pubblicato pubblicata apparso apparsa gepubliceerd verschenen courtesy"
)


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
    """An <h1> with the short texts and image alternatives around it, in document order."""

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


@lru_cache(maxsize=16_384)  # a site's pages share their classes
def _names_author(css: str) -> bool:
    return _BYLINE_CLASS.search(css.lower()) is not None


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
        self._looked_at = Counter[str]()

    def see(self, element: HtmlElement) -> None:
        tag = element.tag
        if (reader := _READERS.get(tag)) is not None:
            reader(self, element)
            if tag != "time":
                return
        get = element.get
        css = get("class")
        if css is not None and _names_author(css[:CLASS_CHARS]):
            self._see_byline(element, BylineKind.CLASS)
        elif tag == "a" and "author" in (get("rel") or "").lower().split():
            self._see_byline(element, BylineKind.REL)
        if (itemprop := get("itemprop")) is not None:
            self._see_itemprop(element, itemprop.lower())
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
                found.append(Heading(text=text, before=short_texts(before, text), after=short_texts(after, text)))
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
        for name in dict.fromkeys(names[:CLASS_CHARS].split()):
            if name in ("author", "creator"):
                self._see_byline(element, BylineKind.ITEMPROP)
            elif name in ("datepublished", "datemodified", "datecreated"):
                self._see_date_prop(element, name)
            elif name in _PROPERTIES and len(self.itemprops[name]) < MAX_KEPT and self._may_look(name):
                value = clean(element.get("content") or element.get("href") or "") or text_of(element, limit=300)[:300]
                if value:
                    self.itemprops[name].append(value)

    def _may_look(self, kind: str) -> bool:
        """Whether one more element of this kind may be read through: each can hold all that the others do."""
        self._looked_at[kind] += 1
        return self._looked_at[kind] <= _MAX_LOOKED_AT

    def _see_date_prop(self, element: HtmlElement, name: str) -> None:
        if element.tag == "time" or len(self.times) >= MAX_KEPT or not self._may_look(name):
            return  # a <time> keeps its itemprop already
        value = clean(element.get("content") or element.get("datetime") or "") or text_of(element, limit=100)[:100]
        if value:
            self.times.append(TimeMark(value=value, text="", itemprop=name, is_time=False))

    def _see_byline(self, element: HtmlElement, kind: BylineKind) -> None:
        if len(self.bylines) >= MAX_KEPT or not self._may_look(kind):
            return
        if kind is BylineKind.ITEMPROP:
            children = islice(element.iter(), _MAX_NAME_DEPTH)
            element = next((child for child in children if child.get("itemprop") == "name"), element)
        text = clean(element.get("content") or "") or text_of(element, limit=200)
        if 2 < len(text) <= 200 and not is_in_comments(element):
            self.bylines.append(Byline(text=text, kind=kind, in_picture=is_in_picture(element)))

    def _see_credit(self, element: HtmlElement) -> None:
        if len(self.credit_lines) < MAX_KEPT and self._may_look("credit"):
            text = text_of(element, limit=_CREDIT_CHARS)
            if len(text) < _CREDIT_CHARS:
                hrefs = tuple(link.get("href") or "" for link in islice(element.iter("a"), MAX_KEPT))
                self.credit_lines.append(CreditLine(text=text, hrefs=hrefs))


# Here and not in each Collector: its own methods in it would be a cycle, and keep the page's tree until the garbage is collected.
_READERS: dict[object, Callable[[Collector, HtmlElement], None]] = {
    "meta": Collector._see_meta,
    "link": Collector._see_link,
    "script": Collector._see_script,
    "title": Collector._see_title,
    "h1": Collector._see_h1,
    "time": Collector._see_time,
    "img": Collector._see_image,
}
