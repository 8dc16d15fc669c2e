"""The read side: searching, showing and explaining what is stored. Nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, Float, Select, Text, case, cast, column, func, or_, select, text

from crawler.model import PageId, PageState, StoryId, TextState
from crawler.stores.decided import read_decisions
from crawler.stores.engine import read
from crawler.stores.health import Health, read_health
from crawler.stores.records import read_feeds, read_records
from crawler.stores.schema import articles, entries, feeds, links, pages, revisions, stories, story_events
from crawler.stores.settling import read_text
from crawler.stores.views import Block, Change, Comparison, Decision, PageView, StoryLine, StoryQuery, StoryRecord, StoryView
from crawler.urls import address_key, normalise

_SHORTEST_START = 4  # characters of a story id from which its beginning will do
_MOST_MERGES = 32  # a chain of merges is followed this far; the store keeps them flat


class Reading:
    """What people and exports read. Every method is one read transaction and sees one state of the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def stories(self, query: StoryQuery) -> list[StoryLine]:
        """The stories that a query asks for: the newest first, or the best match first where it has words."""
        with read(self._engine) as connection:
            return [_story_line(row) for row in connection.execute(_story_select(query))]

    def records(self) -> Iterator[StoryRecord]:
        """Every story, in the order of first sight (then id), streamed: later stories come after what was there before."""
        with read(self._engine) as connection:
            yield from read_records(connection)

    def find(self, reference: str) -> StoryId | PageId | None:
        """What a story id, the start of one, or an address means: a story, else a page that has no story, else None."""
        with read(self._engine) as connection:
            return _find_story(connection, reference) or _find_page(connection, reference)

    def story(self, story: StoryId) -> StoryView | None:
        """One story, whole; None where there is none of that id."""
        with read(self._engine) as connection:
            for record in read_records(connection, only=story):
                why = connection.scalar(select(stories.c.why_canonical).where(stories.c.id == story))
                decided = read_decisions(connection, on=[member.page for member in (record.canonical, *record.copies)])
                return StoryView(
                    record=record, why_canonical=why or "", history=tuple(_history(connection, story)), decisions=tuple(decided)
                )
        return None

    def page(self, reference: str | PageId) -> PageView | None:
        """One address as it stands, redirects not followed."""
        with read(self._engine) as connection:
            by = pages.c.id == reference if isinstance(reference, int) else pages.c.key == _key_of(reference)
            target = pages.alias("target")
            row = connection.execute(
                select(pages, target.c.url.label("target_url"), articles.c.story_id)
                .outerjoin(target, target.c.id == pages.c.redirect_to)
                .outerjoin(articles, articles.c.page_id == pages.c.id)
                .where(by)
            ).first()
            return None if row is None else _page_view(row, read_feeds(connection, [row.id]).get(row.id, ()))

    def comparisons(self, page: PageId) -> list[Comparison]:
        """Every comparison made of a page, the joined first."""
        with read(self._engine) as connection:
            return [_comparison(page, row) for row in connection.execute(_comparison_select(page))]

    def decisions(self, pages: Sequence[PageId]) -> list[Decision]:
        """What people decided of these pages, as far as it is in force; the last first."""
        with read(self._engine) as connection:
            return read_decisions(connection, on=pages)

    def health(self, now: datetime) -> Health:
        """How the store stands at `now`."""
        with read(self._engine) as connection:
            return read_health(connection, now)

    def blocks(self, page: PageId) -> list[Block]:
        """The paragraphs of a page's current text, chrome included and marked; none where nothing was read."""
        with read(self._engine) as connection:
            wanted = select(revisions, articles.c.marks.label("current_marks")).join(
                articles, articles.c.revision_id == revisions.c.id
            )
            row = connection.execute(wanted.where(articles.c.page_id == page)).first()
            if row is None:
                return []
            lines = read_text(connection, row).split("\n")
            return [Block(mark=mark, text=line) for mark, line in zip(row.current_marks, lines, strict=False)]


def _story_select(query: StoryQuery) -> Select[Any]:
    wanted = (
        select(
            stories,
            articles.c.title,
            articles.c.url,
            articles.c.site,
            articles.c.publisher,
            articles.c.language,
            articles.c.state,
            articles.c.published_at,
        )
        .join(articles, articles.c.page_id == stories.c.canonical_id)
        .where(stories.c.merged_into.is_(None), stories.c.members > query.copies_min)
        .limit(query.limit)
    )
    if query.since is not None:
        wanted = wanted.where(stories.c.first_seen_at >= query.since)
    if query.publisher:
        named = func.lower(articles.c.publisher).contains(query.publisher.lower(), autoescape=True)
        wanted = wanted.where(or_(named, articles.c.site == query.publisher.lower()))
    if query.topic:
        wanted = wanted.where(stories.c.id.in_(_of_topic(query.topic)))
    if not (words := _match(query.words)):
        return wanted.order_by(stories.c.first_seen_at.desc(), stories.c.id)
    found = text("SELECT rowid AS page_id, rank FROM search WHERE search MATCH :words").bindparams(words=words)
    hits = found.columns(column("page_id", BigInteger), column("rank", Float)).subquery("hits")
    return wanted.join(hits, hits.c.page_id == stories.c.canonical_id).order_by(hits.c.rank, stories.c.id)


