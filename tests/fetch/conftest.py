"""Fixtures of the fetch room: a loopback web, what is remembered, and fetchers that may ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fetch_web import Memory, Open, Web

from crawler.events import Event
from crawler.fetch import Fetcher
from crawler.settings import FetchSettings


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    web = Web()
    server = await asyncio.start_server(web.handle, "127.0.0.1", 0, limit=1 << 20)
    web.port = server.sockets[0].getsockname()[1]
    tasks_before = asyncio.all_tasks()
    yield web
    server.close()
    for task in asyncio.all_tasks() - tasks_before - {asyncio.current_task()}:
        task.cancel()
    await server.wait_closed()


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
async def open_fetcher(memory: Memory, events: list[Event]) -> AsyncIterator[Open]:
    """Opens fetchers that may ask loopback, retry at once, and are closed at the end."""
    async with AsyncExitStack() as stack:

        async def open_one(
            *, environ: Mapping[str, str] | None = None, contact: str = "", pauses_s: tuple[float, ...] = (0.0, 0.0),
            **settings: Any,
        ) -> Fetcher:
            chosen = {"delay_s": 0, "timeout_s": 5, "allow_private": True, **settings}
            return await stack.enter_async_context(
                Fetcher(
                    FetchSettings(**chosen), contact=contact, robots_cache=memory, host_memory=memory, observe=events.append,
                    environ=environ or {}, pauses_s=pauses_s,
                )
            )

        yield open_one


@pytest.fixture
async def fetcher(open_fetcher: Open) -> Fetcher:
    return await open_fetcher()
