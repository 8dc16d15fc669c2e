"""What a verdict reads of the database, within the transaction that will write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import BigInteger, Connection, Text, and_, bindparam, func, literal, select, union_all

from crawler.dedup.candidates import CROWDED, Proposed, propose_pages
from crawler.dedup.chrome import RECENT
from crawler.dedup.clusters import NO_DECISIONS
from crawler.dedup.document import Comparison, Decisions, Document
from crawler.dedup.shingles import Shingles
from crawler.model import PageId, StoryId
from crawler.stores.engine import as_list, listed
from crawler.stores.facts import DOCUMENT, comparison_of, decisions_of, document_of
from crawler.stores.schema import (
    AnyRow,
    articles,
    bands,
    decided_pairs,
    links,
    pages,
    site_names,
    sites,
    stories,
    story_events,
    title_keys,
)

_LOW = articles.alias("low_article")
_HIGH = articles.alias("high_article")
_COMPARISON = (
    select(
        links.c.low, links.c.high, links.c.joined, links.c.reason, links.c.measures,
        (_LOW.c.site == _HIGH.c.site).label("within_site"),
        _LOW.c.story_id.label("low_story"), _HIGH.c.story_id.label("high_story"),
    )
    .join(_LOW, _LOW.c.page_id == links.c.low)
    .join(_HIGH, _HIGH.c.page_id == links.c.high)
)
_PAGES = listed("many", BigInteger)
_TEXTS = listed("many", Text)
# Built once: building a statement costs SQLAlchemy more than SQLite takes to answer it.
_DOCUMENTS = DOCUMENT.where(articles.c.page_id.in_(_PAGES))
_OF_SITE = (
    DOCUMENT.where(articles.c.site == bindparam("site"))
    .order_by(articles.c.first_seen_at.desc(), articles.c.page_id.desc())
    .limit(RECENT)
)
_CHROME = select(sites.c.chrome).where(sites.c.site == bindparam("site"))
_BY_TEXT = select(literal("text").label("how"), literal(0).label("row"), articles.c.page_id).where(
    articles.c.text_key == bindparam("text_key")
)
_BY_ROWS = select(literal("row").label("how"), bands.c.row, bands.c.page_id).where(bands.c.row.in_(listed("rows", BigInteger)))
_BY_TITLE = select(literal("title").label("how"), literal(0).label("row"), title_keys.c.page_id).where(
    title_keys.c.key.in_(listed("titles", BigInteger))
)
_BY_ROW = _BY_ROWS.limit(CROWDED + 1)  # the page that is judged may be among them
_PROPOSED = union_all(_BY_TEXT, _BY_ROWS, _BY_TITLE).limit(bindparam("most"))
_AT = select(func.coalesce(pages.c.redirect_to, pages.c.id)).where(pages.c.key.in_(_TEXTS))
_NAMED = select(site_names.c.name, site_names.c.site).where(site_names.c.name.in_(_TEXTS))
_COMPARED = union_all(_COMPARISON.where(links.c.low.in_(_PAGES)), _COMPARISON.where(links.c.high.in_(_PAGES)))
_MEMBERS = select(articles.c.page_id).where(articles.c.story_id.in_(_TEXTS)).order_by(articles.c.page_id)
_HOMES = (
    select(story_events.c.page_id, story_events.c.story_id)
    .join(stories, stories.c.id == story_events.c.story_id)
    .join(articles, and_(articles.c.page_id == story_events.c.page_id, articles.c.story_id == stories.c.merged_into))
    .where(articles.c.page_id.in_(_PAGES), story_events.c.event == "left")
    .order_by(story_events.c.id)  # of several the last one stays
)
_STORIES = select(stories).where(stories.c.id.in_(_TEXTS))
_DECIDED = select(decided_pairs.c.decision_id, decided_pairs.c.low, decided_pairs.c.high, decided_pairs.c.says).where(
    decided_pairs.c.in_force
)
_ANY_DECIDED = _DECIDED.limit(1)
_DECIDED_OF = union_all(_DECIDED.where(decided_pairs.c.low.in_(_PAGES)), _DECIDED.where(decided_pairs.c.high.in_(_PAGES)))


class SqlDocket:
    """The port `crawler.dedup.document.Docket` on one connection; lives as long as its transaction.

    `chromes` is what earlier transactions read of sites' chrome; what this one changes of it is in `new_chromes` until it is
    committed.
    """

    def __init__(
        self, connection: Connection, chromes: dict[str, Shingles] | None = None, *, is_decided: bool | None = None
    ) -> None:
        self.connection = connection
        self.new_chromes: dict[str, Shingles] = {}
        self._chromes = {} if chromes is None else chromes
        self._documents: dict[PageId, Document] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._stories: dict[str, AnyRow] = {}
        self._is_decided = is_decided  # whether people decided anything at all; None: not yet asked

    def put(self, document: Document) -> None:
        """Know a document that is not to be read, because it was just written."""
        self._documents[document.page] = document

    def forget(self, page: PageId) -> None:
        """Read this page anew when it is asked for again: it was written since."""
        self._documents.pop(page, None)

    def forget_stories(self) -> None:
        self._stories.clear()

    def document(self, page: PageId) -> Document | None:
        return next(iter(self.documents([page])), None)

    def documents(self, pages: Collection[PageId]) -> Sequence[Document]:
        if missing := [page for page in pages if page not in self._documents]:
            for row in self.connection.execute(_DOCUMENTS, {"many": as_list(missing)}):
                self._documents[PageId(row.page_id)] = document_of(row)
        return [self._documents[page] for page in pages if page in self._documents]

    def site_documents(self, site: str) -> Sequence[Document]:
        """The site's recent documents, newest first."""
        return [document_of(row) for row in self.connection.execute(_OF_SITE, {"site": site})]

    def chrome(self, site: str) -> Shingles:
        if site in self.new_chromes:
            return self.new_chromes[site]
        if site not in self._chromes:
            stored = self.connection.execute(_CHROME, {"site": site}).scalar()
            self._chromes[site] = np.frombuffer(stored or b"", dtype="<u8")
        return self._chromes[site]

    def propose(self, rows: Sequence[int], text_key: int | None, titles: Collection[int], *, excluding: PageId) -> Proposed:
        most = (len(rows) + 2) * CROWDED
        asked = {"rows": as_list(rows), "most": most, "text_key": text_key, "titles": as_list(titles)}
        answer = self.connection.execute(_PROPOSED, asked).all()  # at once: row by row costs twice as much
        if len(answer) == most:  # a few rows of thousands leave no room for what tells more
            parts = [_BY_TEXT, _BY_TITLE.order_by(title_keys.c.page_id.desc())]
            answer = [found for part in parts for found in self.connection.execute(part.limit(CROWDED), asked)]
            for row in rows:
                answer += self.connection.execute(_BY_ROW, {"rows": as_list([row])})
        found: dict[str, list[tuple[int, PageId]]] = {"text": [], "row": [], "title": []}
        for how, row, page in answer:
            if page != excluding:
                found[how].append((row, PageId(page)))
        return propose_pages((page for _, page in found["text"]), found["row"], (page for _, page in found["title"]))

    def at_addresses(self, keys: Collection[str]) -> Sequence[PageId]:
        return [PageId(page) for page in self.connection.execute(_AT, {"many": as_list(keys)}).scalars()]

    def sites_named(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        missing = [name for name in names if name not in self._names]
        if missing:
            bearers: dict[str, set[str]] = {name: set() for name in missing}
            for name, site in self.connection.execute(_NAMED, {"many": as_list(missing)}):
                bearers[name].add(site)
            self._names |= {name: frozenset(found) for name, found in bearers.items()}
        return {name: self._names[name] for name in names}

    def comparisons(self, pages: Collection[PageId]) -> Sequence[Comparison]:
        rows = self.connection.execute(_COMPARED, {"many": as_list(pages)})
        found = {(row.low, row.high): comparison_of(row) for row in rows}
        return list(found.values())

    def members(self, stories: Collection[StoryId]) -> Sequence[PageId]:
        return [PageId(page) for page in self.connection.execute(_MEMBERS, {"many": as_list(stories)}).scalars()]

    def decisions(self, pages: Collection[PageId]) -> Decisions:
        if self._is_decided is None:
            self._is_decided = self.connection.execute(_ANY_DECIDED).first() is not None
        if not self._is_decided:
            return NO_DECISIONS
        rows = self.connection.execute(_DECIDED_OF, {"many": as_list(pages)})
        found = {(row.decision_id, row.low, row.high): row for row in rows}
        return decisions_of(found.values())

    def homes(self, pages: Collection[PageId]) -> Mapping[PageId, StoryId]:
        found = self.connection.execute(_HOMES, {"many": as_list(pages)})
        return {PageId(page): StoryId(story) for page, story in found}

    def standing(self, stories: Collection[StoryId]) -> Mapping[StoryId, tuple[PageId | None, datetime]]:
        return {
            StoryId(row.id): (None if row.canonical_id is None else PageId(row.canonical_id), row.first_seen_at)
            for row in self.story_rows(stories)
        }

    def story_rows(self, stories: Collection[StoryId]) -> list[AnyRow]:
        """The stories as they stand, kept until they are written."""
        if missing := [story for story in stories if story not in self._stories]:
            self._stories |= {row.id: row for row in self.connection.execute(_STORIES, {"many": as_list(missing)})}
        return [self._stories[story] for story in stories if story in self._stories]
