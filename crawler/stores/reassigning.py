"""Moving pages from story to story by a person's word: ids first, the verdict afterwards.

The verdict gives a story's id to where most of its members are. What a person decides must not depend on numbers: so the ids are
put in place here, every member is marked to be judged, and the verdict finds each id where it belongs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from crawler.model import PageId, Relation, StoryId
from crawler.stores.engine import in_parts
from crawler.stores.schema import AnyRow, articles, stories, story_events

Moves = Mapping[PageId, StoryId]


def stories_of(connection: Connection, pages: Collection[PageId]) -> dict[PageId, StoryId]:
    """The stories that these pages are in; a page that is in none is left out."""
    found: dict[PageId, StoryId] = {}
    for part in in_parts(list(pages)):
        wanted = select(articles.c.page_id, articles.c.story_id)
        rows = connection.execute(wanted.where(articles.c.page_id.in_(part), articles.c.story_id.is_not(None)))
        found |= {PageId(row.page_id): StoryId(row.story_id) for row in rows}
    return found


def members_of(connection: Connection, story: StoryId) -> list[AnyRow]:
    """A story's pages by first sight, then address."""
    wanted = select(articles.c.page_id, articles.c.relation, articles.c.first_seen_at).where(articles.c.story_id == story)
    return list(connection.execute(wanted.order_by(articles.c.first_seen_at, articles.c.url)).all())


def snapshot(connection: Connection, moves: Moves) -> dict[str, Any]:
    """How the pages and the stories of `moves` stand, for `read_snapshot`: JSON-able."""
    standing = stories_of(connection, moves.keys())
    touched = sorted({*standing.values(), *moves.values()})
    rows = connection.execute(select(stories.c.id, stories.c.canonical_id).where(stories.c.id.in_(touched)))
    merged = connection.execute(select(stories.c.id, stories.c.merged_into).where(stories.c.merged_into.in_(touched)))
    return {
        "pages": {str(page): story for page, story in standing.items()},
        "canonical": {row.id: row.canonical_id for row in rows},
        "merged": {row.id: row.merged_into for row in merged},
    }


def move_pages(
    connection: Connection, moves: Moves, now: datetime, *, decision: int, canonical: Mapping[str, int | None] | None = None
) -> None:
    """After this each page is in its story, made or revived where need be; a story left without pages is merged into theirs.

    Until it is judged a story's canonical version is that of `canonical`, else its own if that stayed, else the page seen first.
    """
    before = stories_of(connection, moves.keys())
    moves = {page: story for page, story in moves.items() if page in before and before[page] != story}
    known = set(connection.execute(select(stories.c.id).where(stories.c.id.in_(set(moves.values())))).scalars())
    for story in sorted(set(moves.values()) - known):
        pages = [page for page in moves if moves[page] == story]
        seen_at = select(func.min(articles.c.first_seen_at)).where(articles.c.page_id.in_(pages)).scalar_subquery()
        connection.execute(insert(stories).values(id=story, first_seen_at=seen_at, changed_at=now, settle_due=True))
    for page, story in sorted(moves.items()):
        connection.execute(update(articles).where(articles.c.page_id == page).values(story_id=story))
        _tell(connection, before[page], "left", page, now, {"to": story, "decision": decision})
        _tell(connection, story, "joined" if story in known else "created", page, now, {"decision": decision})
    for story in sorted({*moves.values(), *(before[page] for page in moves)}):
        _renew(connection, story, moves, before, canonical or {}, now, decision)


def _renew(
    connection: Connection, story: StoryId, moves: Moves, before: Moves, canonical: Mapping[str, int | None], now: datetime,
    decision: int,
) -> None:
    members = members_of(connection, story)
    standing = connection.execute(select(stories.c.canonical_id).where(stories.c.id == story)).scalar()
    if not members:
        went = Counter(moves[page] for page in moves if before[page] == story)
        _merge(connection, story, max(sorted(went), key=lambda to: went[to]), standing, now)
        return
    pages = [member.page_id for member in members]
    choice = next((page for page in (canonical.get(story), standing) if page in pages), pages[0])
    values: dict[str, Any] = {"canonical_id": choice, "merged_into": None, "members": len(members), "changed_at": now}
    if standing != choice:
        values["why_canonical"] = ""
        if standing is not None:
            _tell(connection, story, "promoted", choice, now, {"instead_of": standing, "decision": decision})
    connection.execute(update(stories).where(stories.c.id == story).values(settle_due=True, **values))
    for member in members:  # until it is judged
        is_canonical = member.page_id == choice
        if is_canonical == (member.relation is not None):
            relation = None if is_canonical else Relation.COPY.value
            connection.execute(update(articles).where(articles.c.page_id == member.page_id).values(relation=relation))


def _merge(connection: Connection, story: StoryId, into: StoryId, canonical: int | None, now: datetime) -> None:
    emptied = {"merged_into": into, "canonical_id": None, "members": 0, "changed_at": now, "settle_due": False}
    connection.execute(update(stories).where(stories.c.id == story).values(**emptied))
    connection.execute(update(stories).where(stories.c.merged_into == story).values(merged_into=into))
    _tell(connection, into, "merged", canonical, now, {"story": story})


def lead_back(connection: Connection, merged: Mapping[str, str]) -> None:
    """After this ids that led to a story lead to it again, if it has pages again."""
    for story, into in sorted(merged.items()):
        alive = select(stories.c.id).where(stories.c.id == into, stories.c.members > 0).exists()
        gone = stories.c.merged_into.is_not(None)
        connection.execute(update(stories).where(stories.c.id == story, gone, alive).values(merged_into=into))


def have_judged(connection: Connection, pages: Collection[PageId]) -> None:
    """After this every member of the stories that these pages are in is to be judged again."""
    touched = sorted(set(stories_of(connection, pages).values()))
    for part in in_parts(touched):
        connection.execute(update(articles).where(articles.c.story_id.in_(part)).values(judge_due=True))


def _tell(connection: Connection, story: StoryId, event: str, page: int | None, now: datetime, detail: Mapping[str, Any]) -> None:
    values = {"story_id": story, "at": now, "event": event, "page_id": page, "detail": dict(detail)}
    connection.execute(insert(story_events).values(values))
