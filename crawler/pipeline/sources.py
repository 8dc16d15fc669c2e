"""What the two lanes claim: feeds that are due for a poll, pages that are owed a verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.model import Feed, FeedId, FeedLease, FeedStatus, PageLease
from crawler.pipeline.desk import Desk
from crawler.pipeline.ingest import Ingester
from crawler.pipeline.poll import Poller
from crawler.pipeline.ports import Clock, IngestStore, PollStore

LEASE_FOR = timedelta(minutes=15)  # five times what an item may need: the rest is for waiting in a lane's buffer


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChoice:
    """Which feeds a run polls: `only` these, where given; each once whether due or not, where `not_since` is given."""

    only: Sequence[FeedId] | None = None
    not_since: datetime | None = None

    def includes(self, feed: Feed, now: datetime) -> bool:
        if feed.status is not FeedStatus.ACTIVE or (self.only is not None and feed.id not in self.only):
            return False
        return self.not_since is not None or feed.next_due_at <= now


class FeedSource:
    """`allowance` bounds how many feeds may still be started (None: no bound); it spreads what is overdue after a pause."""

    def __init__(self, *, store: PollStore, desk: Desk, poller: Poller, now: Clock, choice: FeedChoice = FeedChoice()) -> None:
        self.allowance: int | None = None
        self._store = store
        self._desk = desk
        self._poller = poller
        self._now = now
        self._choice = choice

    async def claim(self, limit: int, per_host: int, exclude_hosts: Sequence[str]) -> Sequence[FeedLease]:
        if self.allowance is not None:
            limit = min(limit, self.allowance)
        if limit < 1:
            return ()
        leases = await self._desk.call(
            self._store.claim_due, self._now(), limit=limit, lease_for=LEASE_FOR, ignore_due=self._choice.not_since is not None,
            only=self._choice.only, not_since=self._choice.not_since, exclude_hosts=exclude_hosts,
        )
        if self.allowance is not None:
            self.allowance -= len(leases)
        return leases

    def url_of(self, lease: FeedLease) -> str:
        return lease.feed.url

    async def work(self, lease: FeedLease, answered: Callable[[], None]) -> None:
        await self._poller.poll_feed(lease, answered)

    async def hand_back(self, lease: FeedLease) -> None:
        await self._desk.call(self._store.release, lease)


class PageSource:
    """`limit` bounds how many pages a run takes up; `since` leaves out pages first seen before."""

    def __init__(
        self, *, store: IngestStore, desk: Desk, ingester: Ingester, now: Clock, limit: int | None = None,
        since: datetime | None = None,
    ) -> None:
        self._store = store
        self._desk = desk
        self._ingester = ingester
        self._now = now
        self._left = limit
        self._since = since

    async def claim(self, limit: int, per_host: int, exclude_hosts: Sequence[str]) -> Sequence[PageLease]:
        if self._left is not None:
            limit = min(limit, self._left)
        if limit < 1:
            return ()
        leases = await self._desk.call(
            self._store.claim_due, self._now(), limit=limit, lease_for=LEASE_FOR, per_host=per_host, exclude_hosts=exclude_hosts,
            since=self._since,
        )
        if self._left is not None:
            self._left -= len(leases)
        return leases

    def url_of(self, lease: PageLease) -> str:
        """Empty where nothing is to be fetched: then no host is waited for."""
        return "" if lease.text_only else lease.url

    async def work(self, lease: PageLease, answered: Callable[[], None]) -> None:
        await self._ingester.ingest_page(lease, answered)

    async def hand_back(self, lease: PageLease) -> None:
        if self._left is not None:
            self._left += 1
        await self._desk.call(self._store.release, lease)
