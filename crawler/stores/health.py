"""How the store stands: what is followed, what is owed, what fails and when it is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from crawler.stores.schema import articles, feeds, hosts, pages, revisions, stories

MOST_LISTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A feed or page that fails, and when it is asked again (None: it was given up)."""

    url: str
    reason: str
    failures: float
    next_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A host that asked to be left alone for a while."""

    host: str
    until_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Counts by state, and the first `MOST_LISTED` of what fails."""

    feeds: Mapping[str, int]  # by status
    feeds_due: int
    next_feed_at: datetime | None
    feeds_failing: int
    failing_feeds: tuple[Failing, ...]
    pages: Mapping[str, int]  # by state
    pages_due: int
    pages_retrying: int
    failing_pages: tuple[Failing, ...]
    holds: tuple[Hold, ...]
    stories: int
    copies: int
    revisions: int
    pages_crowded: int  # with index rows that many pages share: candidates are told apart by the others
    pages_to_judge: int  # by the next crawl, or the service


def read_health(connection: Connection, now: datetime) -> Health:
    """The whole of it, seen at `now`."""
    active = feeds.c.status == "active"
    failing = active & (feeds.c.failures > 0)
    retrying = pages.c.due_at.is_not(None) & pages.c.last_error.is_not(None)
    living = stories.c.merged_into.is_(None)
    return Health(
        feeds=_by(connection, feeds.c.status),
        feeds_due=_count(connection, active & (feeds.c.next_due_at <= now)),
        next_feed_at=connection.scalar(select(func.min(feeds.c.next_due_at)).where(active)),
        feeds_failing=_count(connection, failing),
        failing_feeds=_failing_feeds(connection, failing),
        pages=_by(connection, pages.c.state),
        pages_due=_count(connection, pages.c.due_at <= now),
        pages_retrying=_count(connection, retrying),
        failing_pages=_failing_pages(connection, or_(retrying, (pages.c.state == "failed") & pages.c.chased_at.is_(None))),
        holds=_holds(connection, now),
        stories=_count(connection, living),
        copies=_count(connection, articles.c.relation.is_not(None)),
        revisions=connection.scalar(select(func.count()).select_from(revisions)) or 0,
        pages_crowded=_count(connection, articles.c.crowded_rows > 0),
        pages_to_judge=_count(connection, articles.c.judge_due),
    )


def _by(connection: Connection, column: Any) -> dict[str, int]:
    counted = select(column.label("name"), func.count().label("number")).group_by(column).order_by(column)
    return {row.name: row.number for row in connection.execute(counted)}


def _count(connection: Connection, condition: Any) -> int:
    return connection.scalar(select(func.count()).where(condition)) or 0


def _failing_feeds(connection: Connection, condition: Any) -> tuple[Failing, ...]:
    wanted = select(feeds).where(condition).order_by(feeds.c.failures.desc(), feeds.c.url).limit(MOST_LISTED)
    return tuple(
        Failing(url=row.url, reason=row.last_error or "", failures=row.failures, next_at=row.next_due_at)
        for row in connection.execute(wanted)
    )


def _failing_pages(connection: Connection, condition: Any) -> tuple[Failing, ...]:
    wanted = select(pages).where(condition).order_by(pages.c.due_at.is_(None), pages.c.due_at, pages.c.url).limit(MOST_LISTED)
    return tuple(
        Failing(url=row.url, reason=row.last_error or row.why_due, failures=row.attempts, next_at=row.due_at)
        for row in connection.execute(wanted)
    )


def _holds(connection: Connection, now: datetime) -> tuple[Hold, ...]:
    wanted = select(hosts).where(hosts.c.held_until_at > now).order_by(hosts.c.held_until_at).limit(MOST_LISTED)
    return tuple(Hold(host=row.host, until_at=row.held_until_at, reason=row.reason) for row in connection.execute(wanted))
