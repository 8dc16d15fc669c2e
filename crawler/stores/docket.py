"""What a verdict reads of the database, within the transaction that will write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, func, select, union_all

from crawler.dedup.chrome import RECENT
from crawler.dedup.document import Comparison, Document
from crawler.dedup.shingles import Shingles
from crawler.model import PageId, StoryId
from crawler.stores.facts import DOCUMENT, comparison_of, document_of
from crawler.stores.schema import articles, bands, links, pages, site_names, sites, stories, title_keys

CROWDED = 200  # a row with more pages than this tells nothing; it is left out
_AT_ONCE = 400  # values bound in one statement
_LOW = articles.alias("low_article")
_HIGH = articles.alias("high_article")
_COMPARISON = (
    select(
        links.c.low, links.c.high, links.c.joined, links.c.reason, links.c.measures,
        _LOW.c.story_id.label("low_story"), _HIGH.c.story_id.label("high_story"),
    )
    .join(_LOW, _LOW.c.page_id == links.c.low)
    .join(_HIGH, _HIGH.c.page_id == links.c.high)
)


class SqlDocket:
    """The port `crawler.dedup.document.Docket` on one connection; lives as long as its transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.crowded_rows = 0
        self._chrome: dict[str, Shingles] = {}
        self._documents: dict[PageId, Document] = {}

    def forget(self, page: PageId) -> None:
        """Read this page anew when it is asked for again: it was written since."""
        self._documents.pop(page, None)

    def set_chrome(self, site: str, chrome: Shingles) -> None:
        self._chrome[site] = chrome

    def document(self, page: PageId) -> Document | None:
        return next(iter(self.documents([page])), None)

    def documents(self, pages: Collection[PageId]) -> Sequence[Document]:
        missing = [page for page in pages if page not in self._documents]
        for start in range(0, len(missing), _AT_ONCE):
            for row in self.connection.execute(DOCUMENT.where(articles.c.page_id.in_(missing[start : start + _AT_ONCE]))):
                self._documents[PageId(row.page_id)] = document_of(row)
        return [self._documents[page] for page in pages if page in self._documents]

    def site_documents(self, site: str) -> Sequence[Document]:
        """The site's recent documents, newest first."""
        recent = DOCUMENT.where(articles.c.site == site).order_by(articles.c.first_seen_at.desc(), articles.c.page_id.desc())
        return [document_of(row) for row in self.connection.execute(recent.limit(RECENT))]

    def chrome(self, site: str) -> Shingles:
        if site not in self._chrome:
            stored = self.connection.execute(select(sites.c.chrome).where(sites.c.site == site)).scalar()
            self._chrome[site] = np.frombuffer(stored or b"", dtype="<u8")
        return self._chrome[site]

    def candidates(self, rows: Sequence[int], *, excluding: PageId, limit: int) -> Sequence[PageId]:
        found = self.connection.execute(
            select(bands.c.row, bands.c.page_id).where(bands.c.row.in_(rows)).limit(len(rows) * CROWDED)
        ).all()
        crowds = Counter(row for row, _ in found)
        crowded = {row for row, count in crowds.items() if count > CROWDED}
        self.crowded_rows += len(crowded)
        shared = Counter(page for row, page in found if row not in crowded and page != excluding)
        ranked = sorted((-count, page) for page, count in shared.items() if count >= 2)
        return [PageId(page) for _, page in ranked[:limit]]

    def with_text(self, text_key: int) -> Sequence[PageId]:
        wanted = select(articles.c.page_id).where(articles.c.text_key == text_key).order_by(articles.c.page_id).limit(8)
        return [PageId(page) for page in self.connection.execute(wanted).scalars()]

    def with_titles(self, keys: Collection[int], *, limit: int) -> Sequence[PageId]:
        wanted = select(title_keys.c.page_id).where(title_keys.c.key.in_(list(keys))).distinct()
        newest = wanted.order_by(title_keys.c.page_id.desc()).limit(limit)
        return [PageId(page) for page in self.connection.execute(newest).scalars()]

    def at_addresses(self, keys: Collection[str]) -> Sequence[PageId]:
        wanted = select(func.coalesce(pages.c.redirect_to, pages.c.id)).where(pages.c.key.in_(list(keys)))
        return [PageId(page) for page in self.connection.execute(wanted).scalars()]

    def sites_named(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        bearers: dict[str, set[str]] = {}
        for name, site in self.connection.execute(
            select(site_names.c.name, site_names.c.site).where(site_names.c.name.in_(list(names)))
        ):
            bearers.setdefault(name, set()).add(site)
        return {name: frozenset(found) for name, found in bearers.items()}

    def comparisons(self, pages: Collection[PageId]) -> Sequence[Comparison]:
        found: dict[tuple[int, int], Comparison] = {}
        wanted = list(pages)
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            both = union_all(_COMPARISON.where(links.c.low.in_(part)), _COMPARISON.where(links.c.high.in_(part)))
            for row in self.connection.execute(both):
                found[row.low, row.high] = comparison_of(row)
        return list(found.values())

    def members(self, stories: Collection[StoryId]) -> Sequence[PageId]:
        wanted = select(articles.c.page_id).where(articles.c.story_id.in_(list(stories))).order_by(articles.c.page_id)
        return [PageId(page) for page in self.connection.execute(wanted).scalars()]

    def standing(self, stories_asked: Collection[StoryId]) -> Mapping[StoryId, tuple[PageId | None, datetime]]:
        wanted = select(stories.c.id, stories.c.canonical_id, stories.c.first_seen_at).where(stories.c.id.in_(list(stories_asked)))
        return {
            StoryId(row.id): (None if row.canonical_id is None else PageId(row.canonical_id), row.first_seen_at)
            for row in self.connection.execute(wanted)
        }
