"""The engine: one crawl from the first due feed to the last settled story, or the service that never ends.

    crawl   feeds' lane ──┐ pages queued               serve   the same lanes, stirred by the scheduler's bells
            pages' lane ──┤ until both are at rest             until told to stop, then drained
            judge ────────┘ until nothing is due, and the pages that it set off, again
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.events import FeedsCounted
from crawler.model import FeedId, FeedLease, PageLease
from crawler.pipeline.desk import Desk
from crawler.pipeline.flow import stirred_by, together, waking
from crawler.pipeline.hub import Hub
from crawler.pipeline.ingest import Ingester
from crawler.pipeline.judging import Judge
from crawler.pipeline.lanes import Lane, Slots
from crawler.pipeline.poll import Poller
from crawler.pipeline.ports import Clock, Fetcher, Store, TaskRunner
from crawler.pipeline.scheduler import Bell, Service
from crawler.pipeline.sources import FeedChoice, FeedSource, PageSource
from crawler.pipeline.summary import Foreseen, RunSummary
from crawler.settings import Settings
from crawler.urls import Sites

CRAWL_GRACE_S = 7.0  # of the 10 s in which Ctrl-C is answered; the rest is for handing back and the summary
MOST_ORIGINS = 200  # asked for in one crawl, or in an hour of a service: a site whose every page names another cannot flood it
FORESEEN = 100_000  # pages that a dry run lists at most


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRequest:
    """What one crawl is to do. `feeds` restricts what is polled, not which queued pages are fetched."""

    feeds: Sequence[FeedId] | None = None
    all_feeds: bool = False  # ignore the due times of feeds: each is polled once
    recheck: bool = False  # ask every known page again, conditionally
    limit: int | None = None  # pages taken up
    since: datetime | None = None  # only pages first seen since
    dry_run: bool = False


def utc_now() -> datetime:
    return datetime.now(UTC)


class Engine:
    """Joins the lanes over one store, one fetcher and one set of workers; all of them are opened and closed by wiring."""

    def __init__(
        self, *, store: Store, desk: Desk, fetcher: Fetcher, workers: TaskRunner, settings: Settings, hub: Hub,
        now: Clock = utc_now, bells: tuple[Bell, ...] = (),
    ) -> None:
        self.store = store
        self.desk = desk
        self.hub = hub
        self.bells = bells
        self.now = now
        self.settings = settings
        self.fetcher = fetcher
        self.workers = workers
        self.poller = Poller(
            fetcher=fetcher, store=store.feeds, desk=desk, workers=workers, settings=settings.poll, secrets=settings.secrets,
            observe=hub, now=now, site_of=Sites(settings.publishers.families).of,
        )
        self.ingester = Ingester(
            fetcher=fetcher, pages=store.pages, articles=store.articles, desk=desk, workers=workers, observe=hub, now=now
        )
        self.judge = Judge(store=store.articles, desk=desk, observe=hub, now=now)

    async def crawl(self, request: CrawlRequest, stop: asyncio.Event | None = None) -> RunSummary:
        """Do all that is due. With `stop` set, ends within 10 s: what runs is finished or handed back, and nothing is lost.

        What is backed off into the future is not waited for. Raises StoreError.
        """
        started_at = self.now()
        summary = RunSummary(started_at=started_at)
        choice = FeedChoice(only=request.feeds, not_since=started_at if request.all_feeds else None)
        if request.dry_run:
            return await self._foresee(request, choice, summary)
        run = await self.desk.call(self.store.runs.start, "crawl", started_at)
        try:
            with self.hub.also(summary.observe):
                await self._crawl(request, choice, stop or asyncio.Event())
            summary.interrupted = stop is not None and stop.is_set()
        finally:
            summary.ended_at = self.now()
            await self.desk.call(self.store.runs.finish, run, summary.as_json(), summary.ended_at)
        return summary

    async def serve(self, stop: asyncio.Event) -> RunSummary:
        """Do what falls due, when it does, until `stop`; then drain within 30 s. The summary is of the whole service run."""
        return await Service(self, self.bells).run(stop)

    def reload(self, settings: Settings) -> None:
        """Let the next polls, prunings and questions for origins go by other settings; all else holds from the next start."""
        self.settings = settings
        self.poller.settings = settings.poll
        self.poller.secrets = settings.secrets

    async def _crawl(self, request: CrawlRequest, choice: FeedChoice, stop: asyncio.Event) -> None:
        due = [feed for feed in await self.desk.call(self.store.feeds.all) if choice.includes(feed, self.now())]
        self.hub(FeedsCounted(total=len(due)))
        if request.recheck:
            await self.desk.call(self.store.pages.recheck_all, self.now())
        feeds, pages, _ = self.lanes(choice, limit=request.limit, since=request.since)
        with self.hub.also(stirred_by(pages)):
            await self._work_off(feeds, pages, stop)
            unasked = MOST_ORIGINS
            while not stop.is_set():
                if not await self.judge.until_rest(stop):
                    if stop.is_set() or not (asked := await self.ask_origins(unasked)):
                        break
                    unasked -= asked
                await pages.run(stop=stop, more=lambda: False, grace_s=CRAWL_GRACE_S)

    async def ask_origins(self, limit: int) -> int:
        """Queue up to `limit` pages that articles named as their origins; how many. Nothing before the feeds had their say."""
        if limit < 1 or not self.settings.dedup.chase_origins:
            return 0
        return await self.desk.call(self.store.pages.ask_origins, self.now(), limit)

    async def _work_off(self, feeds: Lane[FeedLease], pages: Lane[PageLease], stop: asyncio.Event) -> None:
        """Both lanes until at rest, judging in the idle moments."""
        polling, ended = True, asyncio.Event()

        async def poll() -> None:
            nonlocal polling
            await feeds.run(stop=stop, more=lambda: False, grace_s=CRAWL_GRACE_S)
            polling = False
            pages.stir()

        async def ingest() -> None:
            await pages.run(stop=stop, more=lambda: polling, grace_s=CRAWL_GRACE_S)
            ended.set()

        await together(
            poll(), ingest(), self.judge.in_idle_moments(stop=ended, is_idle=lambda: not (feeds.in_flight or pages.in_flight)),
            waking(stop, ended, feeds, pages),
        )

    def lanes(
        self, choice: FeedChoice, *, limit: int | None = None, since: datetime | None = None
    ) -> tuple[Lane[FeedLease], Lane[PageLease], FeedSource]:
        """A lane for feeds, with half of the slots at most, one for pages, and what the former claims from."""
        feed_source = FeedSource(store=self.store.feeds, desk=self.desk, poller=self.poller, now=self.now, choice=choice)
        page_source = PageSource(
            store=self.store.pages, desk=self.desk, ingester=self.ingester, now=self.now, limit=limit, since=since
        )
        fetch = self.settings.fetch
        slots = Slots(fetch.concurrency)
        free_in_s = self.fetcher.free_in_s
        feeds = Lane(
            feed_source, slots, free_in_s=free_in_s, per_host=fetch.per_host, most=max(1, fetch.concurrency // 2), now=self.now
        )
        pages = Lane(page_source, slots, free_in_s=free_in_s, per_host=fetch.per_host, most=fetch.concurrency, now=self.now)
        return feeds, pages, feed_source

    async def _foresee(self, request: CrawlRequest, choice: FeedChoice, summary: RunSummary) -> RunSummary:
        """List what is due, and leave it so."""
        feeds = await self.desk.call(self.store.feeds.all)
        pages = await self.desk.call(self.store.pages.due, self.now(), limit=request.limit or FORESEEN, since=request.since)
        summary.foreseen = Foreseen(
            feeds=tuple(feed.url for feed in feeds if choice.includes(feed, self.now())), pages=tuple(pages)
        )
        summary.ended_at = self.now()
        return summary
