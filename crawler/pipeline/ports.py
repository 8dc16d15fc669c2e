"""What the pipeline needs of the floor below, each port no wider than its one user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from pydantic import SecretStr

from crawler.fetch.results import Fetched, NotModified, Redirected
from crawler.model import Article, Feed, FeedId, FeedLease, FeedPart, PageLease, ParsedFeed, PollResult, RecordResult, Validators
from crawler.polling import NextPoll
from crawler.settings import PollSettings

__all__ = ["Fetched", "NotModified", "Redirected"]

Result = TypeVar("Result")
Clock = Callable[[], datetime]  # the present, aware and in UTC


class FeedFetcher(Protocol):
    """Raises FetchError."""

    async def get_feed(self, url: str, *, validators: Validators, auth: SecretStr | None = None) -> Fetched | NotModified: ...


class PageFetcher(Protocol):
    """Raises FetchError."""

    async def is_allowed(self, url: str) -> bool: ...

    async def get_page(self, url: str, *, validators: Validators) -> Fetched | NotModified | Redirected: ...


class Fetcher(FeedFetcher, PageFetcher, Protocol):
    def free_in_s(self, url: str) -> float: ...


class TaskRunner(Protocol):
    async def run(self, task: Callable[[], Result], *, timeout_s: float) -> Result:
        """Raises WorkerFailed, and whatever CrawlerError the task raises."""


class PollStore(Protocol):
    """Feeds, claimed and recorded."""

    def all(self) -> list[Feed]: ...

    def claim_due(
        self, now: datetime, *, limit: int, lease_for: timedelta, ignore_due: bool = False, only: Sequence[FeedId] | None = None,
        not_since: datetime | None = None, exclude_hosts: Sequence[str] = (),
    ) -> list[FeedLease]: ...

    def count_new(self, feed: FeedId, keys: Sequence[str]) -> int: ...

    def record_poll(
        self, lease: FeedLease, parsed: ParsedFeed | None, *, validators: Validators, body_hash: str | None, next_poll: NextPoll,
        now: datetime, settings: PollSettings, moved_to: str | None = None, parts: Sequence[FeedPart] = (), is_tested: bool = True,
        lied: bool = False,
    ) -> PollResult: ...

    def record_failure(self, lease: FeedLease, *, reason: str, status: int | None, next_poll: NextPoll, now: datetime) -> None: ...

    def release(self, lease: FeedLease) -> None: ...


class IngestStore(Protocol):
    """Pages, claimed and recorded, but for their articles."""

    def due(self, now: datetime, *, limit: int, since: datetime | None = None) -> list[str]: ...

    def recheck_all(self, now: datetime) -> int: ...

    def ask_origins(self, now: datetime, limit: int) -> int: ...

    def claim_due(
        self, now: datetime, *, limit: int, lease_for: timedelta, per_host: int, exclude_hosts: Sequence[str] = (),
        since: datetime | None = None,
    ) -> list[PageLease]: ...

    def record_redirect(self, lease: PageLease, target_url: str, now: datetime) -> None: ...

    def record_failure(self, lease: PageLease, *, reason: str, retry_at: datetime | None, now: datetime) -> None: ...

    def record_unchanged(self, lease: PageLease, *, validators: Validators, now: datetime) -> None: ...

    def release(self, lease: PageLease) -> None: ...


class VerdictStore(Protocol):
    """Articles, judged in the transaction that writes them."""

    def record_article(
        self, lease: PageLease, article: Article, *, validators: Validators, body_hash: str | None, now: datetime
    ) -> RecordResult: ...


class JudgeStore(Protocol):
    """What verdicts have set off: pages whose site's chrome became known, copies whose texts are yet to become differences."""

    def judge_due(self, now: datetime, limit: int) -> tuple[int, list[RecordResult]]: ...

    def settle_due(self, limit: int) -> int: ...


class RunStore(Protocol):
    def start(self, command: str, now: datetime) -> int: ...

    def finish(self, id: int, summary: dict[str, Any], now: datetime) -> None: ...


class ArticleStore(VerdictStore, JudgeStore, Protocol):
    """Both of what is done with articles."""


class Store(Protocol):
    """The store's parts that an engine uses, each called at the desk."""

    @property
    def feeds(self) -> PollStore: ...

    @property
    def pages(self) -> IngestStore: ...

    @property
    def articles(self) -> ArticleStore: ...

    @property
    def runs(self) -> RunStore: ...

    def pull_back_times(self, now: datetime) -> None: ...
