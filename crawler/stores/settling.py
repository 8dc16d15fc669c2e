"""After the verdict: a copy's text becomes its difference from the canonical one, and the canonical text can be searched.

A story that changed is settled once, when judging has come to rest, not at every step on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from crawler.dedup.difference import encode_difference, restore
from crawler.model import BlockMark
from crawler.stores.schema import AnyRow, articles, revisions, search, stories

_FIELDS = select(
    revisions.c.id, revisions.c.page_id, revisions.c.number, revisions.c.text, revisions.c.difference, revisions.c.base_id
)


def read_text(connection: Connection, revision: AnyRow) -> str:
    """The whole text of a revision, restored where only its difference is kept."""
    if revision.text is not None:
        return str(revision.text)
    base = connection.execute(_FIELDS.where(revisions.c.id == revision.base_id)).one()
    return restore(read_text(connection, base), revision.difference)


def shown_text(text: str, marks: str) -> str:
    """The blocks that are the article's own, a line each."""
    return "\n".join(
        block for block, mark in zip(text.split("\n"), marks, strict=False) if mark == BlockMark.TEXT
    )


def settle_story(connection: Connection, story: str) -> None:
    """Keep the canonical page's revisions whole, every other member's as differences from its newest, and index it."""
    canonical = connection.execute(select(stories.c.canonical_id).where(stories.c.id == story)).scalar()
    members = connection.execute(
        select(articles.c.page_id, articles.c.revision_id, articles.c.marks, articles.c.title).where(articles.c.story_id == story)
    ).all()
    if canonical is not None and members:
        of_page = _revisions(connection, [member.page_id for member in members])
        newest = next(member.revision_id for member in members if member.page_id == canonical)
        _keep_whole(connection, of_page.get(canonical, ()))
        base = connection.execute(_FIELDS.where(revisions.c.id == newest)).one()
        for member in members:
            if member.page_id != canonical:
                _keep_difference(connection, of_page.get(member.page_id, ()), base, {row.id for row in of_page[canonical]})
        _index(connection, canonical, members, base.text)
    connection.execute(update(stories).where(stories.c.id == story).values(settle_due=False))


def _revisions(connection: Connection, pages: Sequence[int]) -> Mapping[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = {}
    for row in connection.execute(_FIELDS.where(revisions.c.page_id.in_(pages)).order_by(revisions.c.id)):
        found.setdefault(row.page_id, []).append(row)
    return found


def _keep_whole(connection: Connection, rows: Sequence[AnyRow]) -> None:
    for row in rows:
        if row.text is None:
            _write(connection, row.id, text=read_text(connection, row), difference=None, base_id=None)


def _keep_difference(connection: Connection, rows: Sequence[AnyRow], base: AnyRow, bases: set[int]) -> None:
    """Differences from a revision of the canonical page stay as they are: a copy keeps the revision it was taken from."""
    for row in rows:
        if row.base_id in bases:
            continue
        text = read_text(connection, row)
        _free(connection, row.id)
        _write(connection, row.id, text=None, difference=encode_difference(base.text, text), base_id=base.id)


def _free(connection: Connection, revision: int) -> None:
    """Make whole every revision that is kept as a difference from this one, which is about to become one itself."""
    for row in connection.execute(_FIELDS.where(revisions.c.base_id == revision)).all():
        _write(connection, row.id, text=read_text(connection, row), difference=None, base_id=None)
        connection.execute(
            update(stories)
            .where(stories.c.id.in_(select(articles.c.story_id).where(articles.c.page_id == row.page_id)))
            .values(settle_due=True)
        )


def _write(connection: Connection, revision: int, **values: Any) -> None:
    connection.execute(update(revisions).where(revisions.c.id == revision).values(**values))


def _index(connection: Connection, canonical: int, members: Sequence[AnyRow], text: str) -> None:
    connection.execute(delete(search).where(search.c.rowid.in_([member.page_id for member in members])))
    member = next(member for member in members if member.page_id == canonical)
    connection.execute(insert(search).values(rowid=canonical, title=member.title or "", text=shown_text(text, member.marks)))
