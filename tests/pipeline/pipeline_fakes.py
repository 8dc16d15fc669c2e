"""A web, a store and workers in memory, as the pipeline's ports ask for them; time moves only when told to."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from pydantic import SecretStr

from crawler.errors import CrawlerError, NotAFeed, NotAPage
from crawler.events import Event
from crawler.fetch.results import Fetched, NotModified, Redirected
from crawler.model import (
    Article,
    Feed,
    FeedEntry,
    FeedId,
    FeedLease,
    FeedPart,
    FeedStatus,
    Metadata,
    PageId,
    PageLease,
    ParsedFeed,
    PollResult,
    RecordResult,
    StoryId,
    TextSource,
    TextState,
    Validators,
)
from crawler.pipeline import tasks
from crawler.polling import NextPoll
from crawler.settings import PollSettings
from crawler.urls import host_of

Result = TypeVar("Result")
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


class FakeClock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


def fetched(url: str, body: bytes, *, etag: str | None = '"1"') -> Fetched:
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    return Fetched(
        url=url, status=200, body=body, content_type=None, validators=Validators(etag=etag), body_hash=digest, freshness_s=None,
        moved_to=None, bytes_on_wire=len(body),
    )


Answer = Fetched | NotModified | Redirected | BaseException
NOT_MODIFIED = NotModified(validators=Validators(), freshness_s=None)


@dataclass
class FakeWeb:
    """Answers by address; the last of an address's answers stands. `gate` holds every page back until it is set."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    busy_for_s: dict[str, float] = field(default_factory=dict)  # by host
    asked: list[tuple[str, Validators]] = field(default_factory=list)
    secrets: list[SecretStr | None] = field(default_factory=list)
    gate: asyncio.Event | None = None
    under_way: int = 0
    most_under_way: int = 0
    hosts_under_way: list[str] = field(default_factory=list)
    most_of_a_host: int = 0

    def serve(self, url: str, *answers: Answer | bytes) -> str:
        self.answers[url] = [fetched(url, answer) if isinstance(answer, bytes) else answer for answer in answers]
        return url

    async def get_feed(self, url: str, *, validators: Validators, auth: SecretStr | None = None) -> Fetched | NotModified:
        self.secrets.append(auth)
        answer = await self._answer(url, validators)
        assert not isinstance(answer, Redirected)
        return answer

    async def get_page(self, url: str, *, validators: Validators) -> Fetched | NotModified | Redirected:
        host = host_of(url)
        self.under_way += 1
        self.hosts_under_way.append(host)
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.most_of_a_host = max(self.most_of_a_host, self.hosts_under_way.count(host))
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            return await self._answer(url, validators)
        finally:
            self.under_way -= 1
            self.hosts_under_way.remove(host)

    async def is_allowed(self, url: str) -> bool:
        return url not in self.forbidden

    def free_in_s(self, url: str) -> float:
        return self.busy_for_s.get(host_of(url), 0.0)

    async def _answer(self, url: str, validators: Validators) -> Fetched | NotModified | Redirected:
        self.asked.append((url, validators))
        answers = self.answers[url]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def urls(self) -> list[str]:
        return [url for url, _ in self.asked]


class FakeWorkers:
    """Runs tasks at once: a feed's body is its entries' addresses (next=… its next page's, part=… a part's), a page's its text."""

    count = 2

    def __init__(self) -> None:
        self.failures: dict[bytes, list[CrawlerError]] = {}
        self.ran: list[str] = []

    async def run(self, task: Callable[[], Result], *, timeout_s: float) -> Result:
        assert isinstance(task, partial)
        self.ran.append(task.func.__name__)
        await asyncio.sleep(0)
        body = task.args[0]
        if isinstance(body, bytes) and self.failures.get(body):
            raise self.failures[body].pop(0)
        makers = {tasks.parse_feed: fake_feed, tasks.read_page: fake_article, tasks.read_entry: fake_stand_in}
        return makers[task.func](*task.args, **task.keywords)  # type: ignore[no-any-return, index]


def fake_feed(body: bytes, **_: Any) -> ParsedFeed:
    if body.startswith(b"<html"):
        raise NotAFeed("a page, not a feed")
    words = body.decode().split()
    next_url = next((word.removeprefix("next=") for word in words if word.startswith("next=")), None)
    parts = tuple(FeedPart(url=word.removeprefix("part=")) for word in words if word.startswith("part="))
    urls = [word for word in words if not word.startswith(("next=", "part="))]
    entries = tuple(FeedEntry(key=url, url=url, title=f"Title of {url}", summary="What the feed says.") for url in urls)
    return ParsedFeed(title=None, site_url=None, language=None, entries=entries, next_url=next_url, parts=parts)


