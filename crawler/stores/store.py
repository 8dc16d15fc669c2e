"""The store: everything that is kept, opened as one."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sqlalchemy import Connection, Engine

from crawler.settings import Settings
from crawler.stores.engine import begin_write, connect_engine
from crawler.stores.feeds import Feeds
from crawler.stores.manners import Manners
from crawler.stores.migrating import migrate_database
from crawler.stores.pages import Pages
from crawler.stores.pruning import Pruning
from crawler.stores.reading import Reading
from crawler.stores.recovery import free_leases, pull_back_times
from crawler.stores.runs import Runs

if TYPE_CHECKING:
    from crawler.stores.anew import Anew
    from crawler.stores.articles import ArticleStore
    from crawler.stores.decisions import DecisionStore
    from crawler.stores.doubts import Doubts
    from crawler.stores.reporting import Reporting
    from crawler.stores.revisions import Revisions
    from crawler.stores.studying import Studying


class Store:
    """The parts of one database. Any thread may call any method; each is one transaction and waits for no network."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self.feeds = Feeds(engine)
        self.pages = Pages(engine, recheck_after_s=settings.recheck.after_s)
        self.manners = Manners(engine)
        self.runs = Runs(engine)
        self.reading = Reading(engine)
        self.pruning = Pruning(engine)

    @cached_property
    def articles(self) -> ArticleStore:
        """Made when it is first asked for: what verdicts import takes half a second, which most commands can do without."""
        from crawler.stores.articles import ArticleStore
        from crawler.stores.rules import rules_of

        settings = self._settings
        return ArticleStore(
            self._engine, rules=rules_of(settings), recheck_after_s=settings.recheck.after_s,
            chase_origins=settings.dedup.chase_origins,
        )

    @cached_property
    def studying(self) -> Studying:
        """Made when it is first asked for, as are all that import what verdicts do."""
        from crawler.stores.studying import Studying

        return Studying(self._engine)

    @cached_property
    def anew(self) -> Anew:
        from crawler.stores.anew import Anew

        return Anew(self._engine, self._settings)

    @cached_property
    def revisions(self) -> Revisions:
        from crawler.stores.revisions import Revisions

        return Revisions(self._engine)

    @cached_property
    def reporting(self) -> Reporting:
        from crawler.stores.reporting import Reporting

        return Reporting(self._engine)

    @cached_property
    def decisions(self) -> DecisionStore:
        """Made when it is first asked for: few commands need it."""
        from crawler.stores.decisions import DecisionStore

        return DecisionStore(self._engine)

    @cached_property
    def doubts(self) -> Doubts:
        from crawler.stores.doubts import Doubts
        from crawler.stores.rules import rules_of

        return Doubts(self._engine, rules_of(self._settings).bounds)

    def recover(self, now: datetime, *, died: bool) -> int:
        """After this nothing is leased and no time lies too far ahead; how many leases were left. Only for the lock's holder.

        `died`: the holder before was killed or crashed, perhaps by what it held.
        """
        with begin_write(self._engine) as connection:
            self._pull_back_times(connection, now)
            return free_leases(connection, now, died=died)

    def pull_back_times(self, now: datetime) -> None:
        """After this nothing rests longer than its rules have it: for a service whose clock is set back."""
        with begin_write(self._engine) as connection:
            self._pull_back_times(connection, now)

    def _pull_back_times(self, connection: Connection, now: datetime) -> None:
        settings = self._settings
        pull_back_times(connection, now, longest_poll_s=settings.poll.max_s, recheck_after_s=settings.recheck.after_s)

    def close(self) -> None:
        """After this no connection is open."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def open_store(url: str, *, settings: Settings) -> Store:
    """Open a database, made or migrated first where need be. Raises SettingsError, StoreUnwritable, StoreTooNew."""
    engine = connect_engine(url)
    try:
        migrate_database(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, settings)
