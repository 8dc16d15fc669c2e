"""The values that travel between rooms: feeds, entries, pages, articles, revisions, stories.

Every `*_at` is an aware UTC datetime; every `*_s` is seconds. A *page* is an address we owe a verdict. An *article* is what
one page held at one time, as the extractor read it. A *story* is a set of pages whose articles tell the same text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

FeedId = NewType("FeedId", int)
EntryId = NewType("EntryId", int)
PageId = NewType("PageId", int)
RevisionId = NewType("RevisionId", int)
StoryId = NewType("StoryId", str)


class FeedStatus(StrEnum):
    """Whether a feed is polled; only a person or a repeated 410 pauses one."""

    ACTIVE = "active"
    PAUSED = "paused"
    GONE = "gone"


class FeedFormat(StrEnum):
    """What a feed's body is written in."""

    RSS = "rss"
    RDF = "rdf"  # RSS 1.0 and Netscape's 0.90
    ATOM = "atom"
    JSON = "json"
    NEWS_SITEMAP = "news sitemap"  # with Google's news extension
    SITEMAP = "sitemap"
    SITEMAP_INDEX = "sitemap index"


class PageState(StrEnum):
    """Where a page stands on its way to a verdict."""

    DUE = "due"  # waits for its turn, or is leased
    DONE = "done"  # judged from its own text
    FEED_ONLY = "feed_only"  # judged from the feed's text: the page could not or must not be had
    REDIRECTED = "redirected"  # its address led to another page, which is judged instead
    LISTED = "listed"  # older than poll.max_age_days on a first poll: listed, never fetched
    FAILED = "failed"  # given up, and the feed gave no text to stand in


class TextState(StrEnum):
    """How much of the article its text holds (shared names with the export's `text_state`)."""

    FULL = "full"
    TRUNCATED = "truncated"
    GATED = "gated"
    CONSENT_WALL = "consent_wall"
    ERROR_PAGE = "error_page"
    LIVE_BLOG = "live_blog"
    EMPTY = "empty"

    @property
    def is_whole(self) -> bool:
        return self in (TextState.FULL, TextState.LIVE_BLOG)


class TextSource(StrEnum):
    PAGE = "page"
    FEED = "feed"


class Relation(StrEnum):
    """What a member of a story is to its canonical version."""

    COPY = "copy"
    EXCERPT = "excerpt"
    EDITED = "edited"
    REPOST = "repost"


class BlockMark(StrEnum):
    """What one block (a line) of a text is; only TEXT is compared and shown. One letter each, stored as a string."""

    TEXT = "t"
    TITLE = "h"  # repeats the headline
    ABOVE = "a"  # stands above the headline: an app's promotions, a section's name
    BYLINE = "b"  # a date or byline line
    PROMOTION = "p"  # a promotion or 'read also' line, found by its phrase
    GATE = "g"  # a gate's phrase, and all that follows it
    CHROME = "c"  # repeated by its site on pages of other stories (set when judged)


class CueKind(StrEnum):
    """Where a page or feed names the origin of its text; see shared names in docs/architecture.md."""

    CANONICAL = "canonical"  # rel=canonical of another site
    OG_URL = "og_url"
    ORIGINAL_SOURCE = "original_source"  # meta original-source or syndication-source
    JSONLD_PUBLISHER = "jsonld_publisher"
    JSONLD_BASED_ON = "jsonld_based_on"  # isBasedOn, sourceOrganization, copyrightHolder, creditText, provider
    FEED_SOURCE = "feed_source"  # RSS <source>, atom:source
    AGENCY_BYLINE = "agency_byline"
    DATELINE = "dateline"
    CREDIT_LINE = "credit_line"  # "originally published by", "first appeared on", "Via"
    COPYRIGHT_LINE = "copyright_line"
    PUBLISHER_LABEL = "publisher_label"  # a publisher's name alone above an app's article


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginCue:
    """A claim that the text comes from elsewhere; believed only where the text agrees.

    `url` is set where the cue gives an address (normalised by `crawler.urls.normalise`), `name` where it gives a name as
    written; at least one is. `weight` 1 to 3 is the strength measured for its kind (3 = alone enough to state an origin).
    """

    kind: CueKind
    weight: int
    url: str | None = None
    name: str | None = None
    quote: str = ""  # the words or markup value it was read from, at most 200 characters


