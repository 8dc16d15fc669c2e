"""What happens, as frozen values: the only side channel. Progress, log lines and metrics observe them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crawler.model import FeedId, PageId, PollResult, RecordResult, StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsCounted:
    total: int  # feeds that this run is to poll


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPolled:
    feed: FeedId
    url: str
    not_modified: bool
    result: PollResult
    left_out: int = 0  # entries beyond poll.max_entries; of a sitemap, old and undated ones too


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPartFailed:
    """A page of a feed's history, or a part of a sitemap index, could not be had; the poll went on without it."""

    feed: FeedId
    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFailed:
    feed: FeedId
    url: str
    reason: str
    next_try: str  # when, for a person


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFetched:
    page: PageId
    url: str
    status: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNotModified:
    page: PageId
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRedirected:
    page: PageId
    url: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageForbidden:
    page: PageId
    url: str  # robots.txt said no


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFailed:
    page: PageId
    url: str
    reason: str
    will_retry: bool
    from_feed: bool = False  # the feed's text stands in: an ArticleRead follows


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginAnswered:
    """An address that an article named as its origin, and no feed brought, was asked for: once, whatever came of it."""

    page: PageId
    url: str
    was_read: bool
    story: StoryId | None  # whose text it holds
    reason: str = ""  # why it is no story's


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRetried:
    url: str
    reason: str
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRemarked:
    """An answer that is used, and something is wrong with it or was said beside it."""

    url: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRead:
    page: PageId
    url: str
    state: str
    words: int
    source: str = "page"  # a TextSource


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleJudged:
    url: str
    result: RecordResult


@dataclass(frozen=True, slots=True, kw_only=True)
class StoriesRejudged:
    pages: int
    promoted: int
    merged: int
    results: tuple[RecordResult, ...] = ()


Event = (
    FeedsCounted | FeedPolled | FeedPartFailed | FeedFailed | PageFetched | PageNotModified | PageRedirected | PageForbidden
    | PageFailed | OriginAnswered | RequestRetried | AnswerRemarked | ArticleRead | ArticleJudged | StoriesRejudged
)
Observer = Callable[[Event], None]
