"""What a feed's body brings: entries seen for the first time, seen again, or changed, and the pages that these owe us.

    new ────────────────> an entry, and its page: the one of its address, else a new one, due now (or only listed)
    another address ────> the entry moves to that page
    other content ──────> stored; its page is asked again, once
    a later `updated` ──> stored; its page is asked again, once
    seen before ────────> seen again

Ids flap: 31 % of the "new" ids of real news feeds had been there before, and replicas of one feed show two states in turn. So an
entry is remembered beyond its feed's window, contents it had before are no change, and neither is an earlier `updated` time.
An entry is in its feed's window where its `last_seen_at` is the latest of its feed; a poll that finds the feed unchanged need not
write to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from crawler.model import EntryId, FeedEntry, PageState, ParsedFeed, PollResult
from crawler.settings import PollSettings
from crawler.stores.addresses import Addresses
from crawler.stores.codecs import entry_to_json
from crawler.stores.engine import AnyRow, in_parts
from crawler.stores.leases import is_free
from crawler.stores.schema import entries, pages
from crawler.urls import address_key

CONTENTS_KEPT = 8  # hashes of contents that an entry had before; replicas alternate between few
RESTAMPED_LEAST, RESTAMPED_SHARE = 3, 0.8  # where so many of a body's known entries are 'updated' at once, the feed stamps them all
FAILED = PageState.FAILED.value
PAST = "past"  # beside the entry's own fields in its JSON: the hashes of its contents before


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A known entry that is not as it was. `past` are the hashes of the contents it had before this one."""

    id: EntryId
    page_id: int | None
    entry: FeedEntry
    past: list[str]
    updated_at: datetime | None
    is_content: bool
    is_moved: bool


def record_entries(connection: Connection, feed: AnyRow, parsed: ParsedFeed, now: datetime, settings: PollSettings) -> PollResult:
    """Store a body's entries and queue their pages, within the transaction of the poll."""
    known = _known(connection, feed.id, [entry.key for entry in parsed.entries])
    changes = _changes(connection, known, parsed.entries)
    new = [entry for entry in parsed.entries if entry.key not in known]
    addresses = Addresses(connection, feed, now, _oldest_wanted(feed, now, settings))
    page_of = addresses.arrive([*new, *(change.entry for change in changes if change.is_moved)])
    _see_again(connection, feed, [row.id for row in known.values()], now)
    _add(connection, feed.id, new, page_of, now)
    _rewrite(connection, changes, page_of)
    asked_again = _ask_again(connection, _worth_asking(changes, len(known)), now)
    return PollResult(
        new_entries=len(new), changed_entries=len(changes), known_entries=len(known) - len(changes),
        pages_queued=addresses.queued + asked_again, pages_listed=addresses.listed,
    )


def _known(connection: Connection, feed: int, keys: Sequence[str]) -> dict[str, AnyRow]:
    wanted = select(entries.c.id, entries.c.key, entries.c.page_id, entries.c.content_hash, entries.c.updated_at)
    found: dict[str, AnyRow] = {}
    for part in in_parts(keys):
        rows = connection.execute(wanted.where(entries.c.feed_id == feed, entries.c.key.in_(part)))
        found |= {row.key: row for row in rows}
    return found


def _oldest_wanted(feed: AnyRow, now: datetime, settings: PollSettings) -> datetime | None:
    """Entries from before are only listed; None where all are wanted."""
    is_first = feed.last_ok_at is None
    return now - timedelta(days=settings.max_age_days) if is_first and settings.max_age_days else None


def _changes(connection: Connection, known: dict[str, AnyRow], seen: Iterable[FeedEntry]) -> list[_Change]:
    other = [(known[entry.key], entry) for entry in seen if entry.key in known and _is_other(known[entry.key], entry)]
    stored: dict[int, dict[str, Any]] = {}
    for part in in_parts([row.id for row, _ in other]):
        rows = connection.execute(select(entries.c.id, entries.c.entry).where(entries.c.id.in_(part)))
        stored |= {row.id: row.entry for row in rows}
    changes = [_change(row, entry, stored[row.id]) for row, entry in other]
    return [change for change in changes if change is not None]


def _is_other(row: AnyRow, entry: FeedEntry) -> bool:
    return bool(entry.content_hash != row.content_hash) or _is_later(entry, row.updated_at)


