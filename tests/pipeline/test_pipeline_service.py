"""The service: bells stir the lanes, a pause is spread, a stop drains."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

import pytest
from pipeline_bench import Bench
from pipeline_fakes import START

from crawler.errors import StoreUnwritable
from crawler.pipeline.scheduler import Bell, Spread, Watch


async def until(bench: Bench, pages: int) -> None:
    async with asyncio.timeout(10):
        while len(bench.store.articles.recorded) < pages:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def follow(bench: Bench, host: str, pages: int) -> None:
    urls = [bench.web.serve(f"http://{host}/{n}", b"Words.") for n in range(pages)]
    bench.store.feeds.follow(bench.web.serve(f"http://{host}/feed", " ".join(urls).encode()))


async def test_the_service_does_what_is_due_and_stops_when_told(bench: Bench) -> None:
    follow(bench, "a.example", 5)
    stop = asyncio.Event()
    service = asyncio.create_task(bench.engine().serve(stop))
    await until(bench, 5)
    stop.set()
    async with asyncio.timeout(5):
        summary = await service
    assert summary.pages_read == 5
    assert bench.store.runs.finished[-1]["pages_read"] == 5


async def test_a_bell_has_the_service_look_for_what_fell_due_since(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pipeline.scheduler.TICK_S", 0.05)
    follow(bench, "a.example", 1)
    stop = asyncio.Event()
    service = asyncio.create_task(bench.engine().serve(stop))
    await until(bench, 1)
    follow(bench, "b.example", 1)
    await until(bench, 2)
    stop.set()
    await service


async def test_a_stopped_service_hands_back_what_hangs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pipeline.scheduler.GRACE_S", 0.05)
    follow(bench, "a.example", 3)
    bench.web.gate = asyncio.Event()
    stop = asyncio.Event()
    service = asyncio.create_task(bench.engine().serve(stop))
    async with asyncio.timeout(5):
        while not bench.web.under_way:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        stop.set()
        await service
    assert not bench.store.pages.leased
    assert all(page.attempts == 0 for page in bench.store.pages.rows.values())


async def test_a_service_asks_nothing_again_that_is_not_due(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pipeline.scheduler.TICK_S", 0.05)
    for _ in range(2):
        if not bench.store.feeds.rows:
            follow(bench, "a.example", 1)
        stop = asyncio.Event()
        service = asyncio.create_task(bench.engine().serve(stop))
        await until(bench, 1)
        async with asyncio.timeout(5):
            while len(bench.store.feeds.claims) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        stop.set()
        await service
        bench.store.feeds.claims.clear()
    assert bench.web.urls().count("http://a.example/feed") == 1


async def test_a_service_rings_the_bells_that_others_hang(bench: Bench) -> None:
    rung = asyncio.Event()

    async def ring() -> None:
        rung.set()

    engine = bench.engine()
    engine.bells = (Bell(name="publish", every_s=0.05, ring=ring),)  # type: ignore[arg-type]
    stop = asyncio.Event()
    service = asyncio.create_task(engine.serve(stop))
    async with asyncio.timeout(5):
        await rung.wait()
    stop.set()
    await service


def test_what_fell_due_in_a_pause_is_spread_over_ten_minutes() -> None:
    spread = Spread()
    assert spread.next() is None
    spread.begin(overdue=6000)
    started = [spread.next() for _ in range(301)]
    assert started == [20] * 300 + [None]


def test_a_newcomers_feeds_start_at_once() -> None:
    spread = Spread()
    spread.begin(overdue=30)
    assert spread.next() == 4


async def test_a_sleep_past_many_due_times_polls_each_feed_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pipeline.scheduler.TICK_S", 0.05)
    for n in range(9):
        follow(bench, f"h{n}.example", 1)
    stop = asyncio.Event()
    service = asyncio.create_task(bench.engine().serve(stop))
    await until(bench, 9)
    bench.clock.at = START + timedelta(days=10)
    async with asyncio.timeout(10):
        while len(bench.web.secrets) < 18:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    stop.set()
    await service
    assert len(bench.web.secrets) == 18


async def test_a_service_whose_store_fails_as_the_clock_is_set_back_says_so_once_and_tries_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("crawler.pipeline.scheduler.CLOCK_LOOK_S", 0.02)
    calls, done, pull_back = list[datetime](), asyncio.Event(), bench.store.pull_back_times

    def fail_twice_a_time(now: datetime) -> None:
        calls.append(now)
        if len(calls) % 3:
            raise StoreUnwritable("no space left on the disk")
        pull_back(now)
        done.set()

    monkeypatch.setattr(bench.store, "pull_back_times", fail_twice_a_time)
    stop = asyncio.Event()
    service = asyncio.create_task(bench.engine().serve(stop))
    await asyncio.sleep(0.1)
    for times in (1, 2):
        bench.clock.at -= timedelta(days=1)
        async with asyncio.timeout(5):
            await done.wait()
        done.clear()
        assert (len(calls), caplog.text.count("no space left")) == (3 * times, times)
    stop.set()
    await service


def test_a_clock_that_is_set_back_is_noticed_and_one_that_is_adjusted_is_not() -> None:
    at = time.time()
    watch = Watch(lambda: at)
    at -= 1.0
    assert watch.set_back_s() == 0.0
    at -= 3600.0
    assert watch.set_back_s() == pytest.approx(3600, abs=1)
    at += 7200.0
    assert watch.set_back_s() == 0.0
    assert watch.set_back_s() == 0.0
