"""Feeds: what is followed, when it is due, and what each poll of it showed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, func, insert, or_, select, update

from crawler.model import Feed, FeedId, FeedLease, FeedPart, FeedStatus, Pace, PageId, ParsedFeed, PollResult, Validators
from crawler.polling import NextPoll
from crawler.settings import PollSettings
from crawler.stores.codecs import parts_from_json, parts_to_json, wishes_from_json, wishes_to_json
from crawler.stores.dropping import drop_pages, drop_unwanted
from crawler.stores.engine import AnyRow, begin_write, in_parts, read
from crawler.stores.leases import close_lease, hand_back, held_row, in_company, is_free, taken
from crawler.stores.moves import gone_values, moved_values
from crawler.stores.polls import record_entries
from crawler.stores.schema import entries, feeds, pages
from crawler.urls import host_of, normalise

MANY = 10_000  # ids named in one statement; well under SQLite's bound of 32,766
LOOK_AHEAD = 20  # times as many due feeds are looked at as are claimed, so that hosts take turns


class Followed(Protocol):
    """A feed as a person or a list names it."""

    @property
    def url(self) -> str: ...

    @property
    def title(self) -> str | None: ...

    @property
    def site_url(self) -> str | None: ...

    @property
    def topics(self) -> tuple[str, ...]: ...


_AT_URL = select(feeds).where(feeds.c.url == bindparam("wanted"))
_ADD_FEED = insert(feeds).returning(feeds.c.id)


class Feeds:
    """The followed feeds. What a holder writes whose lease has lapsed and was given to another is dropped."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(
        self, feed: Followed, now: datetime, every_s: int | None = None, text_only: bool | None = None, auth: str | None = None
    ) -> tuple[FeedId, bool]:
        """After this the feed is followed and, where it is new (the answer's second part), due now.

        A feed that was followed already gains the topics, and the options that are given.
        """
        given = {"every_s": every_s, "text_only": text_only, "auth": auth}
        options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        with begin_write(self._engine) as connection:
            return _follow(connection, feed, now, options)

    def add_all(self, wanted: Sequence[Followed], now: datetime) -> list[tuple[FeedId, bool]]:
        """The same for a list of feeds, all of them or none."""
        with begin_write(self._engine) as connection:
            return [_follow(connection, feed, now, {}) for feed in wanted]

    def all(self) -> list[Feed]:
        """Every feed, in the order in which they were first followed."""
        with read(self._engine) as connection:
            return [feed_of(row) for row in connection.execute(select(feeds).order_by(feeds.c.id))]

    def find(self, id_or_url: str) -> Feed | None:
        """The feed of an id or an address, which may be spelt in another way or without its scheme."""
        with read(self._engine) as connection:
            for condition in _meanings(id_or_url.strip()):
                if (row := connection.execute(select(feeds).where(condition)).first()) is not None:
                    return feed_of(row)
        return None

    def set_status(self, id: FeedId, status: FeedStatus, now: datetime) -> None:
        """After this the feed is polled or not; one that is resumed is due now and its failures are forgotten."""
        values: dict[str, Any] = {"status": status.value}
        if status is FeedStatus.ACTIVE:
            values |= {
                "next_due_at": now, "why_due": "It was resumed.", "failures": 0.0, "last_error": None, "gone_count": 0,
                "gone_since_at": None,
            }
        with begin_write(self._engine) as connection:
            connection.execute(update(feeds).where(feeds.c.id == id, feeds.c.status != status.value).values(**values))

    def set_options(self, id: FeedId, *, every_s: int | None, text_only: bool, auth: str | None, topics: Sequence[str]) -> None:
        """After this the feed has these options and no others."""
        with begin_write(self._engine) as connection:
            changed = update(feeds).where(feeds.c.id == id)
            connection.execute(changed.values(every_s=every_s, text_only=text_only, auth=auth, topics=list(topics)))

    def remove(self, id: FeedId, purge: bool, now: datetime | None = None) -> int:
        """After this the feed is not followed and nothing is fetched for its sake; the number of stories dropped.

        Stories stay unless `purge`, which drops every page that only this feed brought with all that was read from it.
        """
        with begin_write(self._engine) as connection:
            brought = _brought_only_by(connection, id)
            connection.execute(delete(entries).where(entries.c.feed_id == id))
            connection.execute(delete(feeds).where(feeds.c.id == id))
            if purge:
                return drop_pages(connection, brought, now)
            drop_unwanted(connection, brought)
            return 0

    def claim_due(
        self, now: datetime, *, limit: int, lease_for: timedelta, ignore_due: bool = False, only: Sequence[FeedId] | None = None,
        not_since: datetime | None = None, exclude_hosts: Sequence[str] = (),
    ) -> list[FeedLease]:
        """After this the feeds returned are leased; hosts take turns in their order.

        With `ignore_due` every active feed is taken that was not polled since `not_since`.
        """
        wanted = (feeds.c.status == FeedStatus.ACTIVE.value) & is_free(feeds, now) & feeds.c.host.not_in(exclude_hosts)
        if not ignore_due:
            wanted &= feeds.c.next_due_at <= now
        if not_since is not None:
            wanted &= or_(feeds.c.last_polled_at.is_(None), feeds.c.last_polled_at < not_since)
        leases: list[FeedLease] = []
        with begin_write(self._engine) as connection:
            for part in [None] if only is None else in_parts(only, MANY):
                within = wanted if part is None else wanted & feeds.c.id.in_(part)
                due, most = in_company(connection, feeds, within, now)
                left = limit - len(leases)
                leases += _lease(connection, _choose(connection, due, left if most is None else min(left, most)), now + lease_for)
                if len(leases) >= limit:
                    break
        return leases

    def count_new(self, feed: FeedId, keys: Sequence[str]) -> int:
        """How many of these entries the feed was never seen to hold."""
        wanted = set(keys)
        with read(self._engine) as connection:
            for part in in_parts(sorted(wanted)):
                known = select(entries.c.key).where(entries.c.feed_id == feed, entries.c.key.in_(part))
                wanted -= set(connection.execute(known).scalars())
        return len(wanted)

    def record_poll(
        self, lease: FeedLease, parsed: ParsedFeed | None, *, validators: Validators, body_hash: str | None, next_poll: NextPoll,
        now: datetime, settings: PollSettings, moved_to: str | None = None, parts: Sequence[FeedPart] = (), is_tested: bool = True,
        lied: bool = False,
    ) -> PollResult:
        """After this the entries, their pages, the validators and the next due time are stored, all or none of them.

        `parsed` None: the feed is as it was. An ETag saved without its entries would lose them for good. `parts`: those of a
        sitemap index, as they are to be asked next time. `is_tested`: a body came, or was asked for in vain to test a 304.
        `lied`: one came right after a 304, and held new entries.
        """
        with begin_write(self._engine) as connection:
            row = held_row(connection, feeds, lease.feed.id, lease.token)
            if row is None:
                return PollResult()
            result = PollResult() if parsed is None else record_entries(connection, row, parsed, now, settings)
            values = _polled(next_poll, now) | {
                "etag": validators.etag, "last_modified": validators.last_modified, "body_hash": body_hash, "last_ok_at": now,
                "last_error": None, "gone_count": 0, "gone_since_at": None, "parts": parts_to_json(parts),
            }
            if is_tested:
                values["whole_at"] = now
            if lied:
                values["distrusted_at"] = now
            if parsed is not None:
                values |= {
                    "title": row.title or parsed.title, "site_url": row.site_url or parsed.site_url,
                    "wishes": wishes_to_json(parsed.wishes),
                }
            close_lease(connection, feeds, row.id, **values, **moved_values(connection, row, moved_to, now))
            return result

    def record_failure(self, lease: FeedLease, *, reason: str, status: int | None, next_poll: NextPoll, now: datetime) -> None:
        """After this the failure is noted and the feed due again; one that is gone (410 for over a day) is no longer polled."""
        with begin_write(self._engine) as connection:
            row = held_row(connection, feeds, lease.feed.id, lease.token)
            if row is not None:
                close_lease(
                    connection, feeds, row.id, last_error=reason, **_polled(next_poll, now), **gone_values(row, status, now)
                )

    def release(self, lease: FeedLease) -> None:
        """After this the feed can be claimed again, as if it had not been."""
        with begin_write(self._engine) as connection:
            if held_row(connection, feeds, lease.feed.id, lease.token) is not None:
                hand_back(connection, feeds, lease.feed.id)


