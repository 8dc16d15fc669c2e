"""Ingest one page: ask for it, read it in a worker process, record what became of it in one transaction.

    no page, or text_only ────────────────────────────┐
    robots.txt says no ───────────────────────────────┤
    not had, and no attempt left ─────────────────────┼──> the feed's text stands in ──> record_article
    had, but no page, or its worker failed ───────────┘            (else record_failure)
    not had for the moment ──────────────────────────────────────> record_failure, due later
    304, or the same body ───────────────────────────────────────> record_unchanged
    redirected ──────────────────────────────────────────────────> record_redirect
    had ──> read (worker process) ───────────────────────────────> record_article

A page that only an article has named, as its origin, is asked for once: whatever fails, it is not tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import assert_never

from crawler.dedup.origins import is_article_address
from crawler.errors import BadInput, FetchError, NoWorker, StoreError, WorkerFailed
from crawler.events import (
    ArticleJudged,
    ArticleRead,
    Event,
    Observer,
    OriginAnswered,
    PageFailed,
    PageFetched,
    PageForbidden,
    PageNotModified,
    PageRedirected,
)
from crawler.model import Article, PageLease, Validators
from crawler.pipeline import tasks
from crawler.pipeline.desk import Desk
from crawler.pipeline.ports import Clock, Fetched, IngestStore, NotModified, PageFetcher, Redirected, TaskRunner, VerdictStore
from crawler.pipeline.reasons import in_words

log = logging.getLogger(__name__)

DEADLINE_S = 170.0  # within lanes.LEAST_LEASE
BACKOFF = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))  # after the first, second and third attempt
MOST_ATTEMPTS = len(BACKOFF) + 1
LONGEST_ASKED_S = 86_400.0  # what a Retry-After can put a page off for
MOST_HOPS = 5
NONE = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """An article is to be judged; `failure` says why the feed's text stands in, where that was not foreseen."""

    article: Article
    validators: Validators = NONE
    body_hash: str | None = None  # None where the feed's text stands in
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    validators: Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """`retry_after` is None where it is given up."""

    reason: str
    retry_after: timedelta | None


Outcome = Read | Unchanged | Moved | Failed


