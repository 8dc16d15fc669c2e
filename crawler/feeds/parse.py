"""A feed's body becomes a `ParsedFeed`, whatever its format; runs in a worker process.

bytes ─► unpacked ─► UTF-8 ─┬─► JSON Feed ────────────────────────────────┐
                            └─► prolog checked ─┬─► sitemap ──────────────┤
                                                └─► cut ─► feedparser ────┴─► entries: key, address, plain text, hash
"""

from __future__ import annotations

import re
import zlib
from datetime import datetime, timedelta

from crawler.errors import NotAFeed
from crawler.feeds.decoding import PROLOG_BYTES, refuse_entity_bomb, to_utf8
from crawler.feeds.json_feed import parse_json_feed
from crawler.feeds.sitemap import parse_sitemap, parse_sitemap_index
from crawler.feeds.text import plain_line
from crawler.feeds.xml_feed import parse_xml_feed
from crawler.model import ParsedFeed

GZIP = b"\x1f\x8b"
MAX_UNPACKED_BYTES = 52_428_800  # what the sitemap protocol allows one file

_ROOT = re.compile(rb"<(?:!doctype\s+)?([a-z][\w:.-]*)", re.IGNORECASE)
_PAGE_TITLE = re.compile(rb"<title[^<>]*>([^<]*)", re.IGNORECASE)


def parse_feed(
    body: bytes, *, url: str, content_type: str | None, max_entries: int, now: datetime, sitemap_days: int = 0
) -> ParsedFeed:
    """The feed's words and at most `max_entries` entries; a valid feed without any is one too.

    `sitemap_days` bounds the age of what a plain sitemap lists; 0: no bound. Raises NotAFeed saying what came instead: nothing,
    a web page, JSON or XML of another kind, an attack.
    """
    text = to_utf8(_unpacked(body, url), content_type)
    if not text.strip():
        raise NotAFeed(f"{url} sent an empty body")
    if text.startswith((b"{", b"[")):
        return parse_json_feed(text, url=url, max_entries=max_entries, now=now)
    root = _root_name(text)
    if root == "html":
        raise NotAFeed(f"{url} is no feed but a web page{_quoted_title(text)}; look for the feed's own address on it")
    refuse_entity_bomb(text, url)
    if root == "sitemapindex":
        return parse_sitemap_index(text, url=url, now=now)
    if root == "urlset":
        max_age = timedelta(days=sitemap_days) if sitemap_days else None
        return parse_sitemap(text, url=url, max_entries=max_entries, now=now, max_age=max_age)
    feed = parse_xml_feed(text, url=url, max_entries=max_entries, now=now) if root else None
    if feed is None:
        raise NotAFeed(f"{url} is no feed: {_what_came(root, text, content_type)} came instead")
    return feed


def _unpacked(body: bytes, url: str) -> bytes:
    """The body out of the gzip file that it may be (sitemap.xml.gz); what the answer's own coding was is undone by now."""
    if not body.startswith(GZIP):
        return body
    inflater = zlib.decompressobj(wbits=31)
    try:
        unpacked = inflater.decompress(body, MAX_UNPACKED_BYTES + 1)
    except zlib.error as error:
        raise NotAFeed(f"{url} is a broken gzip file ({error})") from error
    if len(unpacked) > MAX_UNPACKED_BYTES:
        raise NotAFeed(f"{url} is a gzip file of over {MAX_UNPACKED_BYTES:,} bytes, more than a sitemap may have")
    if not inflater.eof:
        raise NotAFeed(f"{url} is a gzip file that ends early")
    return unpacked


def _root_name(text: bytes) -> str | None:
    """The local name of the first element or doctype, comments and processing instructions passed over once each."""
    place = 0
    while (place := text.find(b"<", place, PROLOG_BYTES)) >= 0:
        found = _ROOT.match(text, place)
        if found:
            return found[1].decode("ascii", "replace").lower().rpartition(":")[2]
        end = text.find(b"-->", place) if text.startswith(b"<!--", place) else place
        if end < 0:
            return None
        place = end + 1
    return None


def _quoted_title(text: bytes) -> str:
    found = _PAGE_TITLE.search(text[:PROLOG_BYTES])
    title = plain_line(found[1].decode("utf-8", "replace"), 80) if found else None
    return f' ("{title}")' if title else ""


def _what_came(root: str | None, text: bytes, content_type: str | None) -> str:
    match root:
        case "opml":
            return "a list of feeds (OPML; import it instead)"
        case None:
            start = plain_line(text[:60].decode("utf-8", "replace"), 40) or "no text"
            return f'{content_type or "data without a type"} beginning "{start}"'
        case _:
            return f"XML or HTML beginning with <{root[:40]}>"