def _follow(connection: Connection, feed: Followed, now: datetime, options: dict[str, Any]) -> tuple[FeedId, bool]:
    known = connection.execute(_AT_URL, {"wanted": feed.url}).first()
    if known is not None:
        merged = {
            "topics": list(dict.fromkeys([*known.topics, *feed.topics])),
            "title": known.title or feed.title, "site_url": known.site_url or feed.site_url,
        }
        if options or any(getattr(known, name) != value for name, value in merged.items()):
            connection.execute(update(feeds).where(feeds.c.id == known.id).values(**merged, **options))
        return FeedId(known.id), False
    new = {
        "url": feed.url, "host": host_of(feed.url), "title": feed.title, "site_url": feed.site_url, "topics": list(feed.topics),
        "status": FeedStatus.ACTIVE.value, "next_due_at": now, "why_due": "It is new.", "added_at": now, **options,
    }
    return FeedId(connection.execute(_ADD_FEED, new).scalar_one()), True


def feed_of(row: AnyRow) -> Feed:
    """The feed that a row of `feeds` holds."""
    return Feed(
        id=FeedId(row.id), url=row.url, title=row.title, site_url=row.site_url, topics=tuple(row.topics),
        status=FeedStatus(row.status), every_s=row.every_s, text_only=row.text_only, auth=row.auth,
        validators=Validators(etag=row.etag, last_modified=row.last_modified), body_hash=row.body_hash, interval_s=row.interval_s,
        next_due_at=row.next_due_at, why_due=row.why_due, last_polled_at=row.last_polled_at, last_ok_at=row.last_ok_at,
        failures=row.failures, last_error=row.last_error, added_at=row.added_at,
        pace=Pace(entries=row.pace_entries, hours=row.pace_hours) if row.pace_hours else None,
        wishes=wishes_from_json(row.wishes), parts=parts_from_json(row.parts), whole_at=row.whole_at,
        distrusted_at=row.distrusted_at,
    )  # fmt: skip


