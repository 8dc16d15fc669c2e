"""What hosts have asked of us: robots.txt files by origin, and holds after 429 and 503 by host."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from crawler.stores.engine import begin_write, read, upsert
from crawler.stores.schema import hosts, robots


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRobots:
    """The last answer to a request for an origin's robots.txt; `status` is None where no answer came."""

    status: int | None
    body: bytes
    fetched_at: datetime
    failing_since_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHold:
    """Until when a host is left alone, be it past or to come, and the status it said so with; None: not known."""

    until_at: datetime
    status: int | None


class Manners:
    """Kept in the database, so that neither a restart nor a second process asks again or forgets a hold."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load_robots(self, origin: str) -> StoredRobots | None:
        """What was last saved for `scheme://host[:port]`."""
        with read(self._engine) as connection:
            row = connection.execute(select(robots).where(robots.c.origin == origin)).first()
        if row is None:
            return None
        return StoredRobots(status=row.status, body=row.body, fetched_at=row.fetched_at, failing_since_at=row.failing_since_at)

    def save_robots(
        self, origin: str, *, status: int | None, body: bytes, fetched_at: datetime, failing_since_at: datetime | None = None
    ) -> None:
        """After this the origin's robots.txt is this one."""
        put = {"status": status, "body": body, "fetched_at": fetched_at, "failing_since_at": failing_since_at}
        with begin_write(self._engine) as connection:
            upsert(connection, robots, {"origin": origin}, put=put)

    def load_hold(self, host: str) -> StoredHold | None:
        """The longest hold that the host asked for last; None where it never did."""
        with read(self._engine) as connection:
            row = connection.execute(select(hosts.c.held_until_at, hosts.c.status).where(hosts.c.host == host)).first()
        return None if row is None or row.held_until_at is None else StoredHold(until_at=row.held_until_at, status=row.status)

    def hold(self, host: str, until_at: datetime, *, status: int, reason: str) -> None:
        """After this the host is left alone at least until then; a longer hold stands."""
        with begin_write(self._engine) as connection:
            before = connection.execute(select(hosts.c.held_until_at).where(hosts.c.host == host)).scalar()
            if before is None or before < until_at:
                upsert(connection, hosts, {"host": host}, put={"held_until_at": until_at, "status": status, "reason": reason})
