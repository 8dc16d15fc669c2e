"""What is set right before a run begins: leases that its predecessor left, and times that a clock wrote which ran ahead of ours.

Only the holder of the data directory's lock may do this: then whoever holds a lease is gone. A predecessor that ended by itself
(the disk was full, say) had its reasons; one that died may have died of a row that it held: that is counted (see `leases`).

A clock that was ahead and is set back leaves times to come that mean the past: a feed polled next year would rest till then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, case, literal, or_, select, update

from crawler.model import PageState
from crawler.polling import DAY_S, LONG_SILENCE_S
from crawler.stores.engine import AnyRow
from crawler.stores.leases import MOST_DEATHS
from crawler.stores.schema import UtcTime, entries, feeds, hosts, pages

DAY = timedelta(days=1)
DEADLY_FOR = DAY  # a feed that processes die of is asked for so seldom
JITTERED = 1.1  # what is waited at most, of what was to be waited
LONGEST_HOLD = DAY  # what a Retry-After can ask for
_SET_TIMES = update(feeds).where(feeds.c.id == bindparam("feed")).values(
    next_due_at=bindparam("due"), last_polled_at=bindparam("polled"), why_due="The clock was set back since its last poll."
)


def free_leases(connection: Connection, now: datetime, *, died: bool) -> int:
    """After this nothing is leased, and no page has spent an attempt on it; how many leases there were."""
    dead = int(died)
    spared = case((pages.c.attempts > 0, pages.c.attempts - 1), else_=0)
    if died:
        _rest_deadly_feeds(connection, now)
    of_feeds = update(feeds).where(feeds.c.leased_until_at.is_not(None)).values(leased_until_at=None, deaths=feeds.c.deaths + dead)
    of_pages = update(pages).where(pages.c.leased_until_at.is_not(None)).values(
        leased_until_at=None, deaths=pages.c.deaths + dead, attempts=spared
    )
    return connection.execute(of_feeds).rowcount + connection.execute(of_pages).rowcount


def _rest_deadly_feeds(connection: Connection, now: datetime) -> None:
    """Put off feeds that one more process died of; only then, else a crawl a day would put them off each time, and never ask."""
    reason = f"{MOST_DEATHS} processes ended while they polled it"
    deadly = update(feeds).where(
        feeds.c.leased_until_at.is_not(None), feeds.c.deaths + 1 >= MOST_DEATHS, feeds.c.next_due_at <= now
    )
    connection.execute(deadly.values(next_due_at=now + DEADLY_FOR, last_error=reason, why_due=f"Asked once a day: {reason}."))


def pull_back_times(connection: Connection, now: datetime, *, longest_poll_s: float, recheck_after_s: Sequence[int]) -> None:
    """After this nothing rests longer than its rules have it, whatever the clock said when they were applied."""
    longest_wait = max(DAY, timedelta(seconds=max(recheck_after_s, default=0))) + DAY
    if _pull_back_feeds(connection, now, longest_poll_s) or _is_a_page_due_after(connection, now + longest_wait):
        _pull_back_pages(connection, now, longest_wait, first_recheck=timedelta(seconds=min(recheck_after_s, default=0)))
        connection.execute(update(entries).where(entries.c.last_seen_at > now).values(last_seen_at=now))
        for past in (feeds.c.last_ok_at, feeds.c.whole_at, feeds.c.distrusted_at):
            connection.execute(update(feeds).where(past > now).values({past: now}))
    latest = now + LONGEST_HOLD
    connection.execute(update(hosts).where(hosts.c.held_until_at > latest).values(held_until_at=latest))


def _pull_back_pages(connection: Connection, now: datetime, longest_wait: timedelta, first_recheck: timedelta) -> None:
    """What was never read is due at once; what was, as if it had been seen first just now: rechecks are counted from that."""
    is_unread, is_far = pages.c.state == PageState.DUE.value, pages.c.due_at > now + longest_wait
    lost = or_(is_unread & (pages.c.attempts == 0) & (pages.c.due_at > now), is_far)
    due_at = case((is_unread, literal(now, UtcTime)), else_=literal(now + first_recheck, UtcTime))
    connection.execute(update(pages).where(lost, pages.c.leased_until_at.is_(None)).values(due_at=due_at))
    connection.execute(update(pages).where(pages.c.first_seen_at > now).values(first_seen_at=now))


def due_instead(row: AnyRow, now: datetime, longest_poll_s: float) -> datetime:
    """When a feed is due: as long after now as it was to rest after a poll that is yet to come; at once where that is too long."""
    if row.last_polled_at is None:
        return now
    longest_s = LONG_SILENCE_S if row.failures else max(longest_poll_s, row.every_s or 0.0, DAY_S)
    rest: timedelta = row.next_due_at - max(row.last_polled_at, now)
    return now + rest if rest <= timedelta(seconds=longest_s * JITTERED) + DAY else now  # skipDays may add one


def _pull_back_feeds(connection: Connection, now: datetime, longest_poll_s: float) -> bool:
    """Whether there was a feed to pull back."""
    polled_ahead = feeds.c.last_polled_at > now
    never_polled = feeds.c.last_polled_at.is_(None) & (feeds.c.next_due_at > now) & (feeds.c.deaths < MOST_DEATHS)
    columns = (feeds.c.id, feeds.c.next_due_at, feeds.c.last_polled_at, feeds.c.every_s, feeds.c.failures)
    odd = select(*columns).where(or_(polled_ahead, never_polled, feeds.c.next_due_at > now + 2 * DAY))
    changes: list[dict[str, Any]] = []
    for row in connection.execute(odd):
        due_at, polled_at = due_instead(row, now, longest_poll_s), row.last_polled_at and min(row.last_polled_at, now)
        if (due_at, polled_at) != (row.next_due_at, row.last_polled_at):
            changes.append({"feed": row.id, "due": due_at, "polled": polled_at})
    if changes:
        connection.execute(_SET_TIMES, changes)
    return bool(changes)


def _is_a_page_due_after(connection: Connection, at: datetime) -> bool:
    return connection.execute(select(pages.c.id).where(pages.c.due_at > at).limit(1)).first() is not None
