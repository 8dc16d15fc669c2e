"""The one thread that every store method is called in: SQLite has one writer, and a transaction never meets the event loop.

A database that another program holds is waited for by the store itself, half a minute long. A desk may have more patience: a
service should outlive somebody's backup. Meanwhile one call at a time knocks, and those behind it are turned away without waiting
half a minute each.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from crawler.errors import StoreBusy

log = logging.getLogger(__name__)

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

PAUSE_S = 1.0  # before a call that was turned away comes again
SOON_S = 0.5  # nobody knocks within this after one was turned away
SOON_IN_HASTE_S = 5.0  # nor within this where nobody will wait: what is to be handed back at the end comes to nothing at once


class Desk:
    """An async context manager; `await desk.call(store.feeds.all)` runs the method in its turn."""

    def __init__(self) -> None:
        self.patience_s = 0.0  # beyond the store's own, for a database that another program holds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._busy: StoreBusy | None = None  # the last answer, where it was that
        self._busy_at = 0.0
        self._busy_since = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.to_thread(self._thread.shutdown)

    async def call(self, method: Callable[Asked, Answer], *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """What the method returns. A cancelled caller is told only when the method has ended: nothing is left half known.

        Raises StoreBusy when patience is at its end.
        """
        task = partial(method, *args, **kwargs)
        while True:
            try:
                return await self._turn(task)
            except StoreBusy:
                if time.monotonic() - self._busy_since >= self.patience_s:
                    raise
            await asyncio.sleep(PAUSE_S)

    async def _turn(self, task: Callable[[], Answer]) -> Answer:
        done = asyncio.get_running_loop().run_in_executor(self._thread, self._knock, task)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait([done])
            if done.done() and not done.cancelled():
                done.exception()
            raise

    def _knock(self, task: Callable[[], Answer]) -> Answer:
        """Run a task in the thread, unless the one before it was turned away a moment ago."""
        asked_at = time.monotonic()
        if self._busy is not None and asked_at - self._busy_at < (SOON_S if self.patience_s else SOON_IN_HASTE_S):
            raise StoreBusy(str(self._busy))
        try:
            answer = task()
        except StoreBusy as error:
            if self._busy is None:
                self._busy_since = asked_at
                log.log(logging.WARNING if self.patience_s else logging.DEBUG, "%s; waiting on", error)
            self._busy, self._busy_at = error, time.monotonic()
            raise
        if self._busy is not None:
            log.warning("the database is free again, after %.0f s", time.monotonic() - self._busy_since)
            self._busy = None
        return answer