def _of_topic(topic: str) -> Select[Any]:
    member = articles.alias("member")
    tagged = cast(feeds.c.topics, Text).contains(json.dumps(topic), autoescape=True)
    carried = (
        select(member.c.story_id).join(entries, entries.c.page_id == member.c.page_id).join(feeds, feeds.c.id == entries.c.feed_id)
    )
    return carried.where(tagged, member.c.story_id.is_not(None))


def _match(words: str) -> str:
    """A person's words as an FTS5 query: each one quoted, so that no word is taken for an operator; a trailing * is kept."""
    quoted = []
    for word in words.split():
        bare = word.rstrip("*").replace('"', "")
        if bare:
            quoted.append(f'"{bare}"{"*" if word.endswith("*") else ""}')
    return " ".join(quoted)


def _story_line(row: Any) -> StoryLine:
    return StoryLine(
        id=StoryId(row.id),
        title=row.title,
        url=row.url,
        site=row.site,
        publisher=row.publisher,
        language=row.language,
        text_state=TextState(row.state),
        published_at=row.published_at,
        first_seen_at=row.first_seen_at,
        changed_at=row.changed_at,
        copies=row.members - 1,
        origins=row.origins,
    )


def _find_story(connection: Connection, reference: str) -> StoryId | None:
    start = reference.strip().lower()
    wanted = select(stories.c.id, stories.c.merged_into)
    if row := connection.execute(wanted.where(stories.c.id == start)).first():
        return _survivor(connection, row)
    if len(start) < _SHORTEST_START:
        return None
    found = connection.execute(wanted.where(stories.c.id.startswith(start, autoescape=True)).limit(2)).all()
    return _survivor(connection, found[0]) if len(found) == 1 else None


def _survivor(connection: Connection, row: Any | None) -> StoryId | None:
    for _ in range(_MOST_MERGES):
        if row is None or row.merged_into is None:
            break
        row = connection.execute(select(stories.c.id, stories.c.merged_into).where(stories.c.id == row.merged_into)).first()
    return None if row is None else StoryId(row.id)


def _find_page(connection: Connection, reference: str) -> StoryId | PageId | None:
    row = connection.execute(select(pages.c.id, pages.c.redirect_to).where(pages.c.key == _key_of(reference))).first()
    for _ in range(_MOST_MERGES):
        if row is None or row.redirect_to is None:
            break
        row = connection.execute(select(pages.c.id, pages.c.redirect_to).where(pages.c.id == row.redirect_to)).first()
    if row is None:
        return None
    story = connection.scalar(select(articles.c.story_id).where(articles.c.page_id == row.id))
    return StoryId(story) if story else PageId(row.id)


def _key_of(reference: str) -> str:
    url = normalise(reference if "://" in reference else f"https://{reference}")
    return address_key(url) if url else ""


def _history(connection: Connection, story: StoryId) -> Iterator[Change]:
    wanted = select(story_events, pages.c.url).outerjoin(pages, pages.c.id == story_events.c.page_id)
    for row in connection.execute(wanted.where(story_events.c.story_id == story).order_by(story_events.c.at, story_events.c.id)):
        detail = dict(row.detail or {})
        if "instead_of" in detail:
            detail["instead_of"] = connection.scalar(select(pages.c.url).where(pages.c.id == detail["instead_of"]))
        yield Change(at=row.at, event=row.event, url=row.url, detail=detail)


def _page_view(row: Any, carried_by: Sequence[str]) -> PageView:
    return PageView(
        id=PageId(row.id),
        url=row.url,
        state=PageState(row.state),
        why_due=row.why_due,
        due_at=row.due_at,
        attempts=row.attempts,
        last_error=row.last_error,
        fetched_at=row.fetched_at,
        first_seen_at=row.first_seen_at,
        redirect_to=row.target_url,
        story=StoryId(row.story_id) if row.story_id else None,
        feeds=tuple(carried_by),
    )


def _comparison_select(page: PageId) -> Select[Any]:
    own, other = pages.alias("own"), pages.alias("other")
    other_id = case((links.c.low == page, links.c.high), else_=links.c.low)
    return (
        select(
            links, own.c.url, other.c.id.label("other_id"), other.c.url.label("other_url"), articles.c.title, articles.c.story_id
        )
        .select_from(links)
        .join(own, own.c.id == page)
        .join(other, other.c.id == other_id)
        .outerjoin(articles, articles.c.page_id == other_id)
        .where(or_(links.c.low == page, links.c.high == page))
        .order_by(links.c.joined.desc(), other_id)
    )


def _comparison(page: PageId, row: Any) -> Comparison:
    return Comparison(
        page=page,
        url=row.url,
        other_page=PageId(row.other_id),
        other_url=row.other_url,
        other_title=row.title,
        other_story=StoryId(row.story_id) if row.story_id else None,
        joined=row.joined,
        reason=row.reason,
        measures=row.measures or {},
    )
