"""What people decided, as it is stored: read, brought up to date, carried over when pages go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, bindparam, func, insert, or_, select, update

from crawler.dedup.deciding import Bundles, Saying, Says, bundles_of, in_force
from crawler.model import PageId, StoryId
from crawler.stores.engine import in_parts
from crawler.stores.schema import AnyRow, decided_pairs, decisions
from crawler.stores.views import Decision

_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_TOUCHING = select(decided_pairs.c.decision_id).where(
    decided_pairs.c.in_force, or_(decided_pairs.c.low.in_(_MANY), decided_pairs.c.high.in_(_MANY))
)
_SET_FORCE = (
    update(decided_pairs)
    .where(
        decided_pairs.c.decision_id == bindparam("of"), decided_pairs.c.low == bindparam("one"),
        decided_pairs.c.high == bindparam("other"),
    )
    .values(in_force=bindparam("stands"))
)


def read_decisions(connection: Connection, *, on: Collection[PageId] | None = None) -> list[Decision]:
    """All decisions, the last first; `on` narrows to those in force on one of these pages."""
    if on is None:
        return [_decision(row) for row in connection.execute(_decision_select())]
    ids = {id for part in in_parts(list(on)) for id in connection.execute(_TOUCHING, {"many": part}).scalars()}
    return [_decision(row) for row in connection.execute(_decision_select().where(decisions.c.id.in_(ids)))] if ids else []


def read_decision(connection: Connection, id: int) -> Decision | None:
    row = connection.execute(_decision_select().where(decisions.c.id == id)).first()
    return None if row is None else _decision(row)


def _decision_select() -> Select[Any]:
    standing = (
        select(func.count()).where(decided_pairs.c.decision_id == decisions.c.id, decided_pairs.c.in_force).scalar_subquery()
    )
    return select(decisions, standing.label("standing")).order_by(decisions.c.id.desc())


def _decision(row: AnyRow) -> Decision:
    return Decision(
        id=row.id,
        verb=row.verb,
        created_at=row.created_at,
        undone_at=row.undone_at,
        in_force=row.undone_at is None and row.standing > 0,
        stories=tuple(map(StoryId, row.subject["stories"])),
        urls=tuple(row.subject["urls"]),
        note=row.note,
    )


def read_bundles(connection: Connection) -> Bundles:
    """Who is together and who apart by the decisions in force."""
    return bundles_of(map(_saying, connection.execute(select(decided_pairs).where(decided_pairs.c.in_force))))


def renew_force(connection: Connection) -> set[PageId]:
    """After this exactly what no later decision contradicts is in force; the pages for which that changed something."""
    rows = connection.execute(
        select(decided_pairs, decisions.c.undone_at).join(decisions, decisions.c.id == decided_pairs.c.decision_id)
    ).all()
    standing = in_force([_saying(row) for row in rows if row.undone_at is None])
    changed = [row for row in rows if row.in_force != (row.undone_at is None and _saying(row) in standing)]
    if changed:
        connection.execute(
            _SET_FORCE,
            [{"of": row.decision_id, "one": row.low, "other": row.high, "stands": not row.in_force} for row in changed],
        )
    return {PageId(page) for row in changed for page in (row.low, row.high)}


def add_sayings(connection: Connection, sayings: Iterable[Saying]) -> None:
    rows = [
        {"decision_id": said.decision, "low": said.low, "high": said.high, "says": said.says.value, "in_force": True}
        for said in sayings
    ]
    if rows:
        connection.execute(insert(decided_pairs), rows)


def carry_over(connection: Connection, going: Sequence[PageId]) -> None:
    """Before pages go: what was decided of one holds of another that it is together with."""
    if connection.execute(_TOUCHING.limit(1), {"many": going}).first() is None:
        return
    sayings = [_saying(row) for row in connection.execute(select(decided_pairs).where(decided_pairs.c.in_force))]
    bundles, gone = bundles_of(sayings), set(going)
    heirs = {page: min(set(bundles.of(page)) - gone, default=None) for page in going}
    known, carried = {(said.decision, said.low, said.high) for said in sayings}, set[Saying]()
    for said in sayings:
        low, high = heirs.get(said.low, said.low), heirs.get(said.high, said.high)
        if low is None or high is None or low == high or said.says not in (Says.TOGETHER, Says.APART):
            continue
        heir = Saying(said.decision, min(low, high), max(low, high), said.says)
        if (heir.decision, heir.low, heir.high) not in known:
            carried.add(heir)
    add_sayings(connection, carried)


def _saying(row: AnyRow) -> Saying:
    return Saying(row.decision_id, PageId(row.low), PageId(row.high), Says(row.says))
