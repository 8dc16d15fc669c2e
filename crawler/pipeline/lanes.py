"""A lane: claims leases ahead of need, starts each when its host is free, and never parks a slot on a host that is not.

    claim ──> buffer, a queue for each host ──> slot and host free? ──> work(lease) ──> recorded
                     (bounded)                                            │
                                       hosts are free again as soon as they have answered
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from crawler.errors import StoreError
from crawler.pipeline.flow import wait_within
from crawler.urls import host_of

PATIENCE_S = 130.0  # a host that is not free for longer is held, not slow: Crawl-delay is obeyed up to 120 s
AHEAD_PER_HOST = 8  # leases claimed at once; a one-host crawl then asks the store once in so many pages
LEAST_CAPACITY = 1024  # of the buffer: 128 slow hosts with eight leases each may wait there, and others still pass
LOOK_AGAIN_S = 5.0
LEAST_LEASE = timedelta(minutes=3)  # what an item may need: three requests of 20 s, two waits of 60 s between them


class Leased(Protocol):
    """What a lane handles: a feed's or a page's lease."""

    @property
    def until_at(self) -> datetime: ...


L = TypeVar("L", bound=Leased)


class Source(Protocol[L]):
    """Where a lane's leases come from and what is done with one."""

    async def claim(self, limit: int, per_host: int, exclude_hosts: Sequence[str]) -> Sequence[L]: ...

    def url_of(self, lease: L) -> str:
        """What it will ask; an empty address for nothing at all."""

    async def work(self, lease: L, answered: Callable[[], None]) -> None:
        """Do all of one item, and record it; call `answered` when its host is done with. Hands back where cancelled."""

    async def hand_back(self, lease: L) -> None: ...


class Slots:
    """How many items may be under way at once, over all lanes."""

    def __init__(self, total: int) -> None:
        self.free = total
        self._wakes: list[Callable[[], None]] = []

    def on_free(self, wake: Callable[[], None]) -> None:
        self._wakes.append(wake)

    def take(self) -> None:
        self.free -= 1

    def give(self) -> None:
        self.free += 1
        for wake in self._wakes:
            wake()


