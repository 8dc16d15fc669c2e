"""The feeds that an address offers, and which of them is the one to follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crawler.feeds.places import NamedFeed
from crawler.model import FeedFormat, ParsedFeed
from crawler.urls import address_key

SAME_SHARE = 0.8  # of the entries of the smaller of two feeds that are one in two formats


class FoundBy(StrEnum):
    """How a feed was found, the surest way first."""

    ADDRESS = "the address itself"
    LINK = "link element"
    ANCHOR = "link on the page"
    PATH = "usual address"
    ROBOTS = "sitemap"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that was looked at; `format` None: one that the page declares and that was not, as there are too many."""

    url: str
    title: str | None
    found_by: FoundBy
    format: FeedFormat | None = None
    entries: int = 0
    newest_at: datetime | None = None
    site_url: str | None = None
    is_comments: bool = False
    pages: frozenset[str] = frozenset()  # keys of its entries' addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What an address offers, the surest first; `broken`: what its page declares and is no feed, each with the reason."""

    url: str
    feeds: tuple[FoundFeed, ...]
    broken: tuple[tuple[str, str], ...] = ()

    @property
    def best(self) -> FoundFeed | None:
        """The one feed to follow, where there is no doubt: the only one, or the only one that names the page as its own.

        Feeds of comments do not count, one feed in several formats counts once, nor does a weaker source beside a stronger.
        """
        sure = [feed for feed in self.feeds if not feed.is_comments]
        sure = _one_of_each([feed for feed in sure if feed.found_by == sure[0].found_by])
        own = [feed for feed in sure if feed.site_url and _is_one_page(feed.site_url, self.url)]
        chosen = sure if len(sure) == 1 else own
        return chosen[0] if len(chosen) == 1 and chosen[0].format is not None else None


def found_feed(parsed: ParsedFeed, url: str, found_by: FoundBy, named: NamedFeed | None) -> FoundFeed:
    """What a look at an address showed; `named`: what the page says of it."""
    times = [stated.at for entry in parsed.entries if (stated := entry.published or entry.updated) is not None]
    return FoundFeed(
        url=url, title=parsed.title or (named.title if named else None), found_by=found_by, format=parsed.format,
        entries=len(parsed.entries), newest_at=max(times, default=None), site_url=parsed.site_url,
        is_comments=named is not None and named.is_comments,
        pages=frozenset(address_key(entry.url) for entry in parsed.entries if entry.url),
    )


def _one_of_each(feeds: Sequence[FoundFeed]) -> list[FoundFeed]:
    """The feeds less those that are another one in another format; of those the first stays."""
    kept: list[FoundFeed] = []
    for feed in feeds:
        if not any(_is_same(feed, other) for other in kept):
            kept.append(feed)
    return kept


def _is_same(one: FoundFeed, other: FoundFeed) -> bool:
    least = min(len(one.pages), len(other.pages))
    return least > 0 and len(one.pages & other.pages) >= SAME_SHARE * least


def _is_one_page(one: str, other: str) -> bool:
    return address_key(one).rstrip("/") == address_key(other).rstrip("/")
