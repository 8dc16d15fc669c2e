"""Another program holds the database: for a while, and for longer than anybody waits."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from crashes_newsroom import Newsroom
from crashes_runs import serving
from local_web import LocalWeb

from crawler.cli.main import main
from crawler.errors import StoreBusy
from crawler.feeds.opml import FollowedFeed
from crawler.pipeline.engine import CrawlRequest, Engine
from crawler.settings import CrawlerSettings, FetchSettings, Settings
from crawler.stores import sqlite
from crawler.wiring import open_engine

SETTINGS = Settings(crawler=CrawlerSettings(workers=1), fetch=FetchSettings(delay_s=0))
FEEDS = [f"http://paper{number}.example/feed.xml" for number in range(4)]
PAGES = 20


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    connection = sqlite3.connect(data_dir / "crawler.db", timeout=20, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store waits for a fifth of a second instead of half a minute."""
    monkeypatch.setattr(sqlite, "BUSY_MS", 200)
    monkeypatch.setattr(sqlite, "PRAGMAS", ("busy_timeout = 200", *sqlite.PRAGMAS[1:]))
    monkeypatch.setattr("crawler.pipeline.desk.PAUSE_S", 0.05)
    monkeypatch.setattr("crawler.pipeline.desk.SOON_S", 0.02)


async def until_asked(web: LocalWeb, crawl: asyncio.Task[Any]) -> None:
    """Wait until the first page is asked for. Raises what ended the crawl before."""
    asked = asyncio.create_task(web.until_asked("http://paper1.example/0"))
    await asyncio.wait([asked, crawl], return_when=asyncio.FIRST_COMPLETED)
    if crawl.done():
        asked.cancel()
        crawl.result()


@asynccontextmanager
async def open_newsroom(web: LocalWeb, data_dir: Path) -> AsyncIterator[Engine]:
    Newsroom().serve(web)
    async with open_engine(SETTINGS, data_dir, lambda event: None, environ=web.environ) as engine:
        for url in FEEDS:
            await engine.desk.call(engine.store.feeds.add, FollowedFeed(url=url), engine.now())  # type: ignore[attr-defined]
        yield engine


async def test_a_crawl_waits_for_another_programs_transaction_and_goes_on(local_web: LocalWeb, tmp_path: Path) -> None:
    async with open_newsroom(local_web, tmp_path) as engine:
        crawl = asyncio.create_task(engine.crawl(CrawlRequest()))
        await until_asked(local_web, crawl)
        with held(tmp_path):
            await asyncio.sleep(1)
            assert not crawl.done()
        summary = await crawl
    assert (summary.pages_read, summary.exit_code) == (PAGES, 0)


async def test_a_crawl_ends_where_the_database_is_held_for_too_long_and_the_next_goes_on(
    local_web: LocalWeb, tmp_path: Path, impatient: None
) -> None:
    async with open_newsroom(local_web, tmp_path) as engine:
        crawl = asyncio.create_task(engine.crawl(CrawlRequest()))
        await until_asked(local_web, crawl)
        with held(tmp_path):
            async with asyncio.timeout(5):  # not for each page that was under way
                with pytest.raises(StoreBusy, match=r"crawler\.db was held by another process"):
                    await crawl
    async with open_newsroom(local_web, tmp_path) as engine:
        await engine.crawl(CrawlRequest())
        stories = list(engine.store.reading.records())  # type: ignore[attr-defined]
    assert [record.canonical.source for record in stories] == ["page"] * PAGES


async def test_a_service_outlives_a_database_that_is_held_for_long(
    local_web: LocalWeb, tmp_path: Path, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_newsroom(local_web, tmp_path) as engine, serving(engine) as service:
        await until_asked(local_web, service)
        with held(tmp_path):
            await asyncio.sleep(2)
            assert not service.done()
        async with asyncio.timeout(30):
            while len(list(engine.store.reading.records())) < PAGES:  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    summary = service.result()
    assert (summary.pages_read, summary.pages_from_feed, summary.feeds_failed) == (PAGES, 0, {})
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(told) == 2
    assert "waiting on" in told[0]
    assert "free again" in told[1]


async def test_a_service_that_is_told_to_stop_while_the_database_is_held_stops(
    local_web: LocalWeb, tmp_path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.pipeline.scheduler.GRACE_S", 0.5)
    async with open_newsroom(local_web, tmp_path) as engine:
        with ExitStack() as until_stopped:
            async with serving(engine) as service:
                await until_asked(local_web, service)
                until_stopped.enter_context(held(tmp_path))
                await asyncio.sleep(0.5)
                told_at = time.monotonic()
            assert time.monotonic() - told_at < 5
    with pytest.raises(StoreBusy):
        service.result()


@pytest.mark.parametrize("command", [["crawl"], ["serve"], ["feeds", "add", "--no-check", "http://a.example/feed.xml"], ["prune"]])
def test_a_command_says_in_one_line_that_the_database_is_held(
    tmp_path: Path, command: list[str], impatient: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data-dir", str(tmp_path), "feeds", "list"]) == 0
    capsys.readouterr()
    with held(tmp_path):
        assert main(["--data-dir", str(tmp_path), "-q", *command]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: the database {tmp_path}/crawler.db was held by another process")
    assert main(["--data-dir", str(tmp_path), "status"]) == 0
