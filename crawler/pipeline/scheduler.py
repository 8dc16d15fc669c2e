"""The service: APScheduler rings the bells, the database knows what is due.

A bell does nothing itself but stir a lane, so that a missed one costs seconds; the trackers of running work are the lanes, as
APScheduler's executor cancels what runs when it shuts down. What fell due while nothing ran is spread over ten minutes.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from crawler.errors import StoreError
from crawler.events import Event
from crawler.pipeline.flow import stirred_by, together, wait_within, waking
from crawler.pipeline.sources import FeedChoice
from crawler.pipeline.summary import RunSummary

if TYPE_CHECKING:
    from crawler.pipeline.engine import Engine

log = logging.getLogger(__name__)

TICK_S = 2  # far below any interval: a tick as long as the interval makes it twice as long (Miniflux #2201)
DAY_S = 86_400
ORIGINS_S, ORIGINS_AT_ONCE = 900, 50  # 200 in an hour, spread
PAUSE_S = 60.0  # a gap between two ticks beyond this is a pause: stopped, asleep, or its clock set forward
SPREAD_TICKS = 300  # ten minutes
LEAST_STARTED = 4  # feeds a tick, so that a newcomer's thirty feeds are polled in a quarter of a minute
GRACE_S = 25.0  # of the 30 s in which SIGTERM is answered
PATIENCE_S = 3600.0  # with a database that another program holds; a service manager's restarts would help no more
CLOCK_LOOK_S = 10.0
CLOCK_JUMP_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """Something else that is to be done every so often, as wiring ties it: publishing, pruning."""

    name: str
    every_s: int
    ring: Callable[[], Coroutine[Any, Any, None]]
    first_s: int | None = None  # after the start: what a service restarted daily would else never come to; None: after `every_s`


class Spread:
    """How many feeds may be started at each tick after a pause; None when there is no bound any more."""

    def __init__(self) -> None:
        self._share = 0
        self._ticks = SPREAD_TICKS

    def begin(self, overdue: int) -> None:
        self._share, self._ticks = max(LEAST_STARTED, math.ceil(overdue / SPREAD_TICKS)), 0

    def next(self) -> int | None:
        self._ticks += 1
        return self._share if self._ticks <= SPREAD_TICKS else None


class Watch:
    """Looks from time to time whether a clock was set back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead_s = self._look()

    def set_back_s(self) -> float:
        """By how much it was, since this was last asked; 0.0 for what may be its adjusting."""
        before_s, self._ahead_s = self._ahead_s, self._look()
        back_s = before_s - self._ahead_s
        return back_s if back_s > CLOCK_JUMP_S else 0.0

    def _look(self) -> float:
        return self._clock() - time.monotonic()


class Service:
    """One run of the service; each day of it is a run of its own in the store, so that what is remembered of it stays small."""

    def __init__(self, engine: Engine, bells: tuple[Bell, ...] = ()) -> None:
        self._engine = engine
        self._bells = bells
        self._summary = RunSummary(started_at=engine.now())
        self._run = 0
        self._spread = Spread()
        self._ticked_at: datetime | None = None
        self._feeds, self._pages, self._source = engine.lanes(FeedChoice())
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )

    async def run(self, stop: asyncio.Event) -> RunSummary:
        """Serve until `stop`; drained within 30 s. Raises StoreError."""
        ended = asyncio.Event()
        self._engine.desk.patience_s = PATIENCE_S
        await self._begin_run()
        self._source.allowance = 0
        await self._tick()
        self._hang_bells()
        self._scheduler.start()
        try:
            with self._engine.hub.also(self._observe), self._engine.hub.also(stirred_by(self._pages)):
                await together(
                    self._lanes(stop, ended), self._mind_the_clock(ended), waking(stop, ended, self, self._feeds, self._pages),
                    self._engine.judge.in_idle_moments(stop=ended, is_idle=lambda: not (self._pages.in_flight or stop.is_set())),
                )
        finally:
            self._scheduler.shutdown(wait=False)
            await self._end_run()
        return self._summary

    def wake(self) -> None:
        """Told to stop: from now on nobody waits for a database that is held."""
        self._engine.desk.patience_s = 0.0

    async def _lanes(self, stop: asyncio.Event, ended: asyncio.Event) -> None:
        await together(
            self._feeds.run(stop=stop, more=lambda: True, grace_s=GRACE_S),
            self._pages.run(stop=stop, more=lambda: True, grace_s=GRACE_S),
        )
        ended.set()

    def _hang_bells(self) -> None:
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)  # it warns of every ring while one still goes on
        own = (Bell(name="poll", every_s=TICK_S, ring=self._tick), Bell(name="ingest", every_s=TICK_S, ring=self._stir_pages),
               Bell(name="origins", every_s=ORIGINS_S, ring=self._ask_origins),
               Bell(name="day", every_s=DAY_S, ring=self._turn_over))
        for bell in (*own, *self._bells):
            first_at = datetime.now(UTC) + timedelta(seconds=bell.every_s if bell.first_s is None else bell.first_s)
            ring = partial(self._ring, bell)
            self._scheduler.add_job(ring, "interval", seconds=bell.every_s, id=bell.name, name=bell.name, next_run_time=first_at)

    async def _ring(self, bell: Bell) -> None:
        """What the store cannot do now is done at the next ring; a lane that cannot go on without it ends the service."""
        try:
            await bell.ring()
        except StoreError as error:
            log.warning("%s: %s", bell.name, error)

    async def _tick(self) -> None:
        """Let the feeds' lane look for what is due, as many as may be started."""
        now = self._engine.now()
        if self._ticked_at is None or (now - self._ticked_at).total_seconds() > PAUSE_S:
            everything = await self._engine.desk.call(self._engine.store.feeds.all)
            self._spread.begin(sum(FeedChoice().includes(feed, now) for feed in everything))
        self._ticked_at = now
        self._source.allowance = self._spread.next()
        self._feeds.stir()

    async def _stir_pages(self) -> None:
        self._pages.stir()

    async def _ask_origins(self) -> None:
        if await self._engine.ask_origins(ORIGINS_AT_ONCE):
            self._pages.stir()

    async def _turn_over(self) -> None:
        await self._end_run()
        self._summary = RunSummary(started_at=self._engine.now())
        await self._begin_run()

    async def _begin_run(self) -> None:
        self._run = await self._engine.desk.call(self._engine.store.runs.start, "serve", self._summary.started_at)

    async def _end_run(self) -> None:
        self._summary.ended_at = self._engine.now()
        await self._engine.desk.call(self._engine.store.runs.finish, self._run, self._summary.as_json(), self._summary.ended_at)

    def _observe(self, event: Event) -> None:
        self._summary.observe(event)

    async def _mind_the_clock(self, ended: asyncio.Event) -> None:
        """Where the clock is set back, pull back what rests until it catches up: feeds, pages, and the bells themselves."""
        ours, of_bells = Watch(lambda: self._engine.now().timestamp()), Watch(time.time)
        is_owed = is_told = False  # what the store could not do at one look is done at a later one, and told once
        while not ended.is_set():
            await wait_within(ended, CLOCK_LOOK_S)
            if back_s := of_bells.set_back_s():
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=job.next_run_time - timedelta(seconds=back_s))
            is_owed = ours.set_back_s() > 0 or is_owed
            if not is_owed:
                continue
            try:
                await self._engine.desk.call(self._engine.store.pull_back_times, self._engine.now())
                is_owed = is_told = False
            except StoreError as error:
                if not is_told:
                    log.warning("clock: what is due is not pulled back yet: %s", error)
                is_told = True
