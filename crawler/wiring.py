"""Which concrete parts are joined: settings in, a running engine out. The only file that knows them all.

    DataDirLock ── Store ── Desk ──┬── Fetcher (its memory of manners is the store's)
                                   ├── Workers
                                   └── Engine
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

from crawler.errors import StoreUnwritable
from crawler.events import Observer
from crawler.fetch.asking import PAUSES_S
from crawler.fetch.client import Fetcher
from crawler.fetch.ports import CachedRobots, Hold
from crawler.fetch.robots import longest_delay_s
from crawler.pipeline.desk import Desk
from crawler.pipeline.discovery import Discoverer
from crawler.pipeline.engine import Engine, utc_now
from crawler.pipeline.hub import Hub
from crawler.pipeline.ports import Clock
from crawler.pipeline.scheduler import Bell
from crawler.pipeline.workers import Workers
from crawler.settings import Settings
from crawler.stores.lock import DataDirLock
from crawler.stores.manners import Manners
from crawler.stores.sqlite import folder_of
from crawler.stores.store import Store, open_store
from crawler.urls import Sites

DATABASE = "crawler.db"
NAMES_AT_ONCE = 64  # look-ups of host names: asyncio's own six threads are blocked for seconds by a few dead domains
FINDING = ("crawler.feeds.parse", "crawler.feeds.discovery")  # what a worker process needs that extracts no articles
UNSAID_STATUS = 503  # of a hold that an older version noted
PRUNE_EVERY_S, PRUNE_FIRST_S = 86_400, 600


def open_database(settings: Settings, data_dir: Path) -> Store:
    """The store of a data directory, without its lock: for every command that may work beside a crawl.

    Made where it is not there yet. Raises SettingsError, StoreUnwritable, StoreTooNew.
    """
    url = settings.crawler.database.get_secret_value()
    if url:
        return open_store(url, settings=settings)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnwritable(f"cannot make {data_dir}: {error.strerror}; choose a --data-dir that can be written") from error
    return open_store(f"sqlite:///{data_dir.absolute() / DATABASE}", settings=settings)


def lock_database(settings: Settings, data_dir: Path, command: str) -> DataDirLock:
    """The lock on a data directory; on the folder of its database where `crawler.database` puts that elsewhere."""
    return DataDirLock(folder_of(settings.crawler.database.get_secret_value()) or data_dir, command)


@contextmanager
def alone(settings: Settings, data_dir: Path, store: Store, command: str, now: Clock = utc_now) -> Iterator[None]:
    """Hold the lock beside an open store, for a command that judges. Raises AlreadyRunning.

    Whoever takes the lock is the only one to learn that its last holder died: it tells the store, whatever else it is there for.
    """
    with lock_database(settings, data_dir, command) as lock:
        _recover(store, lock, now)
        yield


def _recover(store: Store, lock: DataDirLock, now: Clock) -> None:
    store.recover(now(), died=lock.holder_died)
    lock.death_told()


@asynccontextmanager
async def open_engine(
    settings: Settings, data_dir: Path, observe: Observer, *, command: str = "crawl", environ: Mapping[str, str] = os.environ,
    now: Clock = utc_now,
) -> AsyncIterator[Engine]:
    """An engine at work in a data directory, alone there. Raises AlreadyRunning and whatever `open_database` raises."""
    hub = Hub(observe)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(NAMES_AT_ONCE, thread_name_prefix="names"))
    with lock_database(settings, data_dir, command) as lock:
        async with _opened(settings, data_dir, lock, now) as (store, desk), Workers(_worker_count(settings)) as workers:
            manners = StoredManners(store.manners, desk)
            async with Fetcher(
                settings.fetch, contact=settings.crawler.contact, robots_cache=manners, host_memory=manners, observe=hub,
                environ=environ, site_of=Sites(settings.publishers.families).of,
            ) as fetcher:
                engine = Engine(store=store, desk=desk, fetcher=fetcher, workers=workers, settings=settings, hub=hub, now=now)
                prune = partial(_prune, store, engine)
                engine.bells = (Bell(name="prune", every_s=PRUNE_EVERY_S, first_s=PRUNE_FIRST_S, ring=prune),)
                yield engine


@asynccontextmanager
async def _opened(
    settings: Settings, data_dir: Path, lock: DataDirLock, now: Clock
) -> AsyncIterator[tuple[Store, Desk]]:
    """The store, set right, and the desk that opened it: a database that another program holds is not waited for in the loop."""
    async with Desk() as desk:
        with await desk.call(open_database, settings, data_dir) as store:
            await desk.call(_recover, store, lock, now)
            yield store, desk


@asynccontextmanager
async def open_fetcher(
    settings: Settings, store: Store, *, observe: Observer = lambda event: None, environ: Mapping[str, str] = os.environ,
    pauses_s: Sequence[float] = PAUSES_S,
) -> AsyncIterator[Fetcher]:
    """A fetcher beside a crawl: it keeps to what the store knows of robots.txt files and held hosts, and writes nothing."""
    async with Desk() as desk:
        manners = RecalledManners(store.manners, desk)
        async with Fetcher(
            settings.fetch, contact=settings.crawler.contact, robots_cache=manners, host_memory=manners, observe=observe,
            environ=environ, site_of=Sites(settings.publishers.families).of, pauses_s=pauses_s,
        ) as fetcher:
            yield fetcher


@asynccontextmanager
async def open_discoverer(
    settings: Settings, store: Store, *, environ: Mapping[str, str] = os.environ
) -> AsyncIterator[Discoverer]:
    """What finds feeds beside a crawl. A person waits for it: nothing is asked a second time."""
    async with (
        open_fetcher(settings, store, environ=environ, pauses_s=()) as fetcher,
        Workers(1, preloaded=FINDING) as workers,
    ):
        yield Discoverer(fetcher=fetcher, workers=workers, settings=settings.poll)


class StoredManners:
    """The store's memory of robots.txt files and held hosts, as the fetcher asks for it."""

    def __init__(self, manners: Manners, desk: Desk) -> None:
        self._manners = manners
        self._desk = desk

    async def load(self, origin: str) -> CachedRobots | None:
        kept = await self._desk.call(self._manners.load_robots, origin)
        if kept is None:
            return None
        return CachedRobots(
            status=kept.status, body=kept.body, fetched_at=kept.fetched_at, failing_since_at=kept.failing_since_at
        )

    async def save(self, origin: str, robots: CachedRobots) -> None:
        await self._desk.call(
            self._manners.save_robots, origin, status=robots.status, body=robots.body, fetched_at=robots.fetched_at,
            failing_since_at=robots.failing_since_at,
        )

    async def load_crawl_delay_s(self, url: str) -> float | None:
        return await longest_delay_s(url, self.load)

    async def load_hold(self, host: str) -> Hold | None:
        kept = await self._desk.call(self._manners.load_hold, host)
        return None if kept is None else Hold(until_at=kept.until_at, status=kept.status or UNSAID_STATUS)

    async def hold(self, host: str, hold: Hold, reason: str) -> None:
        await self._desk.call(self._manners.hold, host, hold.until_at, status=hold.status, reason=reason)


class RecalledManners(StoredManners):
    """The same memory, read only: the fetcher itself remembers, for as long as it lives, what it learns."""

    async def save(self, origin: str, robots: CachedRobots) -> None:
        return

    async def hold(self, host: str, hold: Hold, reason: str) -> None:
        return


async def _prune(store: Store, engine: Engine) -> None:
    """What the settings in force need not keep goes."""
    settings = engine.settings
    await engine.desk.call(
        store.pruning.prune, engine.now(), settings.store.keep_days, window_days=settings.dedup.window_days
    )


def _worker_count(settings: Settings) -> int:
    return settings.crawler.workers or len(os.sched_getaffinity(0))