def fake_article(body: bytes, *, url: str, **_: Any) -> Article:
    if body.startswith(b"\x89PNG"):
        raise NotAPage("a picture, not a page")
    return _article(url, body.decode(), TextSource.PAGE)


def fake_stand_in(entry: FeedEntry, *, url: str, reason: str) -> Article:
    return replace(_article(url, entry.text or entry.title or "", TextSource.FEED), reasons=(reason,))


def _article(url: str, text: str, source: TextSource) -> Article:
    return Article(
        url=url, metadata=Metadata(), blocks=tuple(text.splitlines()), marks="t" * len(text.splitlines()), state=TextState.FULL,
        source=source,
    )


def new_feed(number: int, url: str, **changes: Any) -> Feed:
    feed = Feed(
        id=FeedId(number), url=url, title=None, site_url=None, topics=(), status=FeedStatus.ACTIVE, every_s=None, text_only=False,
        auth=None, validators=Validators(), body_hash=None, interval_s=None, next_due_at=START, why_due="", last_polled_at=None,
        last_ok_at=None, failures=0, last_error=None, added_at=START,
    )
    return replace(feed, **changes)


@dataclass
class FakeFeeds:
    pages: FakePages
    rows: dict[FeedId, Feed] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    leased: set[FeedId] = field(default_factory=set)
    released: list[FeedId] = field(default_factory=list)
    results: list[ParsedFeed | None] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    claims: list[int] = field(default_factory=list)

    def follow(self, url: str, **changes: Any) -> FeedId:
        feed = new_feed(len(self.rows) + 1, url, **changes)
        self.rows[feed.id] = feed
        return feed.id

    def all(self) -> list[Feed]:
        return list(self.rows.values())

    def claim_due(
        self, now: datetime, *, limit: int, lease_for: timedelta, ignore_due: bool = False, only: Sequence[FeedId] | None = None,
        not_since: datetime | None = None, exclude_hosts: Sequence[str] = (),
    ) -> list[FeedLease]:
        def is_due(feed: Feed) -> bool:
            if feed.id in self.leased or (only is not None and feed.id not in only) or host_of(feed.url) in exclude_hosts:
                return False
            if ignore_due:
                return not_since is None or feed.last_polled_at is None or feed.last_polled_at < not_since
            return feed.next_due_at <= now

        due = [feed for feed in self.rows.values() if is_due(feed)][:limit]
        self.leased |= {feed.id for feed in due}
        self.claims.append(len(due))
        return [FeedLease(feed=feed, token=1, until_at=now + lease_for) for feed in due]

    def count_new(self, feed: FeedId, keys: Sequence[str]) -> int:
        return len(set(keys) - self.seen)

    def record_poll(
        self, lease: FeedLease, parsed: ParsedFeed | None, *, validators: Validators, body_hash: str | None, next_poll: NextPoll,
        now: datetime, settings: PollSettings, moved_to: str | None = None, parts: Sequence[FeedPart] = (), is_tested: bool = True,
        lied: bool = False,
    ) -> PollResult:
        self.results.append(parsed)
        changes: dict[str, Any] = {"whole_at": now} if is_tested else {}
        changes |= {"distrusted_at": now} if lied else {}
        changes |= {"validators": validators, "body_hash": body_hash, "last_ok_at": now}
        changes |= {"pace": next_poll.pace, "parts": tuple(parts)}
        self._advance(lease, next_poll, now, **changes)
        entries = parsed.entries if parsed else ()
        new = [entry for entry in entries if entry.key not in self.seen]
        self.seen |= {entry.key for entry in new}
        queued = sum(self.pages.queue(entry.url, entry) for entry in new if entry.url)
        return PollResult(new_entries=len(new), known_entries=len(entries) - len(new), pages_queued=queued)

    def record_failure(self, lease: FeedLease, *, reason: str, status: int | None, next_poll: NextPoll, now: datetime) -> None:
        self.reasons.append(reason)
        self._advance(lease, next_poll, now)

    def release(self, lease: FeedLease) -> None:
        self.leased.discard(lease.feed.id)
        self.released.append(lease.feed.id)

    def _advance(self, lease: FeedLease, next_poll: NextPoll, now: datetime, **changes: Any) -> None:
        self.leased.discard(lease.feed.id)
        feed = self.rows[lease.feed.id]
        self.rows[feed.id] = replace(
            feed, next_due_at=next_poll.due_at, failures=next_poll.failures, last_polled_at=now, **changes
        )


