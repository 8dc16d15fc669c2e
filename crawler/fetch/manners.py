"""Whose turn it is: how many requests a host gets at once, how far apart, and when it wants none.

A host (name) has `fetch.per_host` slots and may be held. Between two starts at a site (registrable domain) lie
`fetch.delay_s` seconds, or the host's robots.txt Crawl-delay if that is longer; at an address, `fetch.delay_s`: a robots.txt
speaks for its own host (RFC 9309 §2.3), not for its neighbours on a shared machine. A name is looked up before its first turn,
so that two new hosts of one machine do not start together; loopback and what a proxy stands before are spaced by site alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from types import TracebackType
from urllib.parse import urlsplit

from crawler.errors import BadResponse
from crawler.fetch.ports import Hold, HostMemory
from crawler.settings import FetchSettings

MAX_CRAWL_DELAY_S = 120.0  # 12.6 % of robots.txt ask for one, up to a day; CC-NEWS honours as much (network.md §3, §4)
MAX_WAIT_S = 60.0  # a longer hold is not waited for (DESIGN.md)
BUSY_S = 0.05  # what is said of a host whose slots are all taken: soon, nobody knows when
REMEMBERED = 50_000  # hosts and sites; beyond it those at rest are forgotten


@dataclass(slots=True, eq=False)
class _Host:
    slots: asyncio.Semaphore
    site: str
    in_hand: int = 0  # turns waited for or taken
    delay_s: float = 0.0
    held_until: float = 0.0  # on the steady clock
    held_status: int = 503
    address: str | None = None
    is_recalled: bool = False  # whether the memory has been asked about it
    is_delay_known: bool = False  # from its robots.txt, which was read since


Locate = Callable[[str], Awaitable[str | None]]  # of a URL, the IP address; None behind a proxy, and where it is not to be had


async def _nowhere(url: str) -> None:
    return None


def host_in(url: str) -> str:
    return urlsplit(url).hostname or ""


class Manners:
    """The turns of one process. `memory` carries holds over restarts; `locate` tells where an address would be connected."""

    def __init__(
        self, settings: FetchSettings, site_of: Callable[[str], str], memory: HostMemory, locate: Locate = _nowhere,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._site_of = site_of
        self._memory = memory
        self._locate = locate
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._free_at: dict[str, float] = {}  # of a site or an address: when the next start is due

    def turn(self, url: str) -> Turn:
        """The right to make one request to the address's host: `async with manners.turn(url) as turn`."""
        return Turn(self, url, self._host(host_in(url)))

    def free_in_s(self, url: str) -> float:
        """Seconds until a request to this host could start, 0.0 for at once."""
        name = host_in(url)
        host = self._hosts.get(name)
        if host is None:
            wait = self._free_at.get(self._site_of(name), 0.0) - self._clock() if self._free_at else 0.0
            return max(0.0, wait)
        wait = max(host.held_until, self._start_at(host)) - self._clock()
        return max(0.0 if host.in_hand < self._settings.per_host else BUSY_S, wait)

    def slow_down(self, url: str, crawl_delay_s: float | None) -> None:
        """Space the host's starts by its Crawl-delay where that is longer than ours; nothing makes them closer."""
        host = self._host(host_in(url))
        host.delay_s, host.is_delay_known = max(self._settings.delay_s, min(crawl_delay_s or 0.0, MAX_CRAWL_DELAY_S)), True

    async def hold(self, url: str, for_s: float, status: int) -> None:
        """Leave the whole host alone for a while: it said so by `status`, 429 or 503."""
        name = host_in(url)
        host = self._host(name)
        if self._clock() + for_s > host.held_until:
            host.held_until, host.held_status = self._clock() + for_s, status
        until_at = datetime.now(UTC) + timedelta(seconds=for_s)
        await self._memory.hold(name, Hold(until_at=until_at, status=status), f"it answered {status}: {for_s:.0f} s of rest")

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            self._forget_resting()
            slots = asyncio.Semaphore(self._settings.per_host)
            host = self._hosts[name] = _Host(slots, self._site_of(name), delay_s=self._settings.delay_s)
        return host

    def _forget_resting(self) -> None:
        now = self._clock()
        if len(self._free_at) > REMEMBERED:
            self._free_at = {key: at for key, at in self._free_at.items() if at > now}
        if len(self._hosts) > REMEMBERED:
            self._hosts = {name: host for name, host in self._hosts.items() if host.in_hand or host.held_until > now}

    def _start_at(self, host: _Host) -> float:
        if not self._free_at:
            return 0.0
        of_site = self._free_at.get(host.site, 0.0)
        return max(of_site, self._free_at.get(host.address, 0.0)) if host.address else of_site

    def _space(self, key: str, at: float) -> None:
        if at > self._free_at.get(key, 0.0):
            self._free_at[key] = at

    async def _recall(self, url: str, host: _Host) -> None:
        """What was known of the host before this process; feeds are polled without a look at robots.txt, but by its delay."""
        if not host.is_recalled:
            hold = await self._memory.load_hold(host_in(url))
            delay_s = None if host.is_delay_known else await self._memory.load_crawl_delay_s(url)
            if not host.is_delay_known:
                self.slow_down(url, delay_s)
            host.is_recalled = True
            if hold is not None:
                until = self._clock() + (hold.until_at - datetime.now(UTC)).total_seconds()
                if until > host.held_until:
                    host.held_until, host.held_status = until, hold.status

    async def _find(self, url: str, host: _Host) -> None:
        """Note the address of a host that is new here, where spacing needs it."""
        if host.address is None and self._settings.delay_s > 0:
            address = await self._locate(url)
            host.address = host.address or _spaced(address)

    async def _wait(self, url: str, host: _Host) -> float:
        """Return when the request may start, with the time it does; its successor is spaced from then on."""
        while True:
            now = self._clock()
            rest_s = host.held_until - now
            if rest_s > MAX_WAIT_S:
                raise _held(url, host, rest_s)
            start_at = max(now, host.held_until, self._start_at(host))
            if start_at <= now:
                break
            self._reserve(host, start_at)
            await asyncio.sleep(start_at - now)
            if host.held_until <= start_at:
                return start_at
        self._reserve(host, now)
        return now

    def _reserve(self, host: _Host, start_at: float) -> None:
        if host.delay_s > 0:
            self._space(host.site, start_at + host.delay_s)
            if host.address:
                self._space(host.address, start_at + self._settings.delay_s)


