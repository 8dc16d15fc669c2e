"""The clock is set back and forward, and the machine sleeps: no feed is lost, none is asked more than its due."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from crashes_newsroom import Newsroom
from crashes_runs import serving
from local_web import LocalWeb

from crawler.events import Event, FeedPolled
from crawler.feeds.opml import FollowedFeed
from crawler.pipeline.engine import CrawlRequest, Engine
from crawler.settings import CrawlerSettings, FetchSettings, Settings
from crawler.wiring import open_engine

SETTINGS = Settings(crawler=CrawlerSettings(workers=1), fetch=FetchSettings(delay_s=0))
FEED = "http://paper1.example/feed.xml"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUIET_S = 0.4  # in which a service whose bells ring every 50 ms would have asked again


class Clock:
    """Stands nearly still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2030, 6, 7, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at


@pytest.fixture
def quick_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pipeline.scheduler.TICK_S", 0.05)
    monkeypatch.setattr("crawler.pipeline.scheduler.CLOCK_LOOK_S", 0.05)


@asynccontextmanager
async def open_newsroom(web: LocalWeb, data_dir: Path, clock: Clock, told: list[Event]) -> AsyncIterator[Engine]:
    newsroom = Newsroom()
    newsroom.serve(web)
    web.serve(FEED, newsroom.rss(FEED), type="application/rss+xml")  # without an ETag: a 304 may be put to the test
    async with open_engine(SETTINGS, data_dir, told.append, environ=web.environ, now=clock) as engine:
        await engine.desk.call(engine.store.feeds.add, FollowedFeed(url=FEED), clock(), every_s=3600)  # type: ignore[attr-defined]
        yield engine


async def until_polled(told: list[Event], times: int) -> None:
    """Wait until the feed has been polled so often; it is not polled once more."""
    async with asyncio.timeout(60):
        while sum(isinstance(event, FeedPolled) for event in told) < times:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(QUIET_S)
    assert sum(isinstance(event, FeedPolled) for event in told) == times


async def test_a_service_lives_through_sleep_and_a_clock_that_jumps(
    local_web: LocalWeb, tmp_path: Path, quick_bells: None
) -> None:
    clock, told = Clock(), list[Event]()
    async with open_newsroom(local_web, tmp_path, clock, told) as engine, serving(engine):
        await until_polled(told, 1)
        for polls, jump in enumerate((10 * DAY, 2 * HOUR), start=2):  # asleep past two hundred due times, then past one
            clock.at += jump
            await until_polled(told, polls)
        for back in (HOUR, DAY, 100 * DAY):
            clock.at -= back
            await until_polled(told, polls)
            clock.at += 1.2 * HOUR
            polls += 1
            await until_polled(told, polls)
        assert len(list(engine.store.reading.records())) == 5  # type: ignore[attr-defined]


async def test_a_crawl_after_the_clock_was_set_back_goes_on_as_if_it_had_been_right(local_web: LocalWeb, tmp_path: Path) -> None:
    clock, ahead = Clock(), 400 * DAY
    clock.at += ahead

    async def crawl(*, all_feeds: bool = False) -> int:
        async with open_newsroom(local_web, tmp_path, clock, []) as engine:
            return (await engine.crawl(CrawlRequest(all_feeds=all_feeds))).feeds_polled

    assert await crawl() == 1
    clock.at -= ahead
    assert await crawl() == 0  # not at once
    assert await crawl(all_feeds=True) == 1
    clock.at += 1.2 * HOUR
    assert await crawl() == 1  # and not never
    assert {local_web.urls().count(f"http://paper1.example/{place}") for place in range(5)} <= {1, 2}  # once more as a re-check
