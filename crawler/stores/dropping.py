"""Dropping pages with all that was read from them, so that what stays is whole."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, select, update

from crawler.model import PageId
from crawler.stores.decided import carry_over
from crawler.stores.engine import in_parts
from crawler.stores.schema import articles, bands, entries, pages, revisions, search, stories, title_keys
from crawler.stores.settling import read_text


def drop_pages(connection: Connection, ids: Sequence[PageId], now: datetime | None = None) -> int:
    """After this the pages and all that was read from them are gone; the number of stories that went with their last member.

    A story that loses its canonical version waits for another to be elected, and one that loses a copy is judged again.
    """
    changed_at = now or datetime.now(UTC)
    ids = _with_redirects(connection, ids)
    touched: set[str] = set()
    for part in in_parts(ids):
        members = select(articles.c.story_id).where(articles.c.page_id.in_(part), articles.c.story_id.is_not(None)).distinct()
        touched |= set(connection.execute(members).scalars())
    for part in in_parts(ids):
        _keep_what_builds_on(connection, part)
        carry_over(connection, part)
        _drop(connection, part)
    return _tidy(connection, sorted(touched), changed_at)


def drop_unwanted(connection: Connection, ids: Sequence[PageId]) -> None:
    """After this those of the pages are gone that nothing was read from and no feed carries."""
    for part in in_parts(ids):
        read = select(articles.c.page_id).where(articles.c.page_id == pages.c.id).exists()
        carried = select(entries.c.id).where(entries.c.page_id == pages.c.id).exists()
        drop_pages(connection, list(connection.execute(select(pages.c.id).where(pages.c.id.in_(part), ~read, ~carried)).scalars()))


def _with_redirects(connection: Connection, ids: Sequence[PageId]) -> list[PageId]:
    """These pages and the addresses that lead to them, which were read into them."""
    leading: set[int] = set()
    for part in in_parts(ids):
        leading |= set(connection.execute(select(pages.c.id).where(pages.c.redirect_to.in_(part))).scalars())
    return sorted({PageId(id) for id in leading} | set(ids))


def _keep_what_builds_on(connection: Connection, ids: Collection[PageId]) -> None:
    """Write out in full the texts of other pages that are kept as a difference from a text of these."""
    base = revisions.alias("base")
    building = (
        select(revisions.c.id, revisions.c.text, revisions.c.difference, revisions.c.base_id)
        .join(base, base.c.id == revisions.c.base_id)
        .where(base.c.page_id.in_(ids), revisions.c.page_id.not_in(ids))
    )
    for row in connection.execute(building).all():
        whole = {"text": read_text(connection, row), "difference": None, "base_id": None}
        connection.execute(update(revisions).where(revisions.c.id == row.id).values(**whole))


def _drop(connection: Connection, ids: Collection[PageId]) -> None:
    connection.execute(update(entries).where(entries.c.page_id.in_(ids)).values(page_id=None))
    connection.execute(update(pages).where(pages.c.redirect_to.in_(ids)).values(redirect_to=None))
    connection.execute(update(stories).where(stories.c.canonical_id.in_(ids)).values(canonical_id=None, why_canonical=""))
    connection.execute(update(revisions).where(revisions.c.page_id.in_(ids)).values(base_id=None))
    for table in (bands, title_keys, articles, revisions):
        connection.execute(delete(table).where(table.c.page_id.in_(ids)))
    connection.execute(delete(search).where(search.c.rowid.in_(ids)))
    connection.execute(delete(pages).where(pages.c.id.in_(ids)))


def _drop_origins_alone(connection: Connection, ids: Sequence[str], now: datetime) -> int:
    """Stories of which only origins are left that their copies had named go too; how many."""
    of_story = articles.join(pages, pages.c.id == articles.c.page_id)
    alone = (
        select(articles.c.story_id).select_from(of_story).where(articles.c.story_id.in_(ids)).group_by(articles.c.story_id)
        .having(func.count(pages.c.chased_at) == func.count())
    )
    members = connection.execute(select(articles.c.page_id).where(articles.c.story_id.in_(alone))).scalars().all()
    return drop_pages(connection, [PageId(page) for page in members], now) if members else 0


def _tidy(connection: Connection, touched: Sequence[str], now: datetime) -> int:
    """Drop stories without members, with what was merged into them; have the rest judged again."""
    dropped = 0
    for part in in_parts(touched):
        counted = select(articles.c.story_id, func.count()).where(articles.c.story_id.in_(part)).group_by(articles.c.story_id)
        left: dict[str, int] = dict(connection.execute(counted).all())
        gone = [story for story in part if story not in left]
        connection.execute(delete(stories).where(stories.c.id.in_(gone) | stories.c.merged_into.in_(gone)))
        dropped += len(gone)
        connection.execute(update(articles).where(articles.c.story_id.in_(list(left))).values(judge_due=True))
        dropped += _drop_origins_alone(connection, list(left), now)
        for story, members in left.items():
            changed = {"members": members, "changed_at": now, "settle_due": True}
            connection.execute(update(stories).where(stories.c.id == story).values(**changed))
    return dropped
