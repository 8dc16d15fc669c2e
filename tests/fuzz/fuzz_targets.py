"""What every input of a path must leave true, whatever its bytes: `run(path, data, variant)` raises where it does not.

Refusals that the path documents (NotAFeed, NotAPage, BadOpml, FetchError) are outcomes, not faults. A variant is what comes
with the bytes (type, entry, coding): a number, taken modulo the path's variants.
"""

from __future__ import annotations

import math
import pickle
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from crawler.articles.read import read_entry, read_page
from crawler.errors import BadInput, FetchError
from crawler.feeds.discovery import feeds_on_page
from crawler.feeds.entries import MAX_KEY_CHARS
from crawler.feeds.opml import FollowedFeed, feed_address, read_feed_list, read_opml, write_opml
from crawler.feeds.parse import parse_feed
from crawler.feeds.text import MAX_BODY_CHARS, MAX_LINE_CHARS
from crawler.fetch.decode import DECODERS, decode
from crawler.fetch.robots import read_robots
from crawler.model import Article, BlockMark, Feed, FeedEntry, FeedId, FeedStatus, ParsedFeed, Timestamp, Validators
from crawler.urls import MAX_LENGTH, Sites, address_key, host_of, normalise

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "http://quay.example/walls/1"
FEED_URL = "https://quay.example/feed"
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
DECODED_BYTES = 100_000
UNSHOWN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")
LETTERS = frozenset(mark.value for mark in BlockMark)

_TYPES = (None, "text/html; charset=iso-8859-1", "application/xml; charset=utf-16", "application/json", "x/y; charset=idna")
_SUMMARY = "The harbour wall at Sandwick will be raised by a metre before the autumn storms, the port council decided on Monday."
_ENTRIES = (
    None,
    FeedEntry(key="1", url=URL, title="Harbour wall to be raised", summary=_SUMMARY, published=None),
    FeedEntry(key="1", url=URL, title="Harbour wall", content="\n".join([_SUMMARY] * 9), author="Ann Poe", source_url="http://b.example/"),
)  # fmt: skip
_SITES = Sites([["quay.example", "wall.example"]])


def is_shown(text: str | None) -> None:
    """A line that a terminal, a page and a database take as it is."""
    assert text is None or (text and not UNSHOWN.search(text)), ascii(text)


def is_address(url: str | None) -> None:
    assert url is None or (url.startswith(("http://", "https://")) and url.isascii() and normalise(url) == url), ascii(url)


def is_time(stamp: Timestamp | None) -> None:
    assert stamp is None or (stamp.at.utcoffset() == timedelta(0) and EARLIEST <= stamp.at <= NOW + timedelta(days=1)), stamp


def run_feed(data: bytes, variant: int) -> None:
    feed = parse_feed(
        data, url=FEED_URL, content_type=_TYPES[variant % len(_TYPES)], max_entries=50, now=NOW, sitemap_days=variant % 2 * 3
    )
    check_feed(feed)


def check_feed(feed: ParsedFeed) -> None:
    pickle.dumps(feed)
    is_shown(feed.title)
    is_address(feed.site_url)
    is_address(feed.next_url)
    for part in feed.parts:
        is_address(part.url)
    wishes = feed.wishes
    assert wishes.every_s is None or 0 <= wishes.every_s <= 86_400
    assert wishes.skip_hours <= set(range(24))
    assert wishes.skip_days <= set(range(7))
    assert len(feed.entries) <= 50
    assert feed.left_out >= 0
    keys = [entry.key for entry in feed.entries]
    assert len(set(keys)) == len(keys)
    for entry in feed.entries:
        check_entry(entry)


def check_entry(entry: FeedEntry) -> None:
    is_shown(entry.key)
    assert len(entry.key) <= MAX_LENGTH + MAX_KEY_CHARS
    for line in (entry.title, entry.author, entry.source_title):
        is_shown(line)
        assert line is None or len(line) <= MAX_LINE_CHARS
    for url in (entry.url, entry.source_url, entry.image_url):
        is_address(url)
    for stamp in (entry.published, entry.updated):
        is_time(stamp)
    assert not (entry.published and entry.updated and entry.updated.at < entry.published.at)
    for text in (entry.summary, entry.content):
        assert text is None or (text and len(text) <= 2 * MAX_BODY_CHARS)
        for line in (text or "x").split("\n"):
            is_shown(line)
    assert re.fullmatch("[0-9a-f]{32}", entry.content_hash)


def run_opml(data: bytes, variant: int) -> None:
    """What is read can be written, and read again to the same."""
    feeds = read_opml(data) if variant % 2 else read_feed_list(data)
    for feed in feeds:
        is_address(feed.url)
        is_address(feed.site_url)
        is_shown(feed.title)
        for topic in feed.topics:
            is_shown(topic)
    assert len({feed.url for feed in feeds}) == len(feeds)
    again = read_opml(write_opml([_stored(feed) for feed in feeds]))
    assert sorted(map(_told, again)) == sorted(map(_told, feeds))


def _told(feed: FollowedFeed) -> tuple[str, str, str, list[str]]:
    return feed.url, feed.title or "", feed.site_url or "", sorted(feed.topics)