@dataclass
class FakePages:
    rows: dict[str, PageLease] = field(default_factory=dict)
    due_at: dict[str, datetime | None] = field(default_factory=dict)
    leased: set[str] = field(default_factory=set)
    outcomes: dict[str, str] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)
    claims: list[int] = field(default_factory=list)

    def queue(self, url: str, entry: FeedEntry | None = None, **changes: Any) -> bool:
        if url in self.rows:
            return False
        lease = PageLease(
            id=PageId(len(self.rows) + 1), url=url, token=0, until_at=START, attempts=0, hops=0, validators=Validators(),
            body_hash=None, judged=False, text_only=False, entry=entry,
        )
        self.rows[url] = replace(lease, **changes)
        self.due_at[url] = START
        return True

    def due(self, now: datetime, *, limit: int, since: datetime | None = None) -> list[str]:
        return [url for url, at in self.due_at.items() if at is not None and at <= now][:limit]

    def recheck_all(self, now: datetime) -> int:
        self.due_at = dict.fromkeys(self.due_at, now)
        return len(self.due_at)

    def ask_origins(self, now: datetime, limit: int) -> int:
        waiting = [url for url, lease in self.rows.items() if lease.chased and self.due_at[url] is None]
        asked = [url for url in waiting if url not in self.outcomes][:limit]
        self.due_at |= dict.fromkeys(asked, now)
        return len(asked)

    def claim_due(
        self, now: datetime, *, limit: int, lease_for: timedelta, per_host: int, exclude_hosts: Sequence[str] = (),
        since: datetime | None = None,
    ) -> list[PageLease]:
        taken: list[PageLease] = []
        for url in self.due(now, limit=len(self.rows)):
            host = host_of(url)
            if url in self.leased or host in exclude_hosts or sum(host_of(lease.url) == host for lease in taken) >= per_host:
                continue
            lease = replace(self.rows[url], attempts=self.rows[url].attempts + 1, until_at=now + lease_for)
            self.rows[url] = lease
            taken.append(lease)
            if len(taken) == limit:
                break
        self.leased |= {lease.url for lease in taken}
        self.claims.append(len(taken))
        return taken

    def record_redirect(self, lease: PageLease, target_url: str, now: datetime) -> None:
        self.settle(lease, f"redirected to {target_url}")
        self.queue(target_url, lease.entry, hops=lease.hops + 1)

    def record_failure(self, lease: PageLease, *, reason: str, retry_at: datetime | None, now: datetime) -> None:
        self.settle(lease, f"failed: {reason}", retry_at)

    def record_unchanged(self, lease: PageLease, *, validators: Validators, now: datetime) -> None:
        self.settle(lease, "unchanged")

    def release(self, lease: PageLease) -> None:
        self.leased.discard(lease.url)
        self.rows[lease.url] = replace(self.rows[lease.url], attempts=lease.attempts - 1)
        self.released.append(lease.url)

    def settle(self, lease: PageLease, outcome: str, due_at: datetime | None = None) -> None:
        self.leased.discard(lease.url)
        self.outcomes[lease.url] = outcome
        self.due_at[lease.url] = due_at


@dataclass
class FakeArticles:
    pages: FakePages
    recorded: dict[str, Article] = field(default_factory=dict)
    to_judge: int = 0
    to_settle: int = 0
    error: Exception | None = None

    def record_article(
        self, lease: PageLease, article: Article, *, validators: Validators, body_hash: str | None, now: datetime
    ) -> RecordResult:
        if self.error is not None:
            raise self.error
        self.pages.settle(lease, f"read from the {article.source}")
        self.pages.rows[lease.url] = replace(lease, judged=True, body_hash=body_hash, validators=validators)
        self.recorded[lease.url] = article
        return RecordResult(page=lease.id, story=StoryId(f"s{lease.id}"), outcome="new_story")

    def judge_due(self, now: datetime, limit: int) -> tuple[int, list[RecordResult]]:
        judged = min(self.to_judge, limit)
        self.to_judge -= judged
        return judged, []

    def settle_due(self, limit: int) -> int:
        settled = min(self.to_settle, limit)
        self.to_settle -= settled
        return settled


@dataclass
class FakeRuns:
    finished: list[dict[str, Any]] = field(default_factory=list)

    def start(self, command: str, now: datetime) -> int:
        return 1

    def finish(self, id: int, summary: dict[str, Any], now: datetime) -> None:
        self.finished.append(summary)


@dataclass
class FakeStore:
    pages: FakePages = field(default_factory=FakePages)
    runs: FakeRuns = field(default_factory=FakeRuns)
    feeds: FakeFeeds = field(init=False)
    articles: FakeArticles = field(init=False)

    def __post_init__(self) -> None:
        self.feeds = FakeFeeds(self.pages)
        self.articles = FakeArticles(self.pages)

    def pull_back_times(self, now: datetime) -> None:
        self.pages.due_at = {url: at and min(at, now) for url, at in self.pages.due_at.items()}


class Told(list[Event]):
    """An observer that remembers."""

    def __call__(self, event: Event) -> None:
        self.append(event)

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self if isinstance(event, kind)]
