"""The rows that reports are made of: stories with their members, feeds by story, corrected stories with their texts. Streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select

from crawler.model import PageId, Relation, StoryId
from crawler.stores.engine import AT_ONCE, read
from crawler.stores.schema import AnyRow, articles, entries, feeds, revisions, stories
from crawler.stores.settling import read_text, shown_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMember:
    """One page of a story; `relation` None: the canonical version."""

    page: PageId
    url: str
    site: str
    publisher: str | None
    relation: Relation | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedStory:
    """A story's canonical version and its other members, by first sight, then address."""

    id: StoryId
    canonical: ReportedMember
    others: tuple[ReportedMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedStory:
    """A story and the feeds that carry a page of it, sorted."""

    id: StoryId
    feeds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A text that the canonical page had, as shown."""

    number: int
    read_at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedCopy:
    """A copy's current text, and the number of the canonical revision it is kept against (None: of none)."""

    url: str
    site: str
    publisher: str | None
    relation: Relation
    base: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedStory:
    """A story whose canonical page was revised: its revisions, the oldest first, and its copies."""

    id: StoryId
    url: str
    title: str | None
    revisions: tuple[Revision, ...]
    copies: tuple[TiedCopy, ...]


class Reporting:
    """Reads for reports; every method is one read transaction, and holds one story at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stories(self, since: datetime | None = None) -> Iterator[ReportedStory]:
        """Every story first seen since then, with its members; by first sight, then id."""
        with read(self._engine) as connection:
            rows = connection.execute(_living(_members(), since).execution_options(yield_per=AT_ONCE))
            for story, members in groupby(rows, key=lambda row: row.story_id):
                if (made := _story(story, list(members))) is not None:
                    yield made

    def carried(self, since: datetime | None = None) -> Iterator[CarriedStory]:
        """Every story first seen since then that feeds carry, with those feeds."""
        wanted = (
            select(articles.c.story_id, feeds.c.url)
            .join(stories, stories.c.id == articles.c.story_id)
            .join(entries, entries.c.page_id == articles.c.page_id)
            .join(feeds, feeds.c.id == entries.c.feed_id)
            .distinct()
        )
        if since is not None:
            wanted = wanted.where(stories.c.first_seen_at >= since)
        ordered = wanted.order_by(articles.c.story_id, feeds.c.url).execution_options(yield_per=AT_ONCE)
        with read(self._engine) as connection:
            for story, rows in groupby(connection.execute(ordered), key=lambda row: row.story_id):
                yield CarriedStory(id=StoryId(story), feeds=tuple(row.url for row in rows))

    def corrected(self, since: datetime | None = None, *, only: StoryId | None = None) -> Iterator[CorrectedStory]:
        """Every story (or `only` one) with copies whose canonical page has had more than one text, the newest read since then."""
        counted = (
            select(revisions.c.page_id, func.max(revisions.c.read_at).label("read_at"))
            .group_by(revisions.c.page_id)
            .having(func.count() > 1)
            .subquery()
        )
        wanted = (
            select(stories.c.id, stories.c.canonical_id, articles.c.url, articles.c.title, articles.c.marks, articles.c.revision_id)
            .join(articles, articles.c.page_id == stories.c.canonical_id)
            .join(counted, counted.c.page_id == stories.c.canonical_id)
            .where(stories.c.merged_into.is_(None), stories.c.members > 1)
            .order_by(counted.c.read_at, stories.c.id)
        )
        if since is not None:
            wanted = wanted.where(counted.c.read_at >= since)
        if only is not None:
            wanted = wanted.where(stories.c.id == only)
        with read(self._engine) as connection:
            for row in connection.execute(wanted.execution_options(yield_per=AT_ONCE)):
                yield _corrected(connection, row)


def _members() -> Select[Any]:
    return select(
        articles.c.story_id, articles.c.page_id, articles.c.url, articles.c.site, articles.c.publisher, articles.c.relation,
        articles.c.published_at, stories.c.canonical_id,
    ).join(stories, stories.c.id == articles.c.story_id)


def _living(wanted: Select[Any], since: datetime | None) -> Select[Any]:
    if since is not None:
        wanted = wanted.where(stories.c.first_seen_at >= since)
    return wanted.where(stories.c.merged_into.is_(None)).order_by(
        stories.c.first_seen_at, stories.c.id, articles.c.first_seen_at, articles.c.url
    )


def _story(story: str, rows: list[AnyRow]) -> ReportedStory | None:
    canonical = next((row for row in rows if row.page_id == row.canonical_id), None)
    if canonical is None:
        return None
    others = tuple(_member(row) for row in rows if row is not canonical)
    return ReportedStory(id=StoryId(story), canonical=_member(canonical), others=others)


def _member(row: AnyRow) -> ReportedMember:
    return ReportedMember(
        page=PageId(row.page_id), url=row.url, site=row.site, publisher=row.publisher,
        relation=Relation(row.relation) if row.relation else None, published_at=row.published_at,
    )


def _corrected(connection: Connection, story: AnyRow) -> CorrectedStory:
    kept = connection.execute(
        select(revisions).where(revisions.c.page_id == story.canonical_id).order_by(revisions.c.number)
    ).all()
    texts = tuple(
        Revision(number=row.number, read_at=row.read_at, text=shown_text(read_text(connection, row), row.marks)) for row in kept
    )
    copies = connection.execute(
        select(revisions, articles.c.url.label("at"), articles.c.site, articles.c.publisher, articles.c.relation,
               articles.c.marks.label("current_marks"))
        .join(articles, articles.c.revision_id == revisions.c.id)
        .where(articles.c.story_id == story.id, articles.c.relation.is_not(None))
        .order_by(articles.c.first_seen_at, articles.c.url)
    )  # fmt: skip
    numbers = {row.id: row.number for row in kept}
    return CorrectedStory(
        id=StoryId(story.id), url=story.url, title=story.title, revisions=texts,
        copies=tuple(
            TiedCopy(
                url=row.at, site=row.site, publisher=row.publisher, relation=Relation(row.relation),
                base=numbers.get(row.base_id), text=shown_text(read_text(connection, row), row.current_marks),
            )
            for row in copies
        ),
    )