def _meanings(said: str) -> list[ColumnElement[bool]]:
    """What a person may mean, the likeliest first."""
    meant: list[ColumnElement[bool]] = [feeds.c.id == int(said)] if said.isdecimal() and len(said) < 19 else []
    spellings = [said, normalise(said), normalise(f"https://{said}"), normalise(f"http://{said}")]
    return meant + [feeds.c.url == url for url in dict.fromkeys(spellings) if url]


def _choose(connection: Connection, wanted: ColumnElement[bool], limit: int) -> list[int]:
    """The feeds longest due, the first of each host before the second of any."""
    due = select(feeds.c.id, feeds.c.host, feeds.c.next_due_at).where(wanted)
    first = due.order_by(feeds.c.next_due_at, feeds.c.id).limit(limit * LOOK_AHEAD).subquery()
    turn = func.row_number().over(partition_by=first.c.host, order_by=(first.c.next_due_at, first.c.id))
    ordered = select(first.c.id).order_by(turn, first.c.next_due_at, first.c.id).limit(limit)
    return list(connection.execute(ordered).scalars())


def _lease(connection: Connection, ids: Sequence[int], until_at: datetime) -> list[FeedLease]:
    leases: dict[int, FeedLease] = {}
    for part in in_parts(ids):
        claimed = update(feeds).where(feeds.c.id.in_(part)).values(**taken(feeds, until_at)).returning(*feeds.c)
        for row in connection.execute(claimed):
            leases[row.id] = FeedLease(feed=feed_of(row), token=row.lease_token, until_at=row.leased_until_at)
    return [leases[id] for id in ids]


def _polled(next_poll: NextPoll, now: datetime) -> dict[str, Any]:
    return {
        "next_due_at": next_poll.due_at, "why_due": next_poll.why, "interval_s": next_poll.interval_s,
        "failures": next_poll.failures, "last_polled_at": now,
        "pace_entries": next_poll.pace and next_poll.pace.entries, "pace_hours": next_poll.pace and next_poll.pace.hours,
    }


def _brought_only_by(connection: Connection, feed: FeedId) -> list[PageId]:
    """The pages that this feed carries or has carried, and no other."""
    other = entries.alias("other")
    elsewhere = select(other.c.id).where(other.c.page_id == pages.c.id, other.c.feed_id != feed).exists()
    carried = select(entries.c.page_id).where(entries.c.feed_id == feed)
    return [PageId(id) for id in connection.execute(select(pages.c.id).where(pages.c.id.in_(carried), ~elsewhere)).scalars()]
