"""What is SQLite's own: pragmas, how a transaction begins, the full-text table, and what its errors mean."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, column, create_engine, event, func, make_url, select
from sqlalchemy.dialects.sqlite import insert as insert
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError
from sqlalchemy.types import TypeEngine

from crawler.errors import StoreBusy, StoreError, StoreUnwritable

BACKEND = "sqlite"

BUSY_MS = 30_000  # how long a command waits for the service's transaction; the longest measured takes well under a second
BUSY_PAUSE_S = 0.02
PRIMARY_CODE = 0xFF  # of an error code, whose higher bits say more
CACHE_KIB = 32_768  # of each connection; the index over 100,000 pages fits
PRAGMAS = (
    f"busy_timeout = {BUSY_MS}",  # first: the others may wait for a lock
    "journal_mode = WAL",  # readers never wait for the writer
    "synchronous = NORMAL",  # with WAL a killed process loses nothing; only a power cut may lose the last commits, never the file
    "wal_autocheckpoint = 8000",  # pages; a verdict touches a hundred, and a checkpoint writes each page it finds once
    "foreign_keys = ON",
    f"cache_size = -{CACHE_KIB}",
    "temp_store = MEMORY",
)
# A word is found with and without its accents. Rows are page ids; only canonical versions are in it.
SEARCH = "CREATE VIRTUAL TABLE search USING fts5(title, text, tokenize = 'unicode61 remove_diacritics 2')"

_NOT_WRITABLE = ("readonly", "unable to open", "disk i/o error")
_NO_DATABASE = ("not a database", "malformed")


def connect_engine(url: str) -> Engine:
    """An engine on a SQLite file, whose folder is made if it is not there. Raises StoreUnwritable."""
    if (folder := folder_of(url)) is not None:
        _make_folder(folder)
    engine = create_engine(url, pool_size=4, max_overflow=12)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "handle_error", _translate, retval=True)
    return engine


def folder_of(url: str) -> Path | None:
    """Where the file of a database lies; None where it has none, or the address is no address."""
    try:
        path = make_url(url).database
    except ArgumentError:
        return None
    return None if not path or path == ":memory:" else Path(path).parent


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnwritable(f"cannot make the folder {folder} for the database: {error.strerror}") from error


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions by itself, too late and of the wrong kind
    for pragma in PRAGMAS:
        _set(connection, pragma)


def _set(connection: sqlite3.Connection, pragma: str) -> None:
    """Where several open a new file at once, SQLite refuses the change to WAL at once, without waiting `busy_timeout`."""
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(BUSY_PAUSE_S)


@contextmanager
def references_checked_late(connection: Connection) -> Iterator[None]:
    """Let no statement on this connection mind references; set outside of a transaction, as the pragma does nothing within one."""
    bare = connection.connection.driver_connection
    assert bare is not None
    bare.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        bare.execute("PRAGMA foreign_keys = ON")


def check_references(connection: Connection) -> None:
    """Raises StoreError where a row refers to one that is not there."""
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        where = connection.engine.url.database
        raise StoreError(f"the database {where} is not whole: a row of {lost[0]} refers to one of {lost[2]} that is not there")


def listed(name: str, of: type[TypeEngine[Any]]) -> Select[tuple[Any]]:
    """The values of a list that is bound, as JSON, under `name`: however many they are, it is one statement, compiled once."""
    return select(func.json_each(bindparam(name)).table_valued(column("value", of)).c.value)


def begin(connection: Connection, *, writes: bool) -> None:
    """IMMEDIATE where the transaction writes: one that starts as a reader and then writes fails at once beside another writer.

    Said here and not in an event of the engine: an engine that has one looks for more at every statement, a quarter of its cost.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _translate(context: ExceptionContext) -> BaseException | None:
    """The store's error for what the operator can mend; None leaves the error as it is."""
    error: Any = context.original_exception
    if not isinstance(error, sqlite3.DatabaseError):
        return None
    engine = context.engine
    where = f"the database {engine.url.database}" if engine is not None else "the database"
    said = str(error).lower()
    if "is full" in said:
        return StoreUnwritable(f"no space left for {where}: free some, then run again; what was committed is safe")
    if any(words in said for words in _NOT_WRITABLE):
        return StoreUnwritable(f"cannot write {where} ({error}): check the folder's owner, its permissions and the disk")
    if any(words in said for words in _NO_DATABASE):
        return StoreUnwritable(f"{where} is damaged or no SQLite file ({error}): move it away, or name another in crawler.database")
    if "locked" in said or "busy" in said:
        return StoreBusy(f"{where} was held by another process for {BUSY_MS // 1000} s: try again when it has ended")
    return None
