"""Which due pages are handed out next, and what is handed out with them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from crawler.model import FeedEntry, PageId, PageLease, PageState, Validators
from crawler.stores.codecs import entry_from_json
from crawler.stores.engine import AnyRow, in_parts
from crawler.stores.leases import MOST_DEATHS, in_company, is_free, taken
from crawler.stores.schema import entries, feeds, pages, revisions

MOST_ATTEMPTS = 4  # without a result, or MOST_DEATHS; then it is handed out once more to be judged from the feed, and then never
LONGEST_DUE = (pages.c.due_at, pages.c.host, pages.c.id)  # the order of the index pages_due


def is_due(now: datetime, since: datetime | None = None) -> ColumnElement[bool]:
    """A page that can be claimed, and was first seen no earlier than `since`."""
    due = (pages.c.due_at <= now) & is_free(pages, now)
    return due if since is None else due & (pages.c.first_seen_at >= since)


def claim_pages(
    connection: Connection, now: datetime, until_at: datetime, *, limit: int, per_host: int, exclude_hosts: Sequence[str] = (),
    since: datetime | None = None,
) -> list[PageLease]:
    """Lease up to `limit` pages, the longest due first, at most `per_host` of a host; quarantine those that never end."""
    asked = is_due(now, since) & pages.c.host.not_in(exclude_hosts)
    while True:
        due, most = in_company(connection, pages, asked, now)
        chosen = _choose(connection, due, limit if most is None else min(limit, most), per_host)
        spent = [row for row in chosen if row.attempts > MOST_ATTEMPTS or row.deaths > MOST_DEATHS]
        if not spent:
            return _lease(connection, [row.id for row in chosen], until_at)
        _quarantine(connection, spent)


def _choose(connection: Connection, due: ColumnElement[bool], limit: int, per_host: int) -> list[AnyRow]:
    """The due pages in order, a host's left out once it has its share.

    The order is read in parts, each without the hosts that are full, so that a host with 100,000 due pages costs one pass over
    an index and not the ranking of them all (`row_number` over as many measured ten times slower).
    """
    full, taken_of, chosen = set[str](), Counter[str](), dict[int, AnyRow]()
    part = 4 * limit + 64
    ordered = select(pages.c.id, pages.c.host, pages.c.attempts, pages.c.deaths).where(due).order_by(*LONGEST_DUE).limit(part)
    while len(chosen) < limit:
        found = connection.execute(ordered.where(pages.c.host.not_in(full))).all()
        before = len(full)
        for row in found:
            if row.id in chosen or row.host in full or len(chosen) >= limit:
                continue
            chosen[row.id] = row
            taken_of[row.host] += 1
            if row.host and taken_of[row.host] >= per_host:  # entries without a page have no host, and nobody to be polite to
                full.add(row.host)
        if len(found) < part or len(full) == before:
            break
    return list(chosen.values())


def _given_up(row: AnyRow) -> str | None:
    """Why a page that was handed out before is not asked for any more; None where it is."""
    if row.attempts > MOST_ATTEMPTS:
        return f"no result after {MOST_ATTEMPTS} attempts: its work never came to an end"
    return f"{row.deaths} processes ended while they held it" if row.deaths >= MOST_DEATHS else None


def _quarantine(connection: Connection, rows: Sequence[AnyRow]) -> None:
    """What was never judged has failed; what was keeps its verdict. Nothing more is owed to either."""
    for row in rows:
        page = update(pages).where(pages.c.id == row.id)
        connection.execute(page.values(due_at=None, why_due="", last_error=_given_up(row), leased_until_at=None))
        connection.execute(page.where(pages.c.state == PageState.DUE.value).values(state=PageState.FAILED.value))


def _lease(connection: Connection, ids: Sequence[int], until_at: datetime) -> list[PageLease]:
    leases: dict[int, PageLease] = {}
    for part in in_parts(ids):
        judged = set(connection.execute(select(revisions.c.page_id).where(revisions.c.page_id.in_(part))).scalars())
        said = _said_of(connection, part)
        claimed = update(pages).where(pages.c.id.in_(part)).values(attempts=pages.c.attempts + 1, **taken(pages, until_at))
        for row in connection.execute(claimed.returning(*pages.c)):
            leases[row.id] = _lease_of(row, judged=row.id in judged, said=said[row.id])
    return [leases[id] for id in ids]


def _said_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    """What feeds say of each page, the newest first."""
    said: dict[int, list[AnyRow]] = defaultdict(list)
    wanted = select(entries.c.page_id, entries.c.entry, feeds.c.text_only).join(feeds, feeds.c.id == entries.c.feed_id)
    for row in connection.execute(wanted.where(entries.c.page_id.in_(ids)).order_by(entries.c.first_seen_at.desc(), entries.c.id)):
        said[row.page_id].append(row)
    return said


def _lease_of(row: AnyRow, *, judged: bool, said: Sequence[AnyRow]) -> PageLease:
    is_text_only, given_up = bool(said) and all(one.text_only for one in said), _given_up(row)
    return PageLease(
        id=PageId(row.id), url=row.url, token=row.lease_token, until_at=row.leased_until_at, attempts=row.attempts, hops=row.hops,
        validators=Validators(etag=row.etag, last_modified=row.last_modified), body_hash=row.body_hash, judged=judged,
        text_only=is_text_only or given_up is not None, given_up=given_up, entry=_fullest([one.entry for one in said]),
        chased=row.chased_at is not None,
    )


def _fullest(stored: Sequence[dict[str, Any]]) -> FeedEntry | None:
    """The entry with the longest text, the first of equals."""
    return max(map(entry_from_json, stored), key=lambda entry: len(entry.text), default=None)
