"""What worker processes do. Imports are made there: the parent process never loads a parser or an extractor."""

from __future__ import annotations

from datetime import datetime

from crawler.feeds.places import PageFeeds
from crawler.model import Article, FeedEntry, ParsedFeed

FEED_S = 15.0  # no real feed of 313 took 2 s
PAGE_S = 10.0  # nor any page within the limits that articles sets itself


def parse_feed(
    body: bytes, *, url: str, content_type: str | None, max_entries: int, now: datetime, sitemap_days: int
) -> ParsedFeed:
    """As `crawler.feeds.parse.parse_feed`; raises NotAFeed."""
    from crawler.feeds.parse import parse_feed

    return parse_feed(body, url=url, content_type=content_type, max_entries=max_entries, now=now, sitemap_days=sitemap_days)


def find_feeds(body: bytes, *, url: str, content_type: str | None) -> PageFeeds:
    """As `crawler.feeds.discovery.feeds_on_page`."""
    from crawler.feeds.discovery import feeds_on_page

    return feeds_on_page(body, url=url, content_type=content_type)


def read_page(body: bytes, *, url: str, content_type: str | None, entry: FeedEntry | None, fetched_at: datetime) -> Article:
    """As `crawler.articles.read.read_page`; raises NotAPage."""
    from crawler.articles.read import read_page

    return read_page(body, url=url, content_type=content_type, entry=entry, fetched_at=fetched_at)


def read_entry(entry: FeedEntry, *, url: str, reason: str) -> Article:
    """As `crawler.articles.read.read_entry`: the feed's text stands in."""
    from crawler.articles.read import read_entry

    return read_entry(entry, url=url, reason=reason)
