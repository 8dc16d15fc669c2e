"""Where feeds are said to be, and where they usually are; light, for whoever asks has no parser loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from crawler.urls import normalise

USUAL_PATHS = ("feed", "rss", "atom.xml", "index.xml", "feed.json")
USUAL_SITEMAPS = ("news-sitemap.xml", "sitemap-news.xml", "sitemap_news.xml")
_NEWS = re.compile(r"news(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFeed:
    """An address that a page gives for a feed. `is_comments`: of readers' comments, as its name says."""

    url: str
    title: str | None = None
    is_comments: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFeeds:
    """The feeds that a page names, each once, those of comments last: by link elements, and by links a reader may click."""

    declared: tuple[NamedFeed, ...]
    linked: tuple[NamedFeed, ...]


def usual_addresses(url: str) -> list[str]:
    """Where a site's feed lies most often: one in the page's own folder, then those at the root."""
    folder = urljoin(url, "./")
    own = [urljoin(folder, USUAL_PATHS[0])] if urlsplit(folder).path != "/" else []
    return [*own, *(urljoin(url, f"/{path}") for path in USUAL_PATHS)]


def likely_news_sitemaps(named: Iterable[str], url: str) -> list[str]:
    """The sitemaps to look at for news: those that robots.txt names, news by their address first, else the usual addresses."""
    usable = list(dict.fromkeys(filter(None, (normalise(sitemap, url) for sitemap in named))))
    if usable:
        return sorted(usable, key=lambda sitemap: not is_news_by_name(sitemap))
    return [urljoin(url, f"/{path}") for path in USUAL_SITEMAPS]


def is_news_by_name(sitemap: str) -> bool:
    return _NEWS.search(urlsplit(sitemap).path) is not None
