"""Running coroutines side by side, and ending them together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Protocol

from crawler.events import Event, FeedPolled, Observer, PageRedirected


class Wakeable(Protocol):
    def wake(self) -> None: ...


class Stirrable(Protocol):
    def stir(self) -> None: ...


async def together(*parts: Coroutine[Any, Any, None]) -> None:
    """Run all until all have ended; where one raises, the others are cancelled and its error is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(part)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed.exceptions[0].__cause__


async def wait_within(event: asyncio.Event, within_s: float) -> None:
    """Wait for the event, but no longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()


async def waking(stop: asyncio.Event, ended: asyncio.Event, *lanes: Wakeable) -> None:
    """Wake the lanes when `stop` is set; over when `ended` is."""
    waits = {asyncio.create_task(event.wait()) for event in (stop, ended)}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    for lane in lanes:
        lane.wake()


def stirred_by(pages: Stirrable) -> Observer:
    """An observer that has the pages' lane ask the store again where an event may have queued pages."""

    def observe(event: Event) -> None:
        if isinstance(event, PageRedirected) or (
            isinstance(event, FeedPolled) and (event.result.pages_queued or event.result.changed_entries)
        ):
            pages.stir()

    return observe
