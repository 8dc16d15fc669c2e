"""Origins that articles name and no feed has brought: queued with the article, asked for once, adopted when a feed brings them.

    named by an article ──> DUE, nothing owed yet ──(feeds are at rest)──> due ──> read: a member of a story, or of none
            │                        │                                        └──> FAILED, for good
            └────────────────────────┴── a feed or its redirect brings the address: a page like any other

They wait until the feeds are at rest because a feed that is polled a moment later may bring the same page, under the address that
its publisher wants asked. `chased_at` is set while nothing but a copy has named the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from crawler.model import PageId, PageState
from crawler.stores.engine import AnyRow
from crawler.stores.schema import articles, pages
from crawler.urls import address_key, host_of

DUE, FAILED = PageState.DUE.value, PageState.FAILED.value
_KNOWN = select(pages.c.key).where(pages.c.key.in_(bindparam("keys", expanding=True)))


def queue_origins(connection: Connection, urls: Sequence[str], named_by: str, now: datetime) -> int:
    """After this every address has a page, the unknown ones as origins to be asked for; how many those are."""
    if not urls:
        return 0
    of_key = {address_key(url): url for url in urls}
    known = set(connection.execute(_KNOWN, {"keys": list(of_key)}).scalars())
    unknown = [
        {
            "key": key, "url": url, "host": host_of(url), "state": DUE, "due_at": None, "first_seen_at": now, "chased_at": now,
            "why_due": f"named as its origin by {named_by}",
        }
        for key, url in of_key.items() if key not in known
    ]
    if unknown:
        connection.execute(insert(pages), unknown)
    return len(unknown)


def release_origins(connection: Connection, now: datetime, limit: int) -> int:
    """Make up to `limit` origins due that wait, the first named first; how many were."""
    waiting = (
        select(pages.c.id)
        .where(pages.c.chased_at.is_not(None), pages.c.state == DUE, pages.c.due_at.is_(None))
        .order_by(pages.c.chased_at, pages.c.id)
        .limit(limit)
    )
    ids = list(connection.execute(waiting).scalars())
    if ids:
        connection.execute(update(pages).where(pages.c.id.in_(ids)).values(due_at=now))
    return len(ids)


def adopt(connection: Connection, page: AnyRow, url: str | None, due: dict[str, Any]) -> int:
    """After this the page is one that a feed has brought: judged if it was read, else `due` as these values say; 1 if so.

    `url` is how the feed, or the redirect that led here, spells its address; None where that is another. A request under way goes
    on, and where it fails the page is due again.
    """
    values: dict[str, Any] = {"chased_at": None}
    is_unread = page.state in (DUE, FAILED)
    if is_unread:
        values |= {"hops": 0, "attempts": 0, "last_error": None, **due}
        values |= {"url": url, "host": host_of(url)} if url else {}
    connection.execute(update(pages).where(pages.c.id == page.id).values(**values))
    alone = (articles.c.page_id == page.id) & articles.c.story_id.is_(None)
    connection.execute(update(articles).where(alone).values(judge_due=True))
    return int(is_unread)


def is_set_aside() -> ColumnElement[bool]:
    """A page that was named as an origin, and whose text is no story's."""
    alone = select(articles.c.page_id).where(articles.c.page_id == pages.c.id, articles.c.story_id.is_(None))
    return pages.c.chased_at.is_not(None) & alone.exists()


def are_chased(connection: Connection, ids: Sequence[PageId]) -> bool:
    """Whether none of these pages was brought by a feed."""
    brought = select(pages.c.id).where(pages.c.id.in_(ids), pages.c.chased_at.is_(None)).limit(1)
    return connection.execute(brought).first() is None
