"""Stories as they leave the store: whole, streamed in the order of first sight, in constant memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from crawler.model import PageId, Relation, StoryId, TextSource, TextState
from crawler.stores.codecs import metadata_from_json
from crawler.stores.schema import articles, entries, feeds, revisions, stories
from crawler.stores.settling import read_text, shown_text
from crawler.stores.views import Member, StoryRecord

_BATCH = 200  # stories read together: few enough to hold, many enough that four queries a batch cost nothing


def read_records(connection: Connection, *, only: StoryId | None = None) -> Iterator[StoryRecord]:
    """Every story that is none's merged remnant and has a canonical version, by first sight, then id."""
    wanted = (
        select(stories.c.id, stories.c.canonical_id, stories.c.first_seen_at, stories.c.changed_at, stories.c.origins)
        .where(stories.c.merged_into.is_(None), stories.c.canonical_id.is_not(None))
        .order_by(stories.c.first_seen_at, stories.c.id)
    )
    if only is not None:
        wanted = wanted.where(stories.c.id == only)
    for batch in connection.execution_options(yield_per=_BATCH).execute(wanted).partitions():
        yield from _read_batch(connection, batch)


def _read_batch(connection: Connection, batch: Sequence[Any]) -> Iterator[StoryRecord]:
    members: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(_member_select([story.id for story in batch])):
        members[row.story_id].append(row)
    canonical = {story.canonical_id for story in batch}
    articles_read = {row.page_id: row for rows in members.values() for row in rows if row.page_id in canonical}
    carried_by = read_feeds(connection, [row.page_id for rows in members.values() for row in rows])
    for story in batch:
        if story.canonical_id in articles_read:
            copies = [row for row in members[story.id] if row.page_id != story.canonical_id]
            yield _record(connection, story, articles_read[story.canonical_id], copies, carried_by)


def _record(
    connection: Connection,
    story: Row[Any],
    canonical: Row[Any],
    copies: Sequence[Row[Any]],
    carried_by: Mapping[int, Sequence[str]],
) -> StoryRecord:
    revision = connection.execute(select(revisions).where(revisions.c.id == canonical.revision_id)).one()
    text = read_text(connection, revision)
    return StoryRecord(
        id=StoryId(story.id),
        canonical=_member(canonical),
        metadata=metadata_from_json(revision.article["metadata"]),
        text=shown_text(text, canonical.marks),
        reasons=tuple(revision.article["reasons"]),
        copies=tuple(map(_member, copies)),
        feeds=tuple(sorted({url for row in (canonical, *copies) for url in carried_by.get(row.page_id, ())})),
        first_seen_at=story.first_seen_at,
        changed_at=story.changed_at,
        origins=story.origins,
    )


def _member(row: Row[Any]) -> Member:
    return Member(
        page=PageId(row.page_id),
        url=row.url,
        site=row.site,
        title=row.title,
        publisher=row.publisher,
        relation=Relation(row.relation) if row.relation else None,
        state=TextState(row.state),
        source=TextSource(row.source),
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        evidence=row.evidence or {},
        rule=row.rule,
        crowded_rows=row.crowded_rows,
    )


def _member_select(ids: Sequence[str]) -> Select[Any]:
    return (
        select(
            articles.c.page_id,
            articles.c.revision_id,
            articles.c.story_id,
            articles.c.relation,
            articles.c.url,
            articles.c.site,
            articles.c.state,
            articles.c.source,
            articles.c.title,
            articles.c.language,
            articles.c.publisher,
            articles.c.published_at,
            articles.c.first_seen_at,
            articles.c.evidence,
            articles.c.rule,
            articles.c.crowded_rows,
            articles.c.marks,
        )
        .where(articles.c.story_id.in_(ids))
        .order_by(articles.c.first_seen_at, articles.c.url)
    )


def read_feeds(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """For each page the sorted addresses of the feeds that carry it."""
    found: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(ids), 500):  # SQLite binds few parameters in old builds
        wanted = select(entries.c.page_id, feeds.c.url).join(feeds, feeds.c.id == entries.c.feed_id).distinct()
        for row in connection.execute(wanted.where(entries.c.page_id.in_(ids[start : start + 500])).order_by(feeds.c.url)):
            found[row.page_id].append(row.url)
    return {page: tuple(urls) for page, urls in found.items()}
