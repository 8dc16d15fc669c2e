"""After the verdict: a copy's text becomes its difference from the canonical one, and the canonical text can be searched.

A story that changed is settled once, when judging has come to rest, not at every step on the way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select, update

from crawler.dedup.difference import encode_difference, restore
from crawler.model import BlockMark
from crawler.stores.engine import in_parts
from crawler.stores.schema import AnyRow, articles, revisions, search, stories

_FIELDS = select(
    revisions.c.id, revisions.c.page_id, revisions.c.number, revisions.c.text, revisions.c.difference, revisions.c.base_id
)


_MANY: BindParameter[Any] = bindparam("many", expanding=True)
_SETTLED = update(stories).where(stories.c.id.in_(_MANY)).values(settle_due=False)
_CANONICAL = select(stories.c.id, stories.c.canonical_id).where(stories.c.id.in_(_MANY))
_MEMBERS = select(
    articles.c.story_id, articles.c.page_id, articles.c.revision_id, articles.c.marks, articles.c.title
).where(articles.c.story_id.in_(_MANY))
_OF_PAGES = _FIELDS.where(revisions.c.page_id.in_(_MANY)).order_by(revisions.c.id)
_BUILT_ON = _FIELDS.where(revisions.c.base_id == bindparam("revision"))
_REWRITE = update(revisions).where(revisions.c.id == bindparam("revision")).values(
    text=bindparam("whole"), difference=bindparam("changes"), base_id=bindparam("base")
)
_INDEX = insert(search)


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


def settle_stories(connection: Connection, ids: Sequence[str]) -> None:
    """Keep each canonical page's revisions whole, every other member's as differences from one, and index it."""
    connection.execute(_SETTLED, {"many": ids})
    canonical = {row.id: row.canonical_id for row in connection.execute(_CANONICAL, {"many": ids})}
    members: dict[str, list[AnyRow]] = {}
    for row in connection.execute(_MEMBERS, {"many": ids}):
        members.setdefault(row.story_id, []).append(row)
    found: list[dict[str, Any]] = []
    pages = [row.page_id for rows in members.values() for row in rows]
    of_page = _revisions(connection, pages)
    for part in in_parts(pages):
        connection.execute(delete(search).where(search.c.rowid.in_(part)))
    for story, rows in members.items():
        if canonical[story] is not None:
            found.append(_settle(connection, canonical[story], rows, of_page))
    if found:
        connection.execute(_INDEX, found)


def _settle(
    connection: Connection, canonical: int, members: Sequence[AnyRow], of_page: Mapping[int, list[AnyRow]]
) -> dict[str, Any]:
    """Settle one story; the row by which it is searched."""
    member = next(member for member in members if member.page_id == canonical)
    _keep_whole(connection, of_page[canonical])
    bases = {row.id: read_text(connection, row) for row in reversed(of_page[canonical])}
    for other in members:
        if other.page_id != canonical:
            _keep_difference(connection, of_page[other.page_id], bases)
    return {"rowid": canonical, "title": member.title or "", "text": shown_text(bases[member.revision_id], member.marks)}


def _revisions(connection: Connection, pages: Sequence[int]) -> Mapping[int, list[AnyRow]]:
    found: dict[int, list[AnyRow]] = {}
    for part in in_parts(pages):
        for row in connection.execute(_OF_PAGES, {"many": part}):
            found.setdefault(row.page_id, []).append(row)
    return found


def _keep_whole(connection: Connection, rows: Sequence[AnyRow]) -> None:
    for row in rows:
        if row.text is None:
            _write(connection, row.id, text=read_text(connection, row), difference=None, base_id=None)


def _keep_difference(connection: Connection, rows: Sequence[AnyRow], bases: Mapping[int, str]) -> None:
    """Differences from a revision of the canonical page stay as they are: a copy keeps the revision it was taken from.

    That is the one it differs least from; of equals the first of `bases`, which are the newest first.
    """
    for row in rows:
        if row.base_id in bases:
            continue
        text = read_text(connection, row)
        _free(connection, row.id)
        differences = {base: encode_difference(base_text, text) for base, base_text in bases.items()}
        nearest = min(differences, key=lambda base: len(differences[base]))
        _write(connection, row.id, text=None, difference=differences[nearest], base_id=nearest)


def _free(connection: Connection, revision: int) -> None:
    """Make whole every revision that is kept as a difference from this one, which is about to become one itself."""
    for row in connection.execute(_BUILT_ON, {"revision": revision}).all():
        _write(connection, row.id, text=read_text(connection, row), difference=None, base_id=None)
        connection.execute(
            update(stories)
            .where(stories.c.id.in_(select(articles.c.story_id).where(articles.c.page_id == row.page_id)))
            .values(settle_due=True)
        )


def _write(connection: Connection, revision: int, *, text: str | None, difference: bytes | None, base_id: int | None) -> None:
    connection.execute(_REWRITE, {"revision": revision, "whole": text, "changes": difference, "base": base_id})
