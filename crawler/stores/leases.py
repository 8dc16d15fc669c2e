"""Leases: who holds a claimed row, until when, and what a late holder may write (nothing).

Every claim counts the row's token up and sets the end of its lease. Whoever records a result must name the token of the claim,
and the lease must not have been closed since; so of two holders, one of them late, only the newer writes, and only once. A
lease that lapses needs no reaper: the row can simply be claimed again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, or_, select, update

from crawler.stores.engine import AnyRow


def is_free(table: Table, now: datetime) -> ColumnElement[bool]:
    """Nobody holds the row, or nobody does any more."""
    return or_(table.c.leased_until_at.is_(None), table.c.leased_until_at <= now)


def taken(table: Table, until_at: datetime) -> dict[str, Any]:
    """The values of a row that is claimed."""
    return {"lease_token": table.c.lease_token + 1, "leased_until_at": until_at}


def held_row(connection: Connection, table: Table, id: int, token: int) -> AnyRow | None:
    """The row, where this claim still holds it; None where the holder is late."""
    wanted = select(table).where(table.c.id == id, table.c.lease_token == token, table.c.leased_until_at.is_not(None))
    return connection.execute(wanted.with_for_update()).first()


def close_lease(connection: Connection, table: Table, id: int, **values: Any) -> None:
    """Write a result; the row can be claimed again, and its last holder is late from now on."""
    connection.execute(update(table).where(table.c.id == id).values(leased_until_at=None, **values))
