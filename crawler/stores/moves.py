"""Feeds that move or are gone: both are believed only when said again and again, over a day.

Sources: RFC 9110 §15.4.2 and §15.5.11; adopted after 3 identical answers over 24 hours, as servers answer 301 and 410 by mistake
and Feedbin waits six days for it. A feed that is asked with a secret stays at its origin; a redirect to another is followed at each
poll, without the secret.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, select, update

from crawler.model import FeedStatus
from crawler.stores.engine import AnyRow
from crawler.stores.schema import entries, feeds
from crawler.urls import host_of, is_one_origin, normalise

GONE = 410
ANSWERS = 3
OVER = timedelta(days=1)


def gone_values(row: AnyRow, status: int | None, now: datetime) -> dict[str, Any]:
    """What a failed poll says about a feed's being gone."""
    if status != GONE:
        return {"gone_count": 0, "gone_since_at": None}
    since_at, count = row.gone_since_at or now, row.gone_count + 1
    values: dict[str, Any] = {"gone_count": count, "gone_since_at": since_at}
    if count >= ANSWERS and now - since_at >= OVER:
        values["status"] = FeedStatus.GONE.value
    return values


def moved_values(connection: Connection, row: AnyRow, moved_to: str | None, now: datetime) -> dict[str, Any]:
    """What a poll that went well says about the feed's address; where another feed has the new one, both become this feed."""
    moved_to = normalise(moved_to) if moved_to else None
    if moved_to is None or moved_to == row.url or _would_take_a_secret_along(row, moved_to):
        return {"moved_to": None, "moved_since_at": None, "moved_count": 0}
    is_same = moved_to == row.moved_to
    since_at, count = (row.moved_since_at, row.moved_count + 1) if is_same else (now, 1)
    if count < ANSWERS or now - since_at < OVER:
        return {"moved_to": moved_to, "moved_since_at": since_at, "moved_count": count}
    adopted = {"url": moved_to, "host": host_of(moved_to), "topics": _absorb(connection, row, moved_to)}
    return adopted | {"moved_to": None, "moved_since_at": None, "moved_count": 0}


def _would_take_a_secret_along(row: AnyRow, moved_to: str) -> bool:
    """Whether the feed has a secret that would be sent to another origin, or be lost with its address."""
    return "@" in urlsplit(row.url).netloc or (row.auth is not None and not is_one_origin(row.url, moved_to))


def _absorb(connection: Connection, row: AnyRow, url: str) -> list[str]:
    """Take over what the feed at `url`, if there is one, has beyond this one's entries; the topics of both."""
    other = connection.execute(select(feeds.c.id, feeds.c.topics).where(feeds.c.url == url)).first()
    if other is None:
        return list(row.topics)
    own = select(entries.c.key).where(entries.c.feed_id == row.id)
    connection.execute(delete(entries).where(entries.c.feed_id == other.id, entries.c.key.in_(own)))
    connection.execute(update(entries).where(entries.c.feed_id == other.id).values(feed_id=row.id))
    connection.execute(delete(feeds).where(feeds.c.id == other.id))
    return list(dict.fromkeys([*row.topics, *other.topics]))