def _is_later(entry: FeedEntry, stored_at: datetime | None) -> bool:
    return entry.updated is not None and (stored_at is None or entry.updated.at > stored_at)


def _change(row: AnyRow, entry: FeedEntry, stored: dict[str, Any]) -> _Change | None:
    """None for a content that the entry had before, unless it says to be newer."""
    past: list[str] = stored.get(PAST, [])
    is_later = _is_later(entry, row.updated_at)
    is_content = entry.content_hash != row.content_hash
    if is_content and entry.content_hash in past and not is_later:
        return None
    if is_content:
        past = [row.content_hash, *(content for content in past if content != entry.content_hash)][:CONTENTS_KEPT]
    return _Change(
        id=EntryId(row.id), page_id=row.page_id, entry=entry, past=past, is_content=is_content,
        updated_at=entry.updated.at if entry.updated and is_later else row.updated_at,
        is_moved=is_content and (row.page_id is None or _address(entry.url) != _address(stored.get("url"))),
    )


def _address(url: str | None) -> str:
    return address_key(url) if url else ""


def _see_again(connection: Connection, feed: AnyRow, ids: Sequence[EntryId], now: datetime) -> None:
    """What is in the body was seen now; what left since was last seen by the last poll that found the feed unchanged."""
    of_feed = entries.c.feed_id == feed.id
    before_at = connection.execute(select(func.max(entries.c.last_seen_at)).where(of_feed)).scalar()
    for part in in_parts(ids):
        connection.execute(update(entries).where(entries.c.id.in_(part)).values(last_seen_at=now))
    if before_at is not None and feed.last_ok_at is not None and before_at < feed.last_ok_at:
        left = update(entries).where(of_feed, entries.c.last_seen_at == before_at)
        connection.execute(left.values(last_seen_at=feed.last_ok_at))


def _add(connection: Connection, feed: int, new: Sequence[FeedEntry], page_of: dict[str, int], now: datetime) -> None:
    if new:
        connection.execute(insert(entries), [
            {
                "feed_id": feed, "key": entry.key, "page_id": page_of[entry.key], "content_hash": entry.content_hash,
                "updated_at": entry.updated.at if entry.updated else None, "entry": entry_to_json(entry),
                "first_seen_at": now, "last_seen_at": now,
            }
            for entry in new
        ])  # fmt: skip


def _rewrite(connection: Connection, changes: Sequence[_Change], page_of: dict[str, int]) -> None:
    if changes:
        changed = update(entries).where(entries.c.id == bindparam("of_id"))
        connection.execute(changed, [
            {
                "of_id": change.id, "content_hash": change.entry.content_hash, "updated_at": change.updated_at,
                "entry": entry_to_json(change.entry) | {PAST: change.past},
                "page_id": page_of[change.entry.key] if change.is_moved else change.page_id,
            }
            for change in changes
        ])  # fmt: skip


def _worth_asking(changes: Sequence[_Change], known: int) -> list[int]:
    """The pages whose entries say that they changed; not on the word of a feed that stamps all its entries anew."""
    dated = sum(not change.is_content for change in changes)
    is_restamped = dated >= RESTAMPED_LEAST and dated > RESTAMPED_SHARE * known
    trusted = [change for change in changes if change.is_content or not is_restamped]
    return sorted({change.page_id for change in trusted if change.page_id is not None and not change.is_moved})


def _ask_again(connection: Connection, ids: Sequence[int], now: datetime) -> int:
    """Make pages due that are done with, and leave those that are at work or queued anyway; how many were made due."""
    count = 0
    for part in in_parts(ids):
        idle = update(pages).where(
            pages.c.id.in_(part), pages.c.due_at.is_(None) | (pages.c.due_at > now), is_free(pages, now),
            pages.c.state.in_([PageState.DONE.value, PageState.FEED_ONLY.value, FAILED]),
        )
        asked = {"due_at": now, "attempts": 0, "why_due": "its feed entry changed"}
        count += connection.execute(idle.where(pages.c.state != FAILED).values(**asked)).rowcount
        count += connection.execute(idle.where(pages.c.state == FAILED).values(state=PageState.DUE.value, **asked)).rowcount
    return count
