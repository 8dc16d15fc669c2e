"""The judge's lane: pages whose site's chrome became known are judged again, and settled stories keep their copies as differences.

A verdict sets this off step by step (chrome counts from a site's third document, then with every further 3 %), so judging at
once would judge one page many times over. While pages pour in it is done in idle moments; a crawl ends when it has come to rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from crawler.events import Observer, StoriesRejudged
from crawler.model import RecordResult
from crawler.pipeline.desk import Desk
from crawler.pipeline.flow import wait_within
from crawler.pipeline.ports import Clock, JudgeStore

BATCH = 50  # pages judged in one turn of the writer thread: a fraction of a second
PAUSE_S = 5.0  # between two looks while pages come in
LONGEST_PAUSE_S = 60.0  # where pages never cease to come in


class Judge:
    def __init__(self, *, store: JudgeStore, desk: Desk, observe: Observer, now: Clock) -> None:
        self._store = store
        self._desk = desk
        self._observe = observe
        self._now = now

    async def until_rest(self, stop: asyncio.Event) -> int:
        """Judge again and settle until nothing is due or `stop` is set; the number of pages judged."""
        judged = 0
        while not stop.is_set():
            pages, results = await self._desk.call(self._store.judge_due, self._now(), BATCH)
            if pages:
                judged += pages
                self._tell(pages, results)
            elif not await self._desk.call(self._store.settle_due, BATCH):
                break
        return judged

    async def in_idle_moments(self, *, stop: asyncio.Event, is_idle: Callable[[], bool]) -> None:
        """Look every few seconds, and judge where nothing more pressing is under way, or has been put off for a minute."""
        looked_at = asyncio.get_running_loop().time()
        while not stop.is_set():
            await wait_within(stop, PAUSE_S)
            now = asyncio.get_running_loop().time()
            if not stop.is_set() and (is_idle() or now - looked_at > LONGEST_PAUSE_S):
                await self.until_rest(stop)
                looked_at = asyncio.get_running_loop().time()

    def _tell(self, pages: int, results: list[RecordResult]) -> None:
        self._observe(StoriesRejudged(
            pages=pages, results=tuple(results), promoted=sum(result.outcome == "promoted" for result in results),
            merged=sum(result.outcome == "merged" for result in results),
        ))
