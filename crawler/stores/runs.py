"""What each crawl or service run did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert, select, update

from crawler.stores.engine import begin_write, read
from crawler.stores.schema import runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`ended_at` None: it runs, or was killed."""

    id: int
    command: str
    started_at: datetime
    ended_at: datetime | None
    summary: Mapping[str, Any]


class Runs:
    """The diary of the crawler."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, command: str, now: datetime) -> int:
        """After this a run is on record; its id is returned."""
        with begin_write(self._engine) as connection:
            added = connection.execute(insert(runs).values(command=command, started_at=now, summary={}).returning(runs.c.id))
            return int(added.scalar_one())

    def finish(self, id: int, summary: Mapping[str, Any], now: datetime) -> None:
        """After this the run has ended, with this summary."""
        with begin_write(self._engine) as connection:
            connection.execute(update(runs).where(runs.c.id == id).values(ended_at=now, summary=dict(summary)))

    def latest(self, command: str | None = None) -> Run | None:
        """The run that started last, of this command where one is named."""
        wanted = select(runs).order_by(runs.c.id.desc()).limit(1)
        with read(self._engine) as connection:
            row = connection.execute(wanted if command is None else wanted.where(runs.c.command == command)).first()
        return None if row is None else Run(**row._mapping)