class Precision(StrEnum):
    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp:
    """A time that a page or feed states: the instant in UTC and how far it can be trusted."""

    at: datetime
    precision: Precision
    zone_known: bool
    source: str  # "jsonld", "og", "meta", "itemprop", "url", "time", "htmldate", "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a page says of its article. Empty strings never occur: absent is None or an empty tuple."""

    title: str | None = None
    titles: tuple[str, ...] = ()  # every variant found, the chosen one first
    authors: tuple[str, ...] = ()  # persons
    organisations: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    publisher: str | None = None
    published: Timestamp | None = None
    updated: Timestamp | None = None
    canonical_url: str | None = None  # rel=canonical as stated, resolved; of the same registrable domain
    language: str | None = None  # BCP 47 primary subtag, lower case
    image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One entry of a parsed feed. `key` is its identity within the feed: guid, else normalised link, else content hash."""

    key: str
    url: str | None  # the article's address, absolute http(s), tracking removed (urls.normalise); None: the entry has no page
    title: str | None = None
    author: str | None = None
    published: Timestamp | None = None
    updated: Timestamp | None = None
    summary: str | None = None  # plain text
    content: str | None = None  # plain text, blocks on lines of their own; None where the feed gives only a summary
    source_title: str | None = None  # RSS <source>, atom:source
    source_url: str | None = None
    image_url: str | None = None
    content_hash: str = ""  # of what a reader would see (title, text, link), not of counters, tracking or dates

    @property
    def text(self) -> str:
        """The fullest plain text that the feed gives."""
        return max(self.content or "", self.summary or "", key=len)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask again with, kept verbatim (RFC 9110 §8.8)."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPart:
    """A sitemap that an index names: polled with the index, as a part of it."""

    url: str
    changed_at: str | None = None  # its lastmod, as the index states it
    validators: Validators = Validators()
    body_hash: str | None = None  # of the body last read; None: not read yet


@dataclass(frozen=True, slots=True, kw_only=True)
class PollWishes:
    """What a feed's own words ask of those who poll it."""

    every_s: int | None = None  # the longest of ttl and sy:updatePeriod/Frequency, at most a day
    skip_hours: frozenset[int] = frozenset()  # hours of the day, UTC
    skip_days: frozenset[int] = frozenset()  # 0 = Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed's body as read: its own words and its entries, in feed order (a sitemap's newest first), keys unique."""

    title: str | None
    site_url: str | None
    language: str | None
    entries: tuple[FeedEntry, ...]
    wishes: PollWishes = PollWishes()
    left_out: int = 0  # entries beyond the limit on entries per feed; of a sitemap, old and undated ones too
    next_url: str | None = None  # RFC 5005 rel=next or prev-archive
    parts: tuple[FeedPart, ...] = ()  # of a sitemap index: those to be read, the most promising first
    format: FeedFormat = FeedFormat.RSS


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What one page (or, standing in for it, one feed entry) held: made in a worker process, judged by dedup.

    `blocks` are the extracted text's paragraphs, chrome included, none empty and none holding a newline; `marks` is
    parallel to it, one `BlockMark` letter each. Its tokens are added by `crawler.dedup.words.tokenise` in the same process.
    """

    url: str  # the final address fetched, without tracking parameters
    metadata: Metadata
    blocks: tuple[str, ...]
    marks: str
    state: TextState
    source: TextSource
    reasons: tuple[str, ...] = ()  # why `state` is what it is, and which second readings were tried
    cues: tuple[OriginCue, ...] = ()
    tokens: bytes = b""  # crawler.dedup.words: little-endian uint64, one a token

    @property
    def text(self) -> str:
        return "\n".join(self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a feed brings something new: entries seen in hours watched, both fading as they age (crawler.polling)."""

    entries: float
    hours: float  # > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A followed feed, as stored."""

    id: FeedId
    url: str
    title: str | None
    site_url: str | None
    topics: tuple[str, ...]
    status: FeedStatus
    every_s: int | None  # the feed's own interval, None for the settings'
    text_only: bool  # take the text from the feed, never fetch pages
    auth: str | None  # the name of a secret in the settings, never the secret
    validators: Validators
    body_hash: str | None
    interval_s: float | None  # what polls so far have made of the interval
    next_due_at: datetime
    why_due: str  # the reason of next_due_at, for a person
    last_polled_at: datetime | None
    last_ok_at: datetime | None
    failures: float  # hard ones count 1, soft ones a half
    last_error: str | None
    added_at: datetime
    parts: tuple[FeedPart, ...] = ()  # where it is a sitemap index: the sitemaps last read, with what they gave to ask again
    pace: Pace | None = None  # None before its first poll
    wishes: PollWishes = PollWishes()  # as its last body stated them: a 304 repeats none
    whole_at: datetime | None = None  # when its body last came whole, or was last asked for whole in vain
    distrusted_at: datetime | None = None  # when a 304 was last caught hiding new entries


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLease:
    """A feed claimed for one poll; `token` fences off late writes."""

    feed: Feed
    token: int
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLease:
    """A page claimed for one fetch, with what the feeds say of it. `attempts` counts this one."""

    id: PageId
    url: str
    token: int
    until_at: datetime
    attempts: int
    hops: int  # redirects that led here
    validators: Validators
    body_hash: str | None  # of the last body that was judged
    judged: bool  # whether a revision of it is stored
    text_only: bool  # every feed that carries it is text_only: judge it from the feed
    entry: FeedEntry | None  # the entry that says most of it
    chased: bool = False  # no feed brought it: an article named it as its origin
    given_up: str | None = None  # why it is not asked for any more, but judged from the feed

    @property
    def is_asked_once(self) -> bool:
        """Whether this is the one request that an origin named by an article gets."""
        return self.chased and not self.judged


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What a poll stored."""

    new_entries: int = 0
    changed_entries: int = 0
    known_entries: int = 0
    pages_queued: int = 0
    pages_listed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResult:
    """What became of one page's article."""

    page: PageId
    story: StoryId | None
    # "new_story", "copy", "promoted", "revision", "unchanged", "unmatched" (an origin that was named, and is no story's text),
    # "late" (the lease had lapsed: nothing was written)
    outcome: str
    relation: Relation | None = None
