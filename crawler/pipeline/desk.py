"""The one thread that every store method is called in: SQLite has one writer, and a transaction never meets the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


class Desk:
    """An async context manager; `await desk.call(store.feeds.all)` runs the method in its turn."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await asyncio.to_thread(self._thread.shutdown)

    async def call(self, method: Callable[Asked, Answer], *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """What the method returns. A cancelled caller is told only when the method has ended: nothing is left half known."""
        done = asyncio.get_running_loop().run_in_executor(self._thread, partial(method, *args, **kwargs))
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait([done])
            if done.done() and not done.cancelled():
                done.exception()
            raise
