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


class HostMemory(Protocol):
    """Keeps until when a host has asked to be left alone."""

    async def held_until(self, host: str) -> datetime | None: ...

    async def hold(self, host: str, until_at: datetime, reason: str) -> None: ...
