"""The door to the database: one SQLAlchemy engine, three kinds of transaction, errors in the operator's words.

    read(engine)            sees one state of the database and never waits for a writer
    begin_write(engine)     one writer at a time where the database has but one (SQLite), any number elsewhere
    begin_verdict(engine)   one at a time anywhere: two verdicts that did not see each other would make two stories of one text

What differs between databases lies in one module for each (`sqlite`); all else speaks SQLAlchemy Core.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, Table, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.types import TypeEngine

from crawler.errors import SettingsError
from crawler.stores import sqlite

AT_ONCE = 400  # values bound in one statement: SQLite builds with a limit of 999 exist

Item = TypeVar("Item")
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


def connect_engine(url: str) -> Engine:
    """An engine for a database address; nothing is read or written yet. Raises SettingsError, StoreUnwritable."""
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError as error:
        raise SettingsError("crawler.database is no database address; sqlite:////var/lib/crawler/crawler.db is one") from error
    if backend != sqlite.BACKEND:
        raise SettingsError(f"crawler.database: there is no store for {backend!r}; use sqlite:///PATH")
    return sqlite.connect_engine(url)


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database and writes nothing."""
    with engine.connect() as connection:
        sqlite.begin(connection, writes=False)
        yield connection


@contextmanager
def begin_write(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: committed at the end of the block, rolled back where the block raises."""
    with engine.begin() as connection:
        sqlite.begin(connection, writes=True)
        yield connection


@contextmanager
def begin_migration(engine: Engine) -> Iterator[Connection]:
    """A transaction in which tables may be made anew: what refers to what is checked at its end. Raises StoreError."""
    with engine.connect() as connection, sqlite.references_checked_late(connection), connection.begin():
        sqlite.begin(connection, writes=True)
        yield connection
        sqlite.check_references(connection)


@contextmanager
def begin_verdict(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes and holds the verdict lock from its first statement on."""
    with begin_write(engine) as connection:  # SQLite's one writer is the lock
        yield connection


def listed(name: str, of: type[TypeEngine[Any]]) -> Select[tuple[Any]]:
    """The values of a list that is bound under `name` as `as_list` gives it: `column.in_(listed("pages", BigInteger))`."""
    return sqlite.listed(name, of)


def as_list(values: Iterable[int] | Iterable[str]) -> str:
    """What a statement that holds `listed` is given."""
    return json.dumps(list(values))


def upsert(
    connection: Connection, table: Table, key: Mapping[str, Any], *, put: Mapping[str, Any] | None = None,
    add: Mapping[str, int] | None = None,
) -> None:
    """After this the row of `key` is there, with the columns of `put` so set and those of `add` so much greater."""
    put, add = put or {}, add or {}
    statement = sqlite.insert(table).values(**key, **put, **add)
    changes = {name: statement.excluded[name] for name in put} | {name: table.c[name] + number for name, number in add.items()}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changes))


def in_parts(items: Sequence[Item], size: int = AT_ONCE) -> Iterator[Sequence[Item]]:
    """The items in order, `size` at a time: as many as one statement may bind."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
