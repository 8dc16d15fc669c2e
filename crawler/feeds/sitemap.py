"""Sitemaps (sitemaps.org 0.9, Google's news extension) and indexes of sitemaps, read as a feed is.

A news sitemap is a feed: its addresses are articles, dated, with their titles, and it holds two days of them. A plain one lists a
whole site, so only what changed lately is taken, and what has no date is not: nothing tells whether it is new.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from lxml import etree

from crawler.errors import NotAFeed
from crawler.feeds.dates import read_date
from crawler.feeds.entries import RawEntry, unique_entries, usable_link
from crawler.feeds.language import primary_language
from crawler.feeds.text import plain_line
from crawler.model import FeedFormat, FeedPart, ParsedFeed, Timestamp

MOST_ADDRESSES = 50_000  # in one file, as the protocol has it
MOST_MARKS = 1_000_000  # tags and references that are parsed: 20 for each of 50,000 addresses
MOST_PARTS = 5  # of an index in one poll; news sites split by day or month, or have one of news among many
MAX_DATE_CHARS = 100

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_MARK = re.compile(rb"[<&]")
_ADDRESS_START = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?(?:url|sitemap)(?=[\s>])", re.IGNORECASE)
# Addresses with a bare & are common; other entities than these five and numbers no sitemap has, and none is resolved.
_BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});)")

# Of "&#xD800;" a parser that recovers makes bytes that lxml cannot read.
_SURROGATE = re.compile(
    rb"&#(?:[xX]0*+[dD][89a-fA-F][0-9a-fA-F]{2}|0*+5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7(?:[0-2]\d\d|3[0-3]\d|34[0-3])));"
)

_NEWS = re.compile(r"news(?![a-z])", re.IGNORECASE)
# As WordPress plugins, Drupal and hand-made ones name the parts that hold no articles ("page" alone counts the parts).
_NO_ARTICLES = re.compile(
    r"(?<![a-z])(?:tags?|categor(?:y|ies)|authors?|users?|taxonom(?:y|ies)|images?|videos?|products?|static|galler(?:y|ies)"
    r"|profiles?|keywords?|topics?|sections?|pages|page(?=-sitemap)|posts-page)(?![a-z])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """One address of a sitemap. `published`, `title` and what follows are of the news extension, where `is_news`."""

    link: str
    changed: Timestamp | None
    is_news: bool
    published: Timestamp | None
    title: str | None
    publication: str | None
    language: str | None
    image: str | None

    @property
    def at(self) -> datetime:
        stated = self.published or self.changed
        return stated.at if stated else _LONG_AGO


def parse_sitemap(body: bytes, *, url: str, max_entries: int, now: datetime, max_age: timedelta | None) -> ParsedFeed:
    """A sitemap's newest entries; `body` is UTF-8.

    `max_age` bounds the entries without the news extension, by lastmod; None: no bound. Raises NotAFeed where all addresses
    are undated.
    """
    kept, total = _cut(body)
    listed = [found for element in _elements(kept, "url") if (found := _read_address(element, now)) is not None]
    if listed and not any(one.is_news or one.changed for one in listed):
        raise NotAFeed(f"{url} is a sitemap whose {total} addresses have no dates: nothing tells which of them are new")
    oldest = _LONG_AGO if max_age is None else now - max_age
    wanted = sorted((one for one in listed if one.is_news or (one.changed and one.at >= oldest)), key=_newest_first)
    taken = wanted[:max_entries]
    news = next((one for one in wanted if one.is_news), None)
    return ParsedFeed(
        title=plain_line(news.publication, 300) if news else None,
        site_url=usable_link("/", url),
        language=primary_language(news.language) if news else None,
        entries=unique_entries(_raw_entry(one, url) for one in taken),
        left_out=total - len(taken),
        format=FeedFormat.NEWS_SITEMAP if news else FeedFormat.SITEMAP,
    )


def parse_sitemap_index(body: bytes, *, url: str, now: datetime) -> ParsedFeed:
    """A feed without entries of its own, with the parts of it that are to be read; `body` is UTF-8.

    Raises NotAFeed where it names none that could be read.
    """
    named: dict[str, str | None] = {}
    for element in _elements(_cut(body)[0], "sitemap"):
        fields = {_name(child): child for child in element}
        if link := _text(fields.get("loc")):
            named.setdefault(link, _text(fields.get("lastmod")))
    parts = tuple(islice(_most_promising(named, url, now), MOST_PARTS))
    if not parts:
        raise NotAFeed(f"{url} is an index of sitemaps that names none but itself")
    return ParsedFeed(
        title=None,
        site_url=usable_link("/", url),
        language=None,
        entries=(),
        parts=parts,
        format=FeedFormat.SITEMAP_INDEX,
    )


def _newest_first(one: _Listed) -> float:
    return -(one.at - _LONG_AGO).total_seconds()


def _cut(body: bytes) -> tuple[bytes, int]:
    """The body up to the last address that is read, and how many addresses it has in all."""
    beyond = next(islice(_MARK.finditer(body), MOST_MARKS, None), None)
    total, end = 0, beyond.start() if beyond else len(body)
    for found in _ADDRESS_START.finditer(body):
        if total == MOST_ADDRESSES:
            end = min(end, found.start())
        total += 1
    return _SURROGATE.sub(b"", _BARE_AMPERSAND.sub(b"&amp;", body[:end])), total


def _elements(body: bytes, name: str) -> Iterator[etree._Element]:
    """Each element of this name, whole, for as long as it is looked at: memory does not grow with their number.

    libxml2 itself stops at 256 nested elements and at 10 MB of one text; what is broken ends the reading there.
    """
    events = etree.iterparse(
        io.BytesIO(body), events=("end",), tag="{*}" + name, recover=True, resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        for _, element in events:
            yield element
            parent = element.getparent()
            element.clear()
            if parent is not None:
                del parent[:-1]  # at once: lxml counts the children each time that it is asked for the first
    except etree.XMLSyntaxError:
        return


def _read_address(element: etree._Element, now: datetime) -> _Listed | None:
    fields = {_name(child): child for child in element}
    link = _text(fields.get("loc"))
    if not link:
        return None
    news = fields.get("news")
    stated = {_name(child): child for child in news} if news is not None else {}
    publication = {_name(child): child for child in stated.get("publication", ())}
    image = next((_text(child) for child in fields.get("image", ()) if _name(child) == "loc"), None)
    return _Listed(
        link=link,
        changed=read_date(_text(fields.get("lastmod")), None, now),
        is_news=news is not None,
        published=read_date(_text(stated.get("publication_date")), None, now),
        title=_text(stated.get("title")),
        publication=_text(publication.get("name")),
        language=_text(publication.get("language")),
        image=image,
    )


def _raw_entry(one: _Listed, base: str) -> RawEntry:
    return RawEntry(link=one.link, base=base, title=one.title, published=one.published, updated=one.changed, image=one.image)


def _most_promising(named: Mapping[str, str | None], url: str, now: datetime) -> Iterator[FeedPart]:
    """The parts of news where there are any, else those that may hold articles, else all; the newest first, by their lastmod."""
    best = max(map(_promise, named), default=0)
    dated = [(link, read_date(stated, None, now)) for link, stated in named.items() if _promise(link) == best]
    dated.sort(key=lambda one: (one[1].at if one[1] else _LONG_AGO, _numbers(one[0])), reverse=True)
    for link, _ in dated:
        address, stated = usable_link(link, url), named[link]
        if address is not None and address != url:
            yield FeedPart(url=address, changed_at=stated[:MAX_DATE_CHARS] if stated else None)


def _promise(link: str) -> int:
    path = link.partition("://")[2].partition("/")[2].partition("?")[0]
    if _NO_ARTICLES.search(path.rpartition("/")[2]):
        return 0
    return 2 if _NEWS.search(path) else 1


def _numbers(link: str) -> tuple[int, ...]:
    """The numbers in an address: of parts without a lastmod, those of a later date or a higher count are the newer."""
    return tuple(int(number) for number in _NUMBER.findall(link.partition("://")[2].partition("/")[2]))


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def _text(element: etree._Element | None) -> str | None:
    return (element.text or "").strip() or None if element is not None else None
