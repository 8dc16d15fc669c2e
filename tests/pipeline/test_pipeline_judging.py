"""When the judge looks, and how long it stays at it."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from pipeline_fakes import START

from crawler.model import RecordResult
from crawler.pipeline import judging
from crawler.pipeline.desk import Desk
from crawler.pipeline.judging import BATCH, Judge


class Pouring:
    """A store in which, while pages pour in, three more are due after each look; `first` at the first."""

    def __init__(self, first: int, stop: asyncio.Event) -> None:
        self.judged: list[int] = []
        self.settled = 0
        self._first = first
        self._stop = stop

    def judge_due(self, now: datetime, limit: int) -> tuple[int, list[RecordResult]]:
        due, self._first = min(self._first, limit), max(self._first - limit, 3)
        self.judged.append(due)
        return due, []

    def settle_due(self, limit: int) -> int:
        self.settled += 1
        if self.settled == 2:
            self._stop.set()
        return 3


async def test_a_judge_that_is_never_idle_does_not_chase_what_keeps_falling_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "PAUSE_S", 0.01)
    monkeypatch.setattr(judging, "LONGEST_PAUSE_S", 0.0)
    stop = asyncio.Event()
    store = Pouring(2 * BATCH + 4, stop)
    async with Desk() as desk, asyncio.timeout(5):
        judge = Judge(store=store, desk=desk, observe=lambda event: None, now=lambda: START)
        await judge.in_idle_moments(stop=stop, is_idle=lambda: False)
    assert store.judged == [BATCH, BATCH, 4, 3]
    assert store.settled == 2