class Lane(Generic[L]):
    """Works off what a source has due, until told to stop or until nothing is left."""

    def __init__(
        self, source: Source[L], slots: Slots, *, free_in_s: Callable[[str], float], per_host: int, most: int,
        now: Callable[[], datetime],
    ) -> None:
        self.per_host = per_host
        self.most = most  # of the slots
        self.worked = 0  # items finished
        self._source = source
        self._slots = slots
        self._free_in_s = free_in_s
        self._now = now
        self._waiting: dict[str, deque[L]] = {}
        self._buffered = 0
        self._left_out: set[str] = set()  # hosts with enough in the buffer, which the last claim passed over
        self._asking: Counter[str] = Counter()  # requests under way, by host
        self._held: dict[str, str] = {}  # host -> an address of it
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._stirred = True  # whether the store may have more that is due
        self._error: BaseException | None = None
        slots.on_free(self._changed.set)

    @property
    def in_flight(self) -> int:
        return len(self._tasks)

    @property
    def at_rest(self) -> bool:
        """Nothing is claimed, nothing under way, and the store had nothing more when last asked."""
        return not (self._tasks or self._buffered or self._stirred)

    def stir(self) -> None:
        """More may be due: ask the store again."""
        self._stirred = True
        self._changed.set()

    def wake(self) -> None:
        self._changed.set()

    async def run(self, *, stop: asyncio.Event, more: Callable[[], bool], grace_s: float) -> None:
        """Work until `stop`, or until at rest while `more()` says that nothing more will come.

        Ends with nothing claimed: what is under way has `grace_s` to end, the rest is handed back. Raises what broke the
        store; one item's failure is recorded, never raised.
        """
        self._stirred, self._error = True, None
        try:
            while not stop.is_set() and self._error is None:
                self._changed.clear()
                self._start_what_is_free()  # first what is here: only what that leaves without work is a reason to claim more
                await self._claim()
                if stop.is_set():
                    break
                wait_s = self._start_what_is_free()
                await self._hand_back_held()
                if self.at_rest and not more():
                    break
                await wait_within(self._changed, wait_s)
        finally:
            await self._drain(grace_s)
        if self._error is not None:
            raise self._error

    async def _claim(self) -> None:
        """Fill the buffer where it may leave a slot without work."""
        capacity = max(LEAST_CAPACITY, 4 * self.most)
        if not self._stirred or self._buffered >= capacity or (self._buffered > self.most and not self._slots.free):
            return
        self._stirred = False
        full = [host for host, leases in self._waiting.items() if len(leases) > AHEAD_PER_HOST // 2]
        self._left_out = set(full)
        claimed = await self._source.claim(capacity - self._buffered, AHEAD_PER_HOST, full + self._still_held())
        self._stirred = self._stirred or bool(claimed)
        for lease in claimed:
            self._waiting.setdefault(host_of(self._source.url_of(lease)), deque()).append(lease)
        self._buffered += len(claimed)

    def _still_held(self) -> list[str]:
        self._held = {host: url for host, url in self._held.items() if self._free_in_s(url) > PATIENCE_S}
        return list(self._held)

    def _start_what_is_free(self) -> float:
        """Start every lease that can start at once; the seconds until another could, without anything else happening."""
        wait_s = LOOK_AGAIN_S
        for host in list(self._waiting):
            if self._slots.free < 1 or len(self._tasks) >= self.most:
                break
            if host and self._asking[host] >= self.per_host:
                continue
            free_in_s = self._free_in_s(self._source.url_of(self._waiting[host][0])) if host else 0.0
            if free_in_s > PATIENCE_S:
                self._held[host] = self._source.url_of(self._waiting[host][0])
            elif free_in_s > 0:
                wait_s = min(wait_s, free_in_s)
            else:
                wait_s = 0 if self._start(host) else wait_s
        return wait_s

    def _start(self, host: str) -> bool:
        """Start the host's next lease; whether it has another that might start too."""
        leases = self._waiting.pop(host)
        lease = leases.popleft()
        self._buffered -= 1
        if leases:
            self._waiting[host] = leases  # at the end: hosts take turns
        if len(leases) <= AHEAD_PER_HOST // 2 and host in self._left_out:
            self._left_out.discard(host)
            self._stirred = True
        self._slots.take()
        self._asking[host] += 1
        task = asyncio.create_task(self._work(host, lease))
        self._tasks.add(task)
        return bool(leases) and (not host or self._asking[host] < self.per_host)

    async def _work(self, host: str, lease: L) -> None:
        asking = True

        def answered() -> None:
            nonlocal asking
            if asking:
                asking = False
                self._asking[host] -= 1
                if not self._asking[host]:
                    del self._asking[host]
                self._changed.set()

        try:
            if lease.until_at - self._now() < LEAST_LEASE:  # it waited too long for its host
                await self._source.hand_back(lease)
            else:
                await self._source.work(lease, answered)
        except Exception as error:
            self._error = self._error or error
        finally:
            answered()
            self.worked += 1
            self._tasks.discard(asyncio.current_task())
            self._stirred = self._stirred or not (self._tasks or self._buffered)  # some are handed out while nothing is held only
            self._slots.give()

    async def _hand_back_held(self) -> None:
        for host in [host for host in self._held if host in self._waiting]:
            await self._hand_back(self._waiting.pop(host))

    async def _hand_back(self, leases: deque[L]) -> None:
        self._buffered -= len(leases)
        for lease in leases:
            await self._source.hand_back(lease)

    async def _drain(self, grace_s: float) -> None:
        with suppress(StoreError):  # what broke the store has been raised already; the leases lapse by themselves
            for host in list(self._waiting):
                await self._hand_back(self._waiting.pop(host))
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=0 if self._error else grace_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
