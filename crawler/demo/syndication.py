"""The feeds of the invented sites, in the three formats that are in use: RSS 2.0, Atom 1.0, JSON Feed 1.1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import format_datetime
from html import escape

from crawler.demo.pages import House, feed_type
from crawler.demo.stories import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry: an address and what is said of it."""

    url: str
    text: Text


def write_feed(house: House, items: Sequence[Item]) -> str:
    """The house's feed in the format that its path ends in, the newest entry first."""
    newest = sorted(items, key=lambda item: (item.text.published_at, item.url), reverse=True)
    match feed_type(house):
        case "application/rss+xml":
            return _rss(house, newest)
        case "application/atom+xml":
            return _atom(house, newest)
        case _:
            return _json_feed(house, newest)


def _rss(house: House, items: Sequence[Item]) -> str:
    entries = "".join(
        f"<item><title>{escape(item.text.title)}</title><link>{item.url}</link><guid>{item.url}</guid>"
        f"<dc:creator>{escape(item.text.author)}</dc:creator>"
        f"<pubDate>{format_datetime(item.text.published_at.astimezone(UTC), usegmt=True)}</pubDate>"
        f"<description>{escape(item.text.summary)}</description></item>\n"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(house.name)}</title><link>{house.url('/')}</link><description>{escape(house.name)}</description>"
        f"<language>en</language>\n{entries}</channel></rss>\n"
    )


def _atom(house: House, items: Sequence[Item]) -> str:
    entries = "".join(
        f"<entry><title>{escape(item.text.title)}</title><id>{item.url}</id><link href='{item.url}'/>"
        f"<author><name>{escape(item.text.author)}</name></author>"
        f"<published>{item.text.published_at.isoformat()}</published><updated>{item.text.published_at.isoformat()}</updated>"
        f"<summary>{escape(item.text.summary)}</summary></entry>\n"
        for item in items
    )
    updated = max(item.text.published_at for item in items).isoformat()
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>{escape(house.name)}</title><id>{house.url("/")}</id>'
        f"<link rel='self' href='{house.feed_url}'/><link href='{house.url('/')}'/><updated>{updated}</updated>\n{entries}</feed>\n"
    )


def _json_feed(house: House, items: Sequence[Item]) -> str:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": house.name,
        "home_page_url": house.url("/"),
        "feed_url": house.feed_url,
        "language": "en",
        "items": [
            {
                "id": item.url,
                "url": item.url,
                "title": item.text.title,
                "authors": [{"name": item.text.author}],
                "date_published": item.text.published_at.isoformat(),
                "content_text": item.text.summary,
            }
            for item in items
        ],
    }
    return json.dumps(feed, indent=1, ensure_ascii=False)
