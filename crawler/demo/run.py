"""Plays the demo: the newsroom is served, its feeds are followed, and it is crawled once at each tick by the real engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from crawler.demo.editions import LAST_TICK
from crawler.demo.newsroom import Newsroom
from crawler.demo.server import Asked, LocalProxy
from crawler.events import Observer
from crawler.pipeline.engine import CrawlRequest
from crawler.pipeline.summary import RunSummary
from crawler.settings import CrawlerSettings, FetchSettings, Settings
from crawler.wiring import open_database, open_engine

SETTINGS = Settings(crawler=CrawlerSettings(workers=2), fetch=FetchSettings(delay_s=0))  # the server asked is our own

Tell = Callable[[int, RunSummary], None]


async def play(data_dir: Path, *, observe: Observer, tell: Tell) -> list[Asked]:
    """Crawl the newsroom at each tick; `tell` hears of each crawl once its database is closed. What the sites were asked.

    Raises whatever opening an engine raises.
    """
    newsroom = Newsroom()
    with open_database(SETTINGS, data_dir) as store:
        for feed in newsroom.feeds:
            store.feeds.add(feed, datetime.now(UTC))
    async with LocalProxy(newsroom.find) as proxy:
        for tick in range(LAST_TICK + 1):
            newsroom.tick = tick
            async with open_engine(SETTINGS, data_dir, observe, command="demo", environ=proxy.environ) as engine:
                summary = await engine.crawl(CrawlRequest(all_feeds=True))
            tell(tick, summary)
        return proxy.asked
