"""Which addresses an article names as its origin are worth asking for, where no page has them.

An address stands for an article where the cue that gives it is made to name one (a cross-site canonical link, original-source);
a credit's link or a JSON-LD party gives a publisher's front page as often, so its address must look like an article's too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from crawler.model import Article, CueKind, OriginCue, TextState
from crawler.urls import Sites, address_key, normalise

MOST_OF_AN_ARTICLE = 2
_STATED = frozenset({CueKind.CANONICAL, CueKind.ORIGINAL_SOURCE})
_LINKED = frozenset({CueKind.JSONLD_BASED_ON, CueKind.CREDIT_LINE})
_UNREAD = frozenset({TextState.CONSENT_WALL, TextState.ERROR_PAGE, TextState.EMPTY})  # what such a page names is the wall's
_FEED = re.compile(r"(?i)(?:^|/)(?:feeds?|rss|atom)(?:[/.]|$)|\.(?:rss|rdf|atom|xml|opml)$")
_FILE = re.compile(r"(?i)\.(?:jpe?g|png|gif|webp|svg|pdf|mp[34]|m4a|mov|zip|css|js|json)$")
_ID = re.compile(r"\d{4,}")
LEAST_SLUG_WORDS = 3  # "how-the-bridge-fell"; sections have one or two ("us-news")


def origins_named(article: Article, sites: Sites) -> list[str]:
    """The addresses of articles on other sites that this one names as its origin, the surest first, each page once."""
    if article.state in _UNREAD:
        return []
    own = sites.of(article.url)
    found: dict[str, str] = {}
    for cue in sorted(_usable(article.cues), key=lambda cue: (cue.kind not in _STATED, -cue.weight)):
        url = normalise(cue.url or "")
        if url is not None and sites.of(url) != own and _may_be_article(url, stated=cue.kind in _STATED):
            found.setdefault(address_key(url), url)
    return list(found.values())[:MOST_OF_AN_ARTICLE]


def is_article_address(url: str) -> bool:
    """Whether an address can be an article's at all: no front page, no feed, no file of another kind."""
    parts = urlsplit(url)
    is_root = parts.path in ("", "/") and not parts.query
    return not (is_root or _FEED.search(parts.path) or _FILE.search(parts.path))


def _usable(cues: Iterable[OriginCue]) -> Iterable[OriginCue]:
    return (cue for cue in cues if cue.url and cue.kind in _STATED | _LINKED)


def _may_be_article(url: str, *, stated: bool) -> bool:
    return is_article_address(url) and (stated or _looks_like_article(url))


def _looks_like_article(url: str) -> bool:
    """A number of four digits or more, or a last segment of several words."""
    parts = urlsplit(url)
    last = parts.path.rstrip("/").rpartition("/")[2]
    return bool(_ID.search(parts.path + "?" + parts.query)) or len(re.findall(r"[^\W_]+", last)) >= LEAST_SLUG_WORDS
