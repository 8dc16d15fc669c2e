"""Short words for what store tests do: follow feeds, poll them, claim pages, read rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, select

from crawler.dedup.words import tokenise
from crawler.feeds.opml import FollowedFeed
from crawler.model import (
    Article,
    BlockMark,
    FeedEntry,
    FeedId,
    FeedLease,
    Metadata,
    PageLease,
    ParsedFeed,
    PollResult,
    Precision,
    RecordResult,
    TextSource,
    TextState,
    Timestamp,
    Validators,
)
from crawler.polling import NextPoll
from crawler.settings import PollSettings
from crawler.stores import Store
from crawler.stores.engine import connect_engine, read

T0 = datetime(2031, 5, 6, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEASE = timedelta(minutes=5)


def stamp(at: datetime) -> Timestamp:
    return Timestamp(at=at, precision=Precision.SECOND, zone_known=True, source="feed")


def entry(key: str, url: str | None = "", **fields: Any) -> FeedEntry:
    """An entry at https://gazette.example/KEY unless it says otherwise; its content hash follows its words and address."""
    address = f"https://gazette.example/{key}" if url == "" else url
    made = FeedEntry(key=key, url=address, **{"title": f"Title of {key}", "summary": f"Summary of {key}", **fields})
    return made if made.content_hash else replace(made, content_hash=f"{made.title}|{made.text}|{address}")


def body(*entries: FeedEntry) -> ParsedFeed:
    return ParsedFeed(title="The Gazette", site_url="https://gazette.example/", language="en", entries=entries)


def article(url: str, text: str, **metadata: Any) -> Article:
    blocks = tuple(text.split("\n"))
    return Article(
        url=url, metadata=Metadata(title="A title", **metadata), blocks=blocks, marks=BlockMark.TEXT.value * len(blocks),
        state=TextState.FULL, source=TextSource.PAGE, tokens=tokenise(blocks),
    )  # fmt: skip


@dataclass
class World:
    store: Store
    url: str

    def follow(self, url: str = "https://gazette.example/feed", now: datetime = T0, **options: Any) -> FeedId:
        return self.store.feeds.add(FollowedFeed(url=url), now, **options)[0]

    def claim_feed(self, feed: FeedId, now: datetime) -> FeedLease:
        (lease,) = self.store.feeds.claim_due(now, limit=1, lease_for=LEASE, ignore_due=True, only=[feed])
        return lease

    def poll(self, feed: FeedId, parsed: ParsedFeed | None, now: datetime = T0, **options: Any) -> PollResult:
        return self.record(self.claim_feed(feed, now), parsed, now, **options)

    def record(self, lease: FeedLease, parsed: ParsedFeed | None, now: datetime = T0, **options: Any) -> PollResult:
        due = NextPoll(due_at=now + HOUR, why="Asked every hour.", interval_s=3600.0, failures=0.0)
        given = {"validators": Validators(etag='"1"'), "body_hash": "b", "settings": PollSettings()} | options
        return self.store.feeds.record_poll(lease, parsed, next_poll=due, now=now, **given)

    def fail(self, feed: FeedId, now: datetime, status: int | None = 500) -> None:
        due = NextPoll(due_at=now + HOUR, why="It failed.", interval_s=3600.0, failures=1.0)
        lease = self.claim_feed(feed, now)
        self.store.feeds.record_failure(lease, reason=f"HTTP {status}", status=status, next_poll=due, now=now)

    def claim(self, now: datetime = T0, *, limit: int = 50, per_host: int = 50, **options: Any) -> list[PageLease]:
        return self.store.pages.claim_due(now, limit=limit, lease_for=LEASE, per_host=per_host, **options)

    def judge(self, lease: PageLease, text: str, now: datetime = T0, **metadata: Any) -> RecordResult:
        return self.store.articles.record_article(
            lease, article(lease.url, text, **metadata), validators=Validators(etag='"p"'), body_hash="body", now=now
        )

    def rest(self, now: datetime = T0) -> None:
        """Judge and settle until nothing is left to do."""
        while self.store.articles.judge_due(now, 50)[0] or self.store.articles.settle_due(50):
            pass

    def rows(self, table: Table, *columns: str) -> Sequence[Any]:
        """All rows of a table in the order of their first column: the columns named, or one column's values."""
        engine = connect_engine(self.url)
        chosen = [table.c[name] for name in columns] or list(table.c)
        with read(engine) as connection:
            found = connection.execute(select(*chosen).order_by(next(iter(table.c)))).all()
        engine.dispose()
        return [row[0] for row in found] if len(columns) == 1 else found
