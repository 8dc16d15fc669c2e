"""What a page says of itself, collected in one pass over its parsed tree and read by metadata, cues, body and gates.

tree ─ one iteration (onepass.py) ─► metas, links, headings, times, bylines, itemprops, credit lines ─┬─► Head
                                     JSON-LD scripts ─ repaired, own node chosen (jsonld.py) ──────────┘
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lxml.html import HtmlElement

from crawler.articles.elements import is_in_picture, text_of
from crawler.articles.jsonld import LinkedData, read_linked_data
from crawler.articles.onepass import (
    SEEN_TAGS,
    Byline,
    BylineKind,
    Collector,
    CreditLine,
    Heading,
    Link,
    TimeMark,
)

__all__ = ["Byline", "BylineKind", "CreditLine", "Head", "Heading", "Link", "TimeMark", "is_in_picture", "read_head", "text_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Everything a page's markup says of itself, as written. It holds elements of the tree: made and used in one process.

    Keys of `metas` are the lower-case `property`, `name` or `itemprop` of <meta>; values keep document order.
    """

    url: str
    tree: HtmlElement = field(repr=False, compare=False)
    html_chars: int = 0
    language: str | None = None  # <html lang>, as written
    title: str | None = None  # <title>
    metas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    headings: tuple[Heading, ...] = ()
    times: tuple[TimeMark, ...] = ()
    bylines: tuple[Byline, ...] = ()
    itemprops: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # headline, publisher, isBasedOn …: content or text
    credit_lines: tuple[CreditLine, ...] = ()
    linked: LinkedData = field(
        default_factory=LinkedData
    )  # JSON-LD: article_body, word_count, is_live_blog, is_accessible_for_free …

    def meta(self, *keys: str) -> str | None:
        """The first value that is not empty among `keys`, tried in their order."""
        return next((value for key in keys for value in self.metas.get(key, ())), None)

    def link(self, rel: str) -> str | None:
        return next((link.href for link in self.links if rel in link.rels), None)

    @property
    def h1s(self) -> tuple[str, ...]:
        return tuple(heading.text for heading in self.headings)


def read_head(tree: HtmlElement, html: str, url: str) -> Head:
    """Collect what the page at `url` (the final address) says of itself; `html` is the source that `tree` was parsed from."""
    found = Collector()
    for element in tree.iter(*SEEN_TAGS):
        found.see(element)
    metas = _frozen(found.metas)
    headings = found.headings()
    titles = [text for text in (found.title, *metas.get("og:title", ()), *(heading.text for heading in headings)) if text]
    root = tree.getroottree().getroot()
    pages = [url, *(link.href for link in found.links if "canonical" in link.rels), *metas.get("og:url", ())]
    return Head(
        url=url,
        tree=tree,
        html_chars=len(html),
        language=root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang"),
        title=found.title,
        metas=metas,
        links=tuple(found.links),
        headings=headings,
        times=tuple(found.times),
        bylines=tuple(found.bylines),
        itemprops=_frozen(found.itemprops),
        credit_lines=tuple(dict.fromkeys(found.credit_lines)),
        linked=read_linked_data(found.scripts, page_urls=pages, titles=titles),
    )


def _frozen(values: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({key: tuple(found) for key, found in values.items()})
