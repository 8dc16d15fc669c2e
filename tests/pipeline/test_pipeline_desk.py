"""The desk waits for a database that another program holds, as long as it has patience."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from crawler.errors import StoreBusy
from crawler.pipeline.desk import Desk


class Held:
    """A store whose database is held for a while; each call waits for a moment before it gives up."""

    def __init__(self, times: int, waits_s: float = 0.05) -> None:
        self.times = times
        self.waits_s = waits_s
        self.knocks = 0

    def method(self, number: int) -> int:
        self.knocks += 1
        if self.times:
            self.times -= 1
            time.sleep(self.waits_s)
            raise StoreBusy("held by another process")
        return number


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr("crawler.pipeline.desk.PAUSE_S", 0.02)
    monkeypatch.setattr("crawler.pipeline.desk.SOON_S", 0.01)
    async with Desk() as desk:
        yield desk


async def test_without_patience_the_stores_own_wait_is_all(desk: Desk) -> None:
    with pytest.raises(StoreBusy):
        await desk.call(Held(1).method, 1)


async def test_those_behind_one_that_was_turned_away_do_not_wait_as_long_each(desk: Desk) -> None:
    held = Held(100)
    answers = await asyncio.gather(*(desk.call(held.method, number) for number in range(100)), return_exceptions=True)
    assert all(isinstance(answer, StoreBusy) for answer in answers)
    assert held.knocks == 1


async def test_with_patience_every_call_is_answered_in_the_end(desk: Desk) -> None:
    desk.patience_s = 60
    held = Held(5)
    assert await asyncio.gather(*(desk.call(held.method, number) for number in range(20))) == list(range(20))


async def test_patience_has_an_end(desk: Desk) -> None:
    desk.patience_s = 0.2
    with pytest.raises(StoreBusy):
        await desk.call(Held(1000, waits_s=0.001).method, 1)


async def test_who_is_told_to_stop_waits_no_longer(desk: Desk) -> None:
    desk.patience_s = 3600
    waiting = asyncio.create_task(desk.call(Held(1000).method, 1))
    await asyncio.sleep(0.1)
    desk.patience_s = 0
    async with asyncio.timeout(2):
        with pytest.raises(StoreBusy):
            await waiting


async def test_one_who_waits_may_be_cancelled(desk: Desk) -> None:
    desk.patience_s = 3600
    waiting = asyncio.create_task(desk.call(Held(1000).method, 1))
    await asyncio.sleep(0.1)
    waiting.cancel()
    async with asyncio.timeout(2):
        with pytest.raises(asyncio.CancelledError):
            await waiting
