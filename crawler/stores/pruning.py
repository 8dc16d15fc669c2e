"""Dropping what need not be kept: index rows beyond the window, ids long gone from their feeds, and old stories if asked to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, or_, select, update

from crawler.model import PageId
from crawler.stores.chasing import is_set_aside
from crawler.stores.dropping import drop_pages
from crawler.stores.engine import begin_write
from crawler.stores.schema import articles, bands, entries, hosts, pages, robots, stories, title_keys

SEEN_DAYS = 30  # as long as Media Cloud remembers ids; a day finds 31 % of "new" ids in feeds' earlier states
ROBOTS_DAYS = 30  # RFC 9309 §2.4: after a day it is asked for again anyway
TEXTS = ("summary", "content")  # of an entry
BATCH = 200  # stories or pages dropped in one transaction, so that nobody waits long for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """How many of each went."""

    index_rows: int = 0
    entries: int = 0
    stories: int = 0
    pages: int = 0


class Pruning:
    """Pruning in short transactions: interrupted, it has dropped less, and nothing by halves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def prune(self, now: datetime, keep_days: int, *, window_days: int, seen_days: int = SEEN_DAYS) -> Pruned:
        """After this nothing is kept beyond its time.

        `keep_days`: stories unchanged for so long and without a younger member go with everything; 0 keeps them for ever.
        `window_days`: what was first seen before is no candidate any more. `seen_days`: how long ids are remembered after
        they left their feed; an entry of a page that was judged is where a story was seen, and stays with it, without its text.
        """
        index_rows = self._prune_index(now - timedelta(days=window_days))
        forgotten = self._prune_entries(now - timedelta(days=seen_days))
        dropped_stories, dropped_pages = 0, 0
        if keep_days:
            dropped_stories, dropped_pages = self._prune_stories(now - timedelta(days=keep_days), now)
        self._prune_manners(now)
        return Pruned(index_rows=index_rows, entries=forgotten, stories=dropped_stories, pages=dropped_pages)

    def _prune_index(self, before: datetime) -> int:
        count = 0
        old = select(articles.c.page_id).where(articles.c.first_seen_at < before)
        for table in (bands, title_keys):
            with begin_write(self._engine) as connection:
                count += connection.execute(delete(table).where(table.c.page_id.in_(old))).rowcount
        return count

    def _prune_entries(self, before: datetime) -> int:
        newer = entries.alias("newer")
        seen_at = select(func.max(newer.c.last_seen_at)).where(newer.c.feed_id == entries.c.feed_id).scalar_subquery()
        judged = select(articles.c.page_id).where(articles.c.page_id == entries.c.page_id).exists()
        gone = (entries.c.last_seen_at < before) & (entries.c.last_seen_at < seen_at)
        has_text = or_(*(entries.c.entry[name].as_string().is_not(None) for name in TEXTS))
        slimmed = BATCH
        while slimmed == BATCH:
            with begin_write(self._engine) as connection:
                slimmed = _slim(connection, select(entries.c.id, entries.c.entry).where(gone, judged, has_text).limit(BATCH))
        with begin_write(self._engine) as connection:
            return connection.execute(delete(entries).where(gone, ~judged)).rowcount

    def _prune_stories(self, before: datetime, now: datetime) -> tuple[int, int]:
        young = select(articles.c.page_id).where(articles.c.story_id == stories.c.id, articles.c.first_seen_at >= before).exists()
        old = select(stories.c.id).where(stories.c.changed_at < before, stories.c.merged_into.is_(None), ~young).limit(BATCH)
        dropped_stories, dropped_pages = 0, 0
        while True:
            with begin_write(self._engine) as connection:
                ids = connection.execute(old).scalars().all()
                members = connection.execute(select(articles.c.page_id).where(articles.c.story_id.in_(ids))).scalars().all()
                dropped_stories += drop_pages(connection, [PageId(id) for id in members], now)
                dropped_pages += len(members)
                connection.execute(delete(stories).where(stories.c.id.in_(ids) | stories.c.merged_into.in_(ids)))
            if len(ids) < BATCH:
                break
        return dropped_stories, dropped_pages + self._prune_pages(before)

    def _prune_pages(self, before: datetime) -> int:
        """Old addresses that nothing is owed to, nothing was read from, no feed carries and none leads to."""
        other = pages.alias("other")
        unread = ~select(articles.c.page_id).where(articles.c.page_id == pages.c.id).exists()
        aside = select(pages.c.id).where(is_set_aside(), pages.c.first_seen_at < before)
        uncarried = ~select(entries.c.id).where(entries.c.page_id == pages.c.id).exists()
        unmet = ~select(other.c.id).where(other.c.redirect_to == pages.c.id).exists()
        alone = pages.c.due_at.is_(None) & pages.c.redirect_to.is_(None) & (pages.c.first_seen_at < before)
        with begin_write(self._engine) as connection:
            drop_pages(connection, list(connection.execute(aside).scalars()))
            return connection.execute(delete(pages).where(alone, unread, uncarried, unmet)).rowcount

    def _prune_manners(self, now: datetime) -> None:
        with begin_write(self._engine) as connection:
            connection.execute(delete(hosts).where(hosts.c.held_until_at < now))
            connection.execute(delete(robots).where(robots.c.fetched_at < now - timedelta(days=ROBOTS_DAYS)))


def _slim(connection: Connection, wanted: Select[int, dict[str, Any]]) -> int:
    """Leave of entries what names them; how many there were."""
    rows = connection.execute(wanted).all()
    for row in rows:
        named = {name: value for name, value in row.entry.items() if name not in TEXTS}
        connection.execute(update(entries).where(entries.c.id == row.id).values(entry=named))
    return len(rows)