@dataclass(slots=True)
class Turn:
    """One request's place; left by `async with`, whatever happens."""

    _manners: Manners
    _url: str
    _host: _Host
    _started_at: float = field(default=0.0)

    async def __aenter__(self) -> Turn:
        """Raises BadResponse with `retry_after_s` where the host is held for longer than a minute."""
        self._host.in_hand += 1
        try:
            await self._manners._recall(self._url, self._host)
            await self._host.slots.acquire()
            try:
                await self._manners._find(self._url, self._host)
                self._started_at = await self._manners._wait(self._url, self._host)
            except BaseException:
                self._host.slots.release()
                raise
        except BaseException:
            self._host.in_hand -= 1
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._host.in_hand -= 1
        self._host.slots.release()

    def connected_to(self, address: str | None) -> None:
        """Space by this address too, from the start of this request on; None: somebody else connected."""
        if address == self._host.address or (spaced := _spaced(address)) is None:
            return
        self._host.address = spaced
        self._manners._space(spaced, self._started_at + self._manners._settings.delay_s)


def _spaced(address: str | None) -> str | None:
    """The address, None where requests to it are not to be spaced."""
    return None if address is None or ip_address(address.partition("%")[0]).is_loopback else address


def _held(url: str, host: _Host, rest_s: float) -> BadResponse:
    message = f"{url}: its host asked to be left alone ({host.held_status}), {rest_s:.0f} s are left"
    return BadResponse(message, url=url, status=host.held_status, retry_after_s=rest_s, transient=True)
