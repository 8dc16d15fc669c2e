"""JSON Feed 1.0 and 1.1 (jsonfeed.org): what is of the wrong type is left out, what is no JSON Feed is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crawler.errors import NotAFeed
from crawler.feeds.dates import read_date
from crawler.feeds.entries import RawEntry, unique_entries, usable_link
from crawler.feeds.language import primary_language
from crawler.feeds.text import plain_line
from crawler.model import FeedFormat, ParsedFeed

Fields = Mapping[str, Any]


def parse_json_feed(body: bytes, *, url: str, max_entries: int, now: datetime) -> ParsedFeed:
    """The feed; `body` is UTF-8. Raises NotAFeed where it is broken, or JSON of another kind."""
    document = _load(body, url)
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(items, list):
        raise NotAFeed(f"{url} is JSON but no JSON Feed: it has no list of items")
    if "jsonfeed.org" not in str(document.get("version", "")) and not any(
        isinstance(item, dict) and "id" in item for item in items
    ):
        raise NotAFeed(f"{url} is JSON but no JSON Feed: it names no jsonfeed.org version and its items have no ids")
    raws = [item for item in items if isinstance(item, dict)]
    return ParsedFeed(
        title=plain_line(_text(document, "title"), 300),
        site_url=usable_link(_text(document, "home_page_url"), url),
        language=primary_language(_text(document, "language")),
        entries=unique_entries(_raw_entry(item, document, url, now) for item in raws[:max_entries]),
        left_out=max(0, len(raws) - max_entries),
        next_url=usable_link(_text(document, "next_url"), url),
        format=FeedFormat.JSON,
    )


def _load(body: bytes, url: str) -> Any:
    try:
        return json.loads(body.decode("utf-8", "replace"), strict=False)
    except RecursionError as error:
        raise NotAFeed(f"{url} is JSON nested too deeply to be a feed") from error
    except ValueError as error:  # JSONDecodeError, and integers of too many digits
        raise NotAFeed(f"{url} looks like JSON but is broken ({str(error)[:100]})") from error


def _raw_entry(item: Fields, feed: Fields, base: str, now: datetime) -> RawEntry:
    html, plain = _text(item, "content_html"), _text(item, "content_text")
    return RawEntry(
        id=_text(item, "id"),
        link=_text(item, "url") or _absolute(_text(item, "id")) or _text(item, "external_url"),
        base=base,
        title=_text(item, "title"),
        author=_authors(item) or _authors(feed),
        published=read_date(_text(item, "date_published"), None, now),
        updated=read_date(_text(item, "date_modified"), None, now),
        summary=_text(item, "summary"),
        content=html or plain,
        image=_text(item, "image") or _text(item, "banner_image"),
    )


def _authors(fields: Fields) -> str | None:
    stated = fields.get("authors")
    authors = stated if isinstance(stated, list) else [fields.get("author")]  # 1.0 has one author, 1.1 a list
    names = [name for author in authors[:20] if isinstance(author, dict) and (name := _text(author, "name"))]
    return ", ".join(names) or None


def _absolute(entry_id: str | None) -> str | None:
    return entry_id if entry_id and entry_id.startswith(("http://", "https://")) else None


def _text(fields: Fields, name: str) -> str | None:
    """A field's text; ids may be numbers (JSON Feed 1.1: "a reader should coerce")."""
    value = fields.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and name == "id":
        return repr(value)
    return value if isinstance(value, str) and value.strip() else None
