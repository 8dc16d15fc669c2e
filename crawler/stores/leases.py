"""Leases: who holds a claimed row, until when, and what a late holder may write (nothing).

Every claim counts the row's token up and sets the end of its lease. Whoever records a result must name the token of the claim,
and the lease must not have been closed since; so of two holders, one of them late, only the newer writes, and only once. A
lease that lapses needs no reaper: the row can simply be claimed again.

A process that dies leaves its leases behind, and who next holds the data directory's lock frees them (`crawler.stores.recovery`).
Which of the rows it died of, if of any, nobody can say, so that all are suspects, of one death each. Below SUSPECT_AFTER
deaths that changes nothing. From there on they wait until nothing else is due or held, and are handed out in companies that
shrink with each death, until one that is handed out alone, and dies again and again, is the one. A row that came to a result is
none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, false, func, or_, select, update

from crawler.stores.engine import AnyRow

SUSPECT_AFTER = 3  # deaths: two are an operator's impatience or the system's hunger for memory
COMPANY, SHRINKING = 64, 2  # 64, 16, 4, and then one: a thousand rows held when a process died are soon told apart
MOST_DEATHS = 12  # six of them alone; 30 kills at random moments of a crawl brought no page further than 6


def is_free(table: Table, now: datetime) -> ColumnElement[bool]:
    """Nobody holds the row, or nobody does any more."""
    return or_(table.c.leased_until_at.is_(None), table.c.leased_until_at <= now)


def most_together(deaths: int) -> int:
    """How many rows of so many deaths are handed out at once, with none but such beside them."""
    return max(COMPANY >> SHRINKING * (deaths - SUSPECT_AFTER), 1)


def in_company(
    connection: Connection, table: Table, due: ColumnElement[bool], now: datetime
) -> tuple[ColumnElement[bool], int | None]:
    """Which of the due rows may be handed out together, and how many at most (None: any number)."""
    suspected = table.c.deaths >= SUSPECT_AFTER
    if connection.execute(select(table.c.id).where(due, ~suspected).limit(1)).first() is not None:
        return due & ~suspected, None
    deaths: int | None = connection.execute(select(func.min(table.c.deaths)).where(due)).scalar()
    if deaths is None or connection.execute(select(table.c.id).where(table.c.leased_until_at > now).limit(1)).first() is not None:
        return false(), None  # nothing, which need not be looked for once more
    return due & (table.c.deaths == deaths), most_together(deaths)


def taken(table: Table, until_at: datetime) -> dict[str, Any]:
    """The values of a row that is claimed."""
    return {"lease_token": table.c.lease_token + 1, "leased_until_at": until_at}


def held_row(connection: Connection, table: Table, id: int, token: int) -> AnyRow | None:
    """The row, where this claim still holds it; None where the holder is late."""
    wanted = select(table).where(table.c.id == id, table.c.lease_token == token, table.c.leased_until_at.is_not(None))
    return connection.execute(wanted.with_for_update()).first()


def close_lease(connection: Connection, table: Table, id: int, **values: Any) -> None:
    """Write a result; the row can be claimed again, and its last holder is late from now on."""
    connection.execute(update(table).where(table.c.id == id).values(leased_until_at=None, deaths=0, **values))


def hand_back(connection: Connection, table: Table, id: int, **values: Any) -> None:
    """End a claim without a result; the row can be claimed again as before."""
    connection.execute(update(table).where(table.c.id == id).values(leased_until_at=None, **values))