def _stored(feed: FollowedFeed) -> Feed:
    return Feed(
        id=FeedId(1), url=feed.url, title=feed.title, site_url=feed.site_url, topics=feed.topics, status=FeedStatus.ACTIVE,
        every_s=None, text_only=False, auth=None, validators=Validators(), body_hash=None, interval_s=None, next_due_at=NOW,
        why_due="", last_polled_at=None, last_ok_at=None, failures=0, last_error=None, added_at=NOW,
    )  # fmt: skip


def run_robots(data: bytes, _variant: int) -> None:
    rules = read_robots(data)
    for url in ("http://quay.example/", URL, "http://quay.example/a%2Fb?c=$&d=*", "http://quay.example/" + "a/" * 900):
        assert isinstance(rules.allow(url), bool)
    assert rules.allow("http://quay.example/robots.txt")
    assert rules.crawl_delay_s is None or (rules.crawl_delay_s > 0 and math.isfinite(rules.crawl_delay_s))


def run_page(data: bytes, variant: int) -> None:
    entry = _ENTRIES[variant % len(_ENTRIES)]
    article = read_page(data, url=URL, content_type=_TYPES[variant % len(_TYPES)], entry=entry, fetched_at=NOW)
    check_article(article)


def run_entry(data: bytes, variant: int) -> None:
    """Each entry of a feed can stand in for its page."""
    feed = parse_feed(data, url=FEED_URL, content_type=None, max_entries=3, now=NOW)
    for entry in feed.entries:
        check_article(read_entry(entry, url=entry.url or URL, reason="no page"))


def check_article(article: Article) -> None:
    pickle.dumps(article)
    assert len(article.marks) == len(article.blocks)
    assert set(article.marks) <= LETTERS
    for block in article.blocks:
        is_shown(block)
        assert block.strip() == block
    assert len(article.tokens) % 8 == 0
    metadata = article.metadata
    assert metadata.title == (metadata.titles[0] if metadata.titles else None)
    for lines, limit in ((metadata.titles, 4_000), ((*metadata.authors, *metadata.organisations, *metadata.agencies), 200)):
        assert len(lines) <= 60
        for line in lines:
            is_shown(line)
            assert len(line) <= limit
    is_shown(metadata.publisher)
    assert metadata.language is None or re.fullmatch("[a-z]{2,3}", metadata.language)
    for url in (metadata.canonical_url, metadata.image_url):
        is_address(url)
    for stamp in (metadata.published, metadata.updated):
        is_time(stamp)
    for cue in article.cues:
        is_address(cue.url)
        is_shown(cue.name)
        assert cue.url or cue.name
        assert 1 <= cue.weight <= 3
        assert len(cue.quote) <= 200
        assert not UNSHOWN.search(cue.quote), ascii(cue.quote)
    for reason in article.reasons:
        is_shown(reason)
        assert len(reason) <= 400


def run_body(data: bytes, variant: int) -> None:
    """A coded body is undone to no more than asked for."""
    codings = (*DECODERS, "identity", "compress")
    coding, cut = codings[variant % len(codings)], bool(variant // len(codings) % 2)
    assert len(decode(data, coding, limit=DECODED_BYTES, url=URL, cut=cut)) <= DECODED_BYTES


def run_address(data: bytes, variant: int) -> None:
    """Normalised once is normalised; pages that a query tells apart stay apart; nothing is raised."""
    text = data.decode("utf-16-le" if variant % 7 == 6 else "utf-8", "surrogatepass" if variant % 2 else "replace")
    base = (None, FEED_URL, "http://[::1]:8080/a/b;c?d#e")[variant % 3]
    url = normalise(text, base)
    is_address(url)
    is_address(feed_address(text))
    assert isinstance(address_key(text), str)
    assert isinstance(_SITES.of(text), str)
    assert host_of(text) == host_of(text).lower()
    if url is None:
        return
    assert len(url) <= MAX_LENGTH
    assert urlsplit(url).fragment == ""
    separator = "&" if urlsplit(url).query else "?"
    one, other = (normalise(f"{url}{separator}id={number}") for number in (1, 2))
    assert one is None or (one != other and address_key(one) != address_key(other or ""))


def run_discovery(data: bytes, variant: int) -> None:
    found = feeds_on_page(data, url=URL, content_type=_TYPES[variant % len(_TYPES)])
    for named in (*found.declared, *found.linked):
        is_address(named.url)
        is_shown(named.title)


@dataclass(frozen=True)
class Target:
    """A path: what runs one input, and how many variants of what comes with it there are."""

    run: Callable[[bytes, int], None]
    variants: int


TARGETS: Mapping[str, Target] = {
    "feed": Target(run_feed, 10),
    "opml": Target(run_opml, 2),
    "robots": Target(run_robots, 1),
    "sitemap": Target(run_feed, 10),
    "page": Target(run_page, 15),
    "entry": Target(run_entry, 1),
    "body": Target(run_body, 2 * (len(DECODERS) + 2)),
    "address": Target(run_address, 42),
    "discovery": Target(run_discovery, 5),
}


def run(path: str, data: bytes, variant: int) -> bool:
    """Run one input; whether it was read (or refused as documented). Raises what is a fault."""
    target = TARGETS[path]
    try:
        target.run(data, variant % target.variants)
    except (BadInput, FetchError):
        return False
    except UnicodeDecodeError:
        if path != "address":  # whose bytes stand for text that is no UTF-8 or UTF-16
            raise
        return False
    return True
