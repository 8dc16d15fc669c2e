"""Pages: the addresses that are owed a verdict, claimed and given back with what became of them, but for their articles.

    LISTED            REDIRECTED ──> another page
      ^                   ^
    (poll) ──> DUE ──claim──> leased ──> DONE, FEED_ONLY      (crawler.stores.articles)
                ^               │  │        │ due again: re-checks, changed entries
                └── later ──────┘  └──────> FAILED

A page is owed something where its `due_at` is set, whatever its state.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, case, func, select, update

from crawler.model import PageLease, PageState, Validators
from crawler.stores.chasing import is_set_aside, release_origins
from crawler.stores.claiming import LONGEST_DUE, claim_pages, is_due
from crawler.stores.engine import AnyRow, begin_write, read
from crawler.stores.leases import close_lease, hand_back, held_row
from crawler.stores.rechecks import next_recheck
from crawler.stores.redirects import follow_redirect
from crawler.stores.schema import UtcTime, pages

JUDGED = (PageState.DONE.value, PageState.FEED_ONLY.value)


class Pages:
    """The queue of pages. What a holder writes whose lease has lapsed and was given to another is dropped."""

    def __init__(self, engine: Engine, *, recheck_after_s: Sequence[int]) -> None:
        self._engine = engine
        self._recheck_after_s = tuple(recheck_after_s)

    def due_count(self, now: datetime) -> int:
        """How many pages can be claimed."""
        with read(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(pages).where(is_due(now))).scalar_one()

    def due(self, now: datetime, *, limit: int, since: datetime | None = None) -> list[str]:
        """The addresses of pages that can be claimed, the longest due first; those of entries without a page are empty."""
        wanted = select(pages.c.url).where(is_due(now, since)).order_by(*LONGEST_DUE).limit(limit)
        with read(self._engine) as connection:
            return list(connection.execute(wanted).scalars())

    def next_due_at(self, now: datetime) -> datetime | None:
        """When the next page can be claimed: now at the earliest, None where nothing is owed to any."""
        ready_at = case((pages.c.leased_until_at > pages.c.due_at, pages.c.leased_until_at), else_=pages.c.due_at)
        wanted = select(func.min(ready_at, type_=UtcTime())).where(pages.c.due_at.is_not(None))
        with read(self._engine) as connection:
            first_at = connection.execute(wanted).scalar()
        return None if first_at is None else max(first_at, now)

    def claim_due(
        self, now: datetime, *, limit: int, lease_for: timedelta, per_host: int, exclude_hosts: Sequence[str] = (),
        since: datetime | None = None,
    ) -> list[PageLease]:
        """After this the pages returned are leased and their attempts counted; what never came to an end is quarantined."""
        with begin_write(self._engine) as connection:
            return claim_pages(
                connection, now, now + lease_for, limit=limit, per_host=per_host, exclude_hosts=exclude_hosts, since=since
            )

    def record_redirect(self, lease: PageLease, target_url: str, now: datetime) -> None:
        """After this the page's entries wait for the target's verdict, or the page has failed where it leads nowhere."""
        with begin_write(self._engine) as connection:
            page = held_row(connection, pages, lease.id, lease.token)
            if page is not None and (reason := follow_redirect(connection, page, target_url, now)):
                self._give_up(connection, page, reason, now)

    def record_failure(self, lease: PageLease, *, reason: str, retry_at: datetime | None, now: datetime) -> None:
        """After this the page is due again at `retry_at`, or given up where that is None; a verdict on it stands."""
        with begin_write(self._engine) as connection:
            page = held_row(connection, pages, lease.id, lease.token)
            if page is None:
                return
            if lease.chased and page.chased_at is None:
                retry_at = retry_at or now  # a feed has brought it since: it is asked as that feed spells it
            if retry_at is None:
                self._give_up(connection, page, reason, now)
            else:
                close_lease(connection, pages, page.id, due_at=retry_at, why_due=f"tried again after: {reason}", last_error=reason)

    def record_unchanged(self, lease: PageLease, *, validators: Validators, now: datetime) -> None:
        """After this the page's verdict stands confirmed, and it owes nothing before its next re-check."""
        with begin_write(self._engine) as connection:
            page = held_row(connection, pages, lease.id, lease.token)
            if page is None:
                return
            if page.state not in JUDGED:
                self._give_up(connection, page, "the server says 'not modified' of a page that it never sent", now)
                return
            told = {"etag": validators.etag, "last_modified": validators.last_modified}
            self._close_until_recheck(
                connection, page, now, rechecks=page.rechecks + 1, fetched_at=now, last_error=None,
                **{name: value for name, value in told.items() if value},
            )

    def recheck_all(self, now: datetime) -> int:
        """After this every judged page that is young enough to be re-checked is due at once; how many those are."""
        youngest_s = max(self._recheck_after_s, default=0)
        young = (pages.c.first_seen_at >= now - timedelta(seconds=youngest_s)) & ~is_set_aside()
        with begin_write(self._engine) as connection:
            made_due = connection.execute(
                update(pages).where(young, pages.c.state.in_(JUDGED), pages.c.leased_until_at.is_(None)).values(
                    due_at=now, attempts=0, why_due="all recent pages are asked again"
                )
            )
            return made_due.rowcount

    def ask_origins(self, now: datetime, limit: int) -> int:
        """After this up to `limit` pages that articles named as their origins are due; how many were made so."""
        with begin_write(self._engine) as connection:
            return release_origins(connection, now, limit)

    def release(self, lease: PageLease) -> None:
        """After this the page can be claimed again, as if it had not been."""
        with begin_write(self._engine) as connection:
            page = held_row(connection, pages, lease.id, lease.token)
            if page is not None:
                hand_back(connection, pages, page.id, attempts=max(page.attempts - 1, 0))

    def _give_up(self, connection: Connection, page: AnyRow, reason: str, now: datetime) -> None:
        if page.state in JUDGED:
            self._close_until_recheck(connection, page, now, last_error=reason)
        else:
            failed = PageState.FAILED.value
            close_lease(connection, pages, page.id, state=failed, due_at=None, why_due="", last_error=reason, fetched_at=now)

    def _close_until_recheck(self, connection: Connection, page: AnyRow, now: datetime, **values: Any) -> None:
        due_at = next_recheck(page.first_seen_at, now, self._recheck_after_s)
        why = "" if due_at is None else "asked again for corrections"
        close_lease(connection, pages, page.id, due_at=due_at, why_due=why, attempts=0, **values)
