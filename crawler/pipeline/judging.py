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
            if pages := await self._judge():
                judged += pages
            elif not await self._settle():
                break
        return judged

    async def what_is_due(self, stop: asyncio.Event) -> None:
        """Judge again and settle what is due by now, and leave what pages that still come in make due meanwhile."""
        while not stop.is_set() and await self._judge() == BATCH:
            pass
        while not stop.is_set() and await self._settle() == BATCH:
            pass

    async def in_idle_moments(self, *, stop: asyncio.Event, is_idle: Callable[[], bool]) -> None:
        """Look every few seconds: judge until rest when nothing else is under way, what is due once a minute when it always is."""
        clock = asyncio.get_running_loop().time
        looked_at = clock()
        while not stop.is_set():
            await wait_within(stop, PAUSE_S)
            if not stop.is_set() and is_idle():
                await self.until_rest(stop)
                looked_at = clock()
            elif not stop.is_set() and clock() - looked_at > LONGEST_PAUSE_S:
                await self.what_is_due(stop)
                looked_at = clock()

    async def _judge(self) -> int:
        pages, results = await self._desk.call(self._store.judge_due, self._now(), BATCH)
        if pages:
            self._tell(pages, results)
        return pages

    async def _settle(self) -> int:
        return await self._desk.call(self._store.settle_due, BATCH)

    def _tell(self, pages: int, results: list[RecordResult]) -> None:
        self._observe(StoriesRejudged(
            pages=pages, results=tuple(results), promoted=sum(result.outcome == "promoted" for result in results),
            merged=sum(result.outcome == "merged" for result in results),
        ))
