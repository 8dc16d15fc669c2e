"""The feeds that a web page names: what its link elements declare, and links that look like feeds.

Only the tags that can say so are read, in one pass over a bounded part of the page: no tree is built, so that no page can make
it slow. Nothing here is sure: whoever asks must look at what an address holds.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from urllib.parse import urlsplit

from crawler.feeds.decoding import to_utf8
from crawler.feeds.entries import usable_link
from crawler.feeds.opml import feed_address
from crawler.feeds.places import NamedFeed, PageFeeds
from crawler.feeds.text import plain_line
from crawler.urls import address_key, host_of, registrable_domain

MAX_BYTES = 2_000_000  # of a page; feeds are declared in its head
MOST_TAGS = 10_000  # links, anchors and bases that are looked at
MOST_CLAIMS = 500  # of them that seem to name a feed
MAX_TAG_CHARS = 4_096
MOST_NAMED = 50  # feeds taken of one page, of each kind

# The registered types, those that are met for them, and the two that say no more than XML or JSON.
FEED_TYPES = frozenset(
    """application/rss+xml application/atom+xml application/rdf+xml application/feed+json application/rss application/atom
    application/x-rss+xml application/x-atom+xml text/rss+xml text/atom+xml text/rss text/atom
    application/json application/xml text/xml""".split()  # noqa: SIM905
)
_NO_FEED = re.compile(r"/wp-json/|oembed", re.IGNORECASE)  # what WordPress declares as JSON and is no feed
_COMMENTS = re.compile(
    r"\bcomments\b|kommentar|commentaires|\bcommenti\b|comentarios|comentários|reacties|komentarz|комментари", re.IGNORECASE
)
_LOOKS_LIKE_FEED = re.compile(
    r"(?:^|/)(?:feeds?|rss\d?|atom|rdf)(?:[./]|$)|\.(?:rss|atom|rdf)$|(?:rss|feed|atom)[\w-]{0,20}\.(?:xml|json|php|aspx?)$"
    r"|(?:^|&)(?:feed|format|output|alt)=(?:rss\d?|atom|feed)(?:&|$)",
    re.IGNORECASE,
)
_HINT = re.compile(r"feed|rss|atom|rdf", re.IGNORECASE)
_FEED_HOST = re.compile(r"(?:feeds?|rss)\d?\.|.*\bfeedburner\.com$")

_META_CHARSET = re.compile(rb"<meta\b[^<>]{0,300}?charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_OPENING = re.compile(r"<(?:(!--)|(script|style|textarea|title|xmp)(?=[\s/>])|(link|base|a)(?=[\s/]))", re.IGNORECASE)
_CLOSING = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "textarea", "title", "xmp")}
_WHOLE_TAG = re.compile(r"(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")  # "&sect=2" in an address is none
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>]++)))?+")


def feeds_on_page(body: bytes, *, url: str, content_type: str | None) -> PageFeeds:
    """The feeds that the page at `url` names; of what is no page at all, none."""
    tags = list(_tags(_text_of(body, content_type)))
    stated = (usable_link(attributes.get("href"), url) for name, attributes in tags if name == "base")
    base = next(filter(None, stated), url)
    declared = _named((attributes for name, attributes in tags if name == "link" and _declares(attributes)), base)
    linked = _named((attributes for name, attributes in tags if name == "a" and _HINT.search(attributes.get("href", ""))), base)
    known, site = {address_key(feed.url) for feed in declared}, registrable_domain(host_of(url))
    return PageFeeds(
        declared=declared[:MOST_NAMED],
        linked=tuple(feed for feed in linked if address_key(feed.url) not in known and _may_be_feed(feed.url, site))[:MOST_NAMED],
    )


def _text_of(body: bytes, content_type: str | None) -> str:
    declared = _META_CHARSET.search(body, 0, MAX_TAG_CHARS)
    if declared and "charset" not in (content_type or "").lower():
        content_type = f"text/html; charset={declared[1].decode('ascii')}"
    return to_utf8(body[:MAX_BYTES], content_type).decode("utf-8", "replace")


def _tags(page: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The <link>, <base> and <a> tags with their attributes; what stands in comments, scripts and the like is none."""
    place, count = 0, 0
    while count < MOST_TAGS and (opening := _OPENING.search(page, place)) is not None:
        place = opening.end()
        comment, raw, name = opening.groups()
        if comment or raw:
            closing = page.find("-->", place) if comment else _end_of(raw, page, place)
            if closing < 0:
                return
            place = closing
            continue
        count += 1
        whole = _WHOLE_TAG.match(page, place, place + MAX_TAG_CHARS)
        if whole is not None:
            place = whole.end()
            yield name.lower(), _attributes(whole[0])


def _end_of(name: str, page: str, place: int) -> int:
    found = _CLOSING[name.lower()].search(page, place)
    return found.end() if found else -1


def _attributes(tag: str) -> dict[str, str]:
    """The attributes of a tag; of one that stands twice the first counts, as in a browser."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), _ENTITY.sub(_unescaped, "".join(values)).strip())
    return found


def _unescaped(entity: re.Match[str]) -> str:
    return html.unescape(entity[0])


def _declares(attributes: Mapping[str, str]) -> bool:
    """Whether a <link> is one to a feed: an alternate of a feed's type, or `rel=feed`."""
    relations = attributes.get("rel", "").lower().split()
    kind = attributes.get("type", "").partition(";")[0].strip().lower()
    return "feed" in relations or ("alternate" in relations and kind in FEED_TYPES)


def _named(claims: Iterable[Mapping[str, str]], base: str) -> tuple[NamedFeed, ...]:
    """The feeds that these tags name, each once, those of comments last."""
    once: dict[str, NamedFeed] = {}
    for attributes in islice(claims, MOST_CLAIMS):
        href = attributes.get("href", "")
        url = feed_address(href) if href.lower().startswith("feed:") else usable_link(href, base)
        if url is not None and not _NO_FEED.search(url):
            title = plain_line(attributes.get("title"), 300)
            is_comments = bool(_COMMENTS.search(f"{title or ''} {urlsplit(url).path}"))
            once.setdefault(address_key(url), NamedFeed(url=url, title=title, is_comments=is_comments))
    return tuple(sorted(once.values(), key=lambda feed: feed.is_comments))


def _may_be_feed(url: str, site: str) -> bool:
    """Whether a link's address looks like a feed of this site, or like one at a host of feeds; not a reader's "subscribe" page."""
    parts, host = urlsplit(url), host_of(url)
    if _FEED_HOST.match(host):
        return True
    return registrable_domain(host) == site and bool(_LOOKS_LIKE_FEED.search(parts.path) or _LOOKS_LIKE_FEED.search(parts.query))
