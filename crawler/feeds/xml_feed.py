"""RSS 0.9x to 2.0, RSS 1.0, Netscape 0.90 and Atom through feedparser, which reads them all and never touches the network here."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urljoin

import feedparser

from crawler.errors import NotAFeed
from crawler.feeds.dates import read_date
from crawler.feeds.decoding import cut_entries, cut_runs
from crawler.feeds.entries import RawEntry, unique_entries, usable_link
from crawler.feeds.hints import hint_s, skip_days, skip_hours
from crawler.feeds.language import primary_language
from crawler.feeds.text import plain_line
from crawler.model import FeedFormat, ParsedFeed, PollWishes, Timestamp

HTML_TYPES: Final = ("text/html", "application/xhtml+xml", "")

Fields = Mapping[str, Any]  # feedparser's dictionaries: every value is checked before use


def parse_xml_feed(body: bytes, *, url: str, max_entries: int, now: datetime) -> ParsedFeed | None:
    """The feed, or None where feedparser recognises no feed format; `body` is UTF-8. Raises NotAFeed where it breaks on it."""
    kept, left_out = cut_entries(cut_runs(body), max_entries)
    parsed = _feedparser(kept, url)
    version = _text(parsed, "version") or ""
    if not version and not parsed.get("entries"):
        return None
    feed: Fields = parsed.get("feed") or {}
    raws = parsed["entries"][:max_entries]
    links = _dicts(feed, "links")
    return ParsedFeed(
        title=plain_line(_text(feed, "title"), 300),
        site_url=usable_link(_text(feed, "link"), url),
        language=primary_language(_text(feed, "language")),
        entries=unique_entries(_raw_entry(raw, url, now, is_atom=version.startswith("atom")) for raw in raws),
        wishes=PollWishes(
            every_s=hint_s(_text(feed, "ttl"), _text(feed, "sy_updateperiod"), _text(feed, "sy_updatefrequency")),
            skip_hours=skip_hours(kept),
            skip_days=skip_days(kept),
        ),
        left_out=left_out + len(parsed["entries"]) - len(raws),
        next_url=_next_url(links, url),
        format=_format(version),
    )


def _format(version: str) -> FeedFormat:
    if version.startswith("atom"):
        return FeedFormat.ATOM
    return FeedFormat.RDF if version in ("rss10", "rss090") else FeedFormat.RSS


def _feedparser(body: bytes, url: str) -> Fields:
    try:
        # A BytesIO, as bytes and str would be tried as file names and addresses; sanitising is quadratic on hostile markup.
        result: Fields = feedparser.parse(
            io.BytesIO(body),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml; charset=utf-8"},
        )
    except MemoryError:
        raise
    except Exception as error:  # feedparser lets many kinds through: AssertionError, LookupError, RecursionError, …
        raise NotAFeed(f"{url} breaks the feed parser ({type(error).__name__}: {str(error)[:100]})") from error
    return result


def _raw_entry(entry: Fields, base: str, now: datetime, *, is_atom: bool) -> RawEntry:
    published, updated = _date(entry, "published", now), _date(entry, "updated", now)
    if published is None and not is_atom:  # feedparser files dc:date under updated; in RSS it is the date of the item
        published, updated = _date(entry, "prism_publicationdate", now) or updated, None
    summary, content = _bodies(entry)
    source = entry.get("source")
    return RawEntry(
        id=_text(entry, "id"),
        link=_link(entry),
        base=base,
        title=_text(entry, "title"),
        author=_author(entry),
        published=published or _date(entry, "created", now),
        updated=updated,
        summary=summary,
        content=content,
        source_title=_text(source, "title") if isinstance(source, Mapping) else None,
        source_url=_source_url(source) if isinstance(source, Mapping) else None,
        image=_image(entry),
    )


def _link(entry: Fields) -> str | None:
    """The article's address: FeedBurner's original, else the alternate link, else an id that is an address."""
    original = _text(entry, "feedburner_origlink")
    if original:
        return original
    for link in _dicts(entry, "links"):
        if link.get("rel", "alternate") == "alternate" and link.get("type", "") in HTML_TYPES and _text(link, "href"):
            return _text(link, "href")
    stated = _text(entry, "link")
    if stated and stated == _text(entry, "id") and not stated.startswith(("http://", "https://")):
        return None  # feedparser puts the id where a link is missing: "12345" would become a path of the feed's site
    return stated


def _source_url(source: Fields) -> str | None:
    alternate = (_text(link, "href") for link in _dicts(source, "links") if link.get("rel") == "alternate")
    return next(filter(None, alternate), None) or _text(source, "href") or _text(source, "link")


def _author(entry: Fields) -> str | None:
    """The authors' names; one with an e-mail as written, since feedparser cuts names behind long top-level domains."""
    stated = _text(entry, "author")
    names = [name for author in _dicts(entry, "authors") if (name := _text(author, "name"))]
    if stated and (not names or (len(names) == 1 and "@" in stated)):
        return stated
    return ", ".join(dict.fromkeys(names)) or None


def _bodies(entry: Fields) -> tuple[str | None, str | None]:
    """Summary and content. feedparser copies a lone content into summary: then there is no summary."""
    values = [value for part in _dicts(entry, "content") if _is_text(part) and (value := _text(part, "value"))]
    content = max(values, key=len, default=None)
    summary = _text(entry, "summary")
    return (None if summary == content else summary), content


def _is_text(part: Fields) -> bool:
    kind = part.get("type") or "text/html"
    return isinstance(kind, str) and (kind.startswith("text/") or kind.endswith(("html", "xml", "+xml")))


def _image(entry: Fields) -> str | None:
    media = [*_dicts(entry, "media_content"), *_dicts(entry, "links")]
    pictures = (part for part in media if part.get("medium") == "image" or str(part.get("type", "")).startswith("image/"))
    image = entry.get("image")
    found = [_text(part, "url") or _text(part, "href") for part in (*pictures, *_dicts(entry, "media_thumbnail"))]
    return next(filter(None, found), None) or (_text(image, "href") if isinstance(image, Mapping) else None)


def _next_url(links: Iterable[Fields], url: str) -> str | None:
    """The next page (RFC 5005 §3) or the archive before (§4) of a feed in parts."""
    for rel in ("next", "prev-archive"):
        for link in links:
            if link.get("rel") == rel and (found := usable_link(_text(link, "href"), url)) and found != urljoin(url, ""):
                return found
    return None


def _date(entry: Fields, name: str, now: datetime) -> Timestamp | None:
    # dict.get, as feedparser's own get answers for a missing "updated" with "published" and a warning
    parsed = dict.get(entry, f"{name}_parsed") if isinstance(entry, dict) else None
    return read_date(_text(entry, name), parsed, now)


def _text(fields: Fields, name: str) -> str | None:
    value = dict.get(fields, name) if name == "updated" and isinstance(fields, dict) else fields.get(name)
    return value if isinstance(value, str) and value.strip() else None


def _dicts(fields: Fields, name: str) -> list[Fields]:
    values = fields.get(name)
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []
