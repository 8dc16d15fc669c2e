"""What fetching needs to remember beyond one process: robots.txt files and held hosts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedRobots:
    """The last answer to a request for an origin's robots.txt.

    `status` is None where no answer came. `failing_since_at` is when the present row of 5xx answers and silences began.
    """

    status: int | None
    body: bytes
    fetched_at: datetime
    failing_since_at: datetime | None = None


class RobotsCache(Protocol):
    """Keeps robots.txt by origin (`scheme://host[:port]`)."""

    async def load(self, origin: str) -> CachedRobots | None: ...

    async def save(self, origin: str, robots: CachedRobots) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A host's wish to be left alone; `status` is what it answered."""

    until_at: datetime
    status: int


class HostMemory(Protocol):
    """Keeps until when a host has asked to be left alone, and how far apart it wants its requests."""

    async def load_hold(self, host: str) -> Hold | None: ...

    async def load_crawl_delay_s(self, url: str) -> float | None:
        """What the last known robots.txt of this address's host asks for; None where none is known, or it asks for nothing."""

    async def hold(self, host: str, hold: Hold, reason: str) -> None: ...
