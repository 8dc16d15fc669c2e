"""What a run did, item by item, gathered from the events that it told.

    entries new = pages queued + pages known already + pages listed
    pages taken = read from the page + taken from the feed + unchanged + redirected + failed + to be tried again + origins missed
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from crawler.events import (
    AnswerRemarked,
    ArticleJudged,
    ArticleRead,
    Event,
    FeedFailed,
    FeedPartFailed,
    FeedPolled,
    FeedsCounted,
    OriginAnswered,
    PageFailed,
    PageFetched,
    PageForbidden,
    PageNotModified,
    PageRedirected,
    RequestRetried,
    StoriesRejudged,
)
from crawler.model import FeedId, PageId, RecordResult, TextSource
from crawler.pipeline.troubles import Kind, Trouble, troubles_of
from crawler.urls import host_of

COUNTS = (
    "interrupted", "feeds_due", "feeds_polled", "feeds_not_modified", "entries_new", "entries_changed", "entries_known",
    "entries_left_out", "pages_queued", "pages_listed", "pages_joined_known", "pages_taken", "pages_fetched", "bytes_fetched",
    "pages_read", "pages_from_feed", "pages_not_modified", "pages_redirected", "pages_forbidden", "requests_retried", "stories_new",
    "copies_joined", "originals_promoted", "origins_asked", "origins_found", "revisions", "articles_unchanged", "late",
    "pages_rejudged", "stories_merged", "exit_code",
)
MOST_STORED = 200  # feeds that failed, and troubles, that are kept of a run
MOST_NOTED = 10_000  # hosts with what they did that are counted in one run
EXIT_DONE, EXIT_FAILED, EXIT_SOME_FEEDS, EXIT_INTERRUPTED = 0, 1, 3, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a dry run would fetch."""

    feeds: tuple[str, ...]
    pages: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class RunSummary:
    """Counts of one run; `observe` is an Observer. Failures are kept by item, so that each can be named with its reason."""

    started_at: datetime
    ended_at: datetime | None = None
    interrupted: bool = False
    foreseen: Foreseen | None = None

    feeds_due: int = 0
    feeds_polled: int = 0  # not modified included
    feeds_not_modified: int = 0
    feeds_failed: dict[FeedId, FeedFailed] = field(default_factory=dict)
    feed_parts_failed: dict[str, FeedPartFailed] = field(default_factory=dict)  # by address; of feeds that went well otherwise

    entries_new: int = 0
    entries_changed: int = 0
    entries_known: int = 0
    entries_left_out: int = 0  # beyond poll.max_entries or poll.sitemap_days: not read
    pages_queued: int = 0
    pages_listed: int = 0

    pages_fetched: int = 0
    bytes_fetched: int = 0
    pages_read: int = 0
    pages_from_feed: int = 0  # robots and failures included
    pages_not_modified: int = 0
    pages_redirected: int = 0
    pages_forbidden: int = 0  # robots.txt said no: of pages_from_feed or pages_failed
    pages_failed: dict[PageId, PageFailed] = field(default_factory=dict)  # given up, with no text from the feed
    pages_waiting: dict[PageId, PageFailed] = field(default_factory=dict)  # to be tried again later
    pages_stood_in: dict[PageId, PageFailed] = field(default_factory=dict)  # failed, and the feed's text stands in
    origins_asked: int = 0  # that articles named and no feed brought
    origins_found: int = 0  # of these, whose text is a story's
    origins_missed: int = 0  # … that could not be had: no failures, as nobody promised that they are there
    requests_retried: int = 0
    text_states: Counter[str] = field(default_factory=Counter)
    _repeated: Counter[tuple[str, str]] = field(default_factory=Counter)  # (host, what it did): requests
    _remarked: Counter[tuple[str, str]] = field(default_factory=Counter)  # (host, what was wrong with it): answers

    revisions: int = 0
    articles_unchanged: int = 0
    late: int = 0  # leases that had lapsed: nothing was written
    originals_promoted: int = 0
    pages_rejudged: int = 0
    stories_merged: int = 0
    _stands: dict[PageId, str] = field(default_factory=dict)  # pages new to the store: new_story or copy, as last judged

    @property
    def pages_joined_known(self) -> int:
        """New entries whose page another entry had brought already."""
        return max(self.entries_new - self.pages_queued - self.pages_listed, 0)

    @property
    def pages_taken(self) -> int:
        return (
            self.pages_read + self.pages_from_feed + self.pages_not_modified + self.pages_redirected + len(self.pages_failed)
            + len(self.pages_waiting) + self.origins_missed
        )

    @property
    def stories_new(self) -> int:
        return sum(outcome == "new_story" for outcome in self._stands.values())

    @property
    def copies_joined(self) -> int:
        return sum(outcome != "new_story" for outcome in self._stands.values())

    @property
    def exit_code(self) -> int:
        """0 done, 1 every feed failed, 3 some did, 130 interrupted; pages that failed do not count."""
        if self.interrupted:
            return EXIT_INTERRUPTED
        if not self.feeds_failed:
            return EXIT_DONE
        return EXIT_SOME_FEEDS if self.feeds_polled else EXIT_FAILED

    def troubles(self) -> list[Trouble]:
        """Every fault of every host that misbehaved, the heaviest first."""
        others: dict[Kind, Iterable[PageFailed | FeedPartFailed]] = {
            "part_failed": self.feed_parts_failed.values(), "page_failed": self.pages_failed.values(),
            "page_waiting": self.pages_waiting.values(), "page_from_feed": self.pages_stood_in.values(),
        }
        return troubles_of(self.feeds_failed.values(), others, self._repeated, self._remarked)

    def observe(self, event: Event) -> None:
        match event:
            case FeedsCounted(total=total):
                self.feeds_due += total
            case FeedPolled() | FeedFailed():
                self._note_feed(event)
            case FeedPartFailed(url=url):
                self.feed_parts_failed[url] = event
            case PageFailed():
                self._note_failure(event)
            case PageFetched(bytes=size):
                self.pages_fetched += 1
                self.bytes_fetched += size
            case PageNotModified():
                self.pages_not_modified += 1
            case PageRedirected():
                self.pages_redirected += 1
            case PageForbidden():
                self.pages_forbidden += 1
            case OriginAnswered():
                self._note_origin(event)
            case RequestRetried(url=url, reason=reason):
                self.requests_retried += 1
                _note(self._repeated, host_of(url), reason)
            case AnswerRemarked(url=url, remark=remark):
                _note(self._remarked, host_of(url), remark)
            case ArticleRead(state=state, source=source):
                self.text_states[state] += 1
                self.pages_read += source == TextSource.PAGE
                self.pages_from_feed += source == TextSource.FEED
            case ArticleJudged(result=result):
                self._note_verdict(result)
            case StoriesRejudged():
                self._note_rejudged(event)

    def as_json(self) -> dict[str, Any]:
        """What is kept of a run: plain values only, and no more of them than fit on a few pages."""
        failed, troubles = list(self.feeds_failed.values()), self.troubles()
        return {name: getattr(self, name) for name in COUNTS} | {
            "feeds_failed": [{"url": one.url, "reason": one.reason, "next_try": one.next_try} for one in failed[:MOST_STORED]],
            "feeds_failed_not_listed": max(0, len(failed) - MOST_STORED),
            "pages_failed": len(self.pages_failed), "pages_stood_in": len(self.pages_stood_in),
            "pages_waiting": len(self.pages_waiting), "text_states": dict(self.text_states),
            "troubles": [asdict(trouble) for trouble in troubles[:MOST_STORED]],
            "troubles_not_listed": max(0, len(troubles) - MOST_STORED),
        }

    def _note_feed(self, event: FeedPolled | FeedFailed) -> None:
        if isinstance(event, FeedFailed):
            self.feeds_failed[event.feed] = event
            return
        self.feeds_failed.pop(event.feed, None)
        self.feeds_polled += 1
        self.feeds_not_modified += event.not_modified
        self.entries_new += event.result.new_entries
        self.entries_changed += event.result.changed_entries
        self.entries_known += event.result.known_entries
        self.entries_left_out += event.left_out
        self.pages_queued += event.result.pages_queued
        self.pages_listed += event.result.pages_listed

    def _note_failure(self, event: PageFailed) -> None:
        if event.from_feed:
            self.pages_stood_in[event.page] = event
        elif event.will_retry:
            self.pages_waiting[event.page] = event
        else:
            self.pages_failed[event.page] = event

    def _note_origin(self, event: OriginAnswered) -> None:
        self.origins_asked += 1
        self.origins_found += event.story is not None
        self.origins_missed += not event.was_read

    def _note_verdict(self, result: RecordResult) -> None:
        self.revisions += result.outcome == "revision"
        self.articles_unchanged += result.outcome == "unchanged"
        self.late += result.outcome == "late"
        self.originals_promoted += result.outcome == "promoted"
        if result.outcome in ("new_story", "copy", "promoted"):
            self._stands[result.page] = result.outcome

    def _note_rejudged(self, event: StoriesRejudged) -> None:
        self.pages_rejudged += event.pages
        self.originals_promoted += event.promoted
        self.stories_merged += event.merged
        for result in event.results:
            if result.page in self._stands:
                self._stands[result.page] = "copy" if result.relation else "new_story"


def _note(counts: Counter[tuple[str, str]], host: str, what: str) -> None:
    if (host, what) in counts or len(counts) < MOST_NOTED:
        counts[host, what] += 1