class Ingester:
    """Ingests leased pages; every outcome but a broken store is recorded and told as an event."""

    def __init__(
        self, *, fetcher: PageFetcher, pages: IngestStore, articles: VerdictStore, desk: Desk, workers: TaskRunner,
        observe: Observer, now: Clock,
    ) -> None:
        self._fetcher = fetcher
        self._pages = pages
        self._articles = articles
        self._desk = desk
        self._workers = workers
        self._observe = observe
        self._now = now

    async def ingest_page(self, lease: PageLease, answered: Callable[[], None]) -> None:
        """Ingest and record; where cancelled, hand the lease back, as where the machine fails. Raises StoreError, NoWorker only."""
        try:
            outcome = await self._outcome(lease, answered)
        except (asyncio.CancelledError, StoreError, NoWorker):
            with suppress(StoreError):
                await self._desk.call(self._pages.release, lease)
            raise
        try:
            await self._record(lease, outcome)
        except StoreError:
            raise
        except Exception as error:  # what one page makes of the verdict is that page's failure, not the run's
            log.debug("recording %s", lease.url, exc_info=error)
            await self._record(lease, Failed(reason=in_words(error, DEADLINE_S), retry_after=None))

    async def _outcome(self, lease: PageLease, answered: Callable[[], None]) -> Outcome:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await self._ask(lease, answered)
        except (StoreError, NoWorker):
            raise  # no fault of the page's
        except Exception as error:
            log.debug("ingesting %s", lease.url, exc_info=error)
            return await self._after(lease, error)

    async def _ask(self, lease: PageLease, answered: Callable[[], None]) -> Outcome:
        if lease.given_up is not None:
            return await self._stand_in(lease, lease.given_up)
        if lease.text_only or not lease.url.startswith(("http://", "https://")):
            return await self._stand_in(lease, "its text is taken from the feed", failed=False)
        if not await self._fetcher.is_allowed(lease.url):
            if not lease.is_asked_once:
                self._observe(PageForbidden(page=lease.id, url=lease.url))
            return await self._stand_in(lease, "robots.txt forbids this page", failed=False)
        answer = await self._fetcher.get_page(lease.url, validators=lease.validators if has_page_text(lease) else NONE)
        answered()
        match answer:
            case NotModified():
                return Unchanged(validators=answer.validators)
            case Redirected():
                return await self._follow(lease, answer.target)
            case Fetched():
                return await self._read(lease, answer)
            case _:
                assert_never(answer)

    async def _follow(self, lease: PageLease, target: str) -> Outcome:
        if target == lease.url:
            return await self._stand_in(lease, "it redirects to itself")
        if lease.is_asked_once and not is_article_address(target):
            return await self._stand_in(lease, f"it redirects to {target}, which is no article")
        if lease.hops >= MOST_HOPS:
            return await self._stand_in(lease, f"more than {MOST_HOPS} redirects led on from its feed's address")
        return Moved(target=target)

    async def _read(self, lease: PageLease, answer: Fetched) -> Outcome:
        self._observe(PageFetched(page=lease.id, url=answer.url, status=answer.status, bytes=answer.bytes_on_wire))
        if has_page_text(lease) and answer.body_hash == lease.body_hash:
            return Unchanged(validators=answer.validators)
        task = partial(
            tasks.read_page, answer.body, url=answer.url, content_type=answer.content_type, entry=lease.entry,
            fetched_at=self._now(),
        )
        return Read(article=await self._run_twice(task), validators=answer.validators, body_hash=answer.body_hash)

    async def _run_twice(self, task: Callable[[], Article]) -> Article:
        """A worker that died may have died of another's hunger for memory: then the task gets one more."""
        try:
            return await self._workers.run(task, timeout_s=tasks.PAGE_S)
        except WorkerFailed as error:
            if not error.transient:
                raise
        return await self._workers.run(task, timeout_s=tasks.PAGE_S)

    async def _after(self, lease: PageLease, error: Exception) -> Outcome:
        """What follows from a page that was not had: later, from the feed, or given up."""
        reason = in_words(error, DEADLINE_S)
        is_passing = error.transient if isinstance(error, FetchError) else isinstance(error, TimeoutError)
        if is_passing and lease.attempts < MOST_ATTEMPTS and not lease.is_asked_once:
            asked_for = timedelta(seconds=min(getattr(error, "retry_after_s", None) or 0.0, LONGEST_ASKED_S))
            return Failed(reason=reason, retry_after=max(BACKOFF[max(lease.attempts, 1) - 1], asked_for))
        return await self._stand_in(lease, reason)

    async def _stand_in(self, lease: PageLease, reason: str, *, failed: bool = True) -> Outcome:
        """The feed's text, where it gives any and the page's own was never had."""
        entry = lease.entry
        if has_page_text(lease) or entry is None or not (entry.text or entry.title):
            return Failed(reason=reason, retry_after=None)
        try:
            task = partial(tasks.read_entry, entry, url=lease.url, reason=reason)
            article = await self._workers.run(task, timeout_s=tasks.PAGE_S)
        except (BadInput, WorkerFailed) as error:
            return Failed(reason=f"{reason}; nor could the feed's text be read: {error}", retry_after=None)
        return Read(article=article, failure=reason if failed else None)

    async def _record(self, lease: PageLease, outcome: Outcome) -> None:
        now = self._now()
        match outcome:
            case Read():
                await self._record_article(lease, outcome)
            case Unchanged(validators=validators):
                await self._desk.call(self._pages.record_unchanged, lease, validators=validators, now=now)
                self._observe(PageNotModified(page=lease.id, url=lease.url))
            case Moved(target=target):
                await self._desk.call(self._pages.record_redirect, lease, target, now)
                self._observe(PageRedirected(page=lease.id, url=lease.url, target=target))
            case Failed(reason=reason, retry_after=after):
                retry_at = None if after is None else now + after
                await self._desk.call(self._pages.record_failure, lease, reason=reason, retry_at=retry_at, now=now)
                if lease.is_asked_once:
                    self._observe(OriginAnswered(page=lease.id, url=lease.url, was_read=False, story=None, reason=reason))
                else:
                    self._observe(PageFailed(page=lease.id, url=lease.url, reason=reason, will_retry=after is not None))
            case _:
                assert_never(outcome)

    async def _record_article(self, lease: PageLease, read: Read) -> None:
        result = await self._desk.call(
            self._articles.record_article, lease, read.article, validators=read.validators, body_hash=read.body_hash,
            now=self._now(),
        )
        for event in _told(lease, read):
            self._observe(event)
        self._observe(ArticleJudged(url=read.article.url, result=result))
        if lease.is_asked_once and result.outcome != "late":
            reason = "" if result.story else "its text is no story's"
            self._observe(OriginAnswered(page=lease.id, url=lease.url, was_read=True, story=result.story, reason=reason))


def has_page_text(lease: PageLease) -> bool:
    """Whether the page's own text is stored; a feed's text never replaces it."""
    return lease.judged and lease.body_hash is not None


def _told(lease: PageLease, read: Read) -> list[Event]:
    article = read.article
    words = sum(len(block.split()) for block in article.blocks)
    event = ArticleRead(page=lease.id, url=article.url, state=article.state, words=words, source=article.source)
    if read.failure is None:
        return [event]
    return [PageFailed(page=lease.id, url=lease.url, reason=read.failure, will_retry=False, from_feed=True), event]
