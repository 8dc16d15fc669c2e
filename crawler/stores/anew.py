"""Stored texts judged anew under other settings: in the store itself, or on trial in a copy of what verdicts read.

    mark     sites named as the settings' families say → articles due → every site's chrome counted again
    judge    ArticleStore.judge_due until nothing is due: the path on which a crawl judges again
    copied   the tables that a verdict reads, in a scratch database of its own: the same two steps there are the preview

So a trial and what is then applied are one code on one content, and a trial writes nothing into the store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, delete, event, func, insert, literal, select, update

from crawler.dedup.chrome import changed_by, learn_chrome
from crawler.dedup.words import fold_name
from crawler.model import PageId, Relation, StoryId
from crawler.settings import Settings
from crawler.stores.articles import ArticleStore
from crawler.stores.docket import SqlDocket
from crawler.stores.engine import AT_ONCE, begin_verdict, connect_engine, in_parts, read
from crawler.stores.facts import tokens_to_bytes
from crawler.stores.rules import rules_of
from crawler.stores.schema import (
    articles,
    entries,
    feeds,
    hosts,
    metadata,
    pages,
    revisions,
    robots,
    runs,
    site_names,
    sites,
    stories,
    story_events,
)
from crawler.urls import host_of

BATCH = 50  # pages judged, stories settled, in one transaction
SITES_AT_ONCE = 20  # sites whose chrome is counted in one transaction
_NOT_READ = frozenset(table.name for table in (feeds, entries, hosts, robots, runs))  # by no verdict
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Where a page stands: in which story, and as what (None: as its canonical version)."""

    page: PageId
    story: StoryId
    relation: Relation | None


class Anew:
    """Judges what is stored under the settings given."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._rules = rules_of(settings)

    def mark(self, since: datetime | None) -> int:
        """After this every article first seen since then is due, and each site's chrome is counted again; how many are due.

        Pages of before that a site's new chrome changes are due as well. Where it is cut off, what is due is judged by the
        next crawl.
        """
        with begin_verdict(self._engine) as connection:
            _name_sites(connection, self._rules.sites.of)
            due = update(articles).values(judge_due=True)
            connection.execute(due if since is None else due.where(articles.c.first_seen_at >= since))
            named = connection.execute(select(articles.c.site).distinct().order_by(articles.c.site)).scalars().all()
        for part in in_parts(named, SITES_AT_ONCE):
            with begin_verdict(self._engine) as connection:
                for site in part:
                    _count_chrome(connection, site)
        with read(self._engine) as connection:
            return connection.scalar(select(func.count()).where(articles.c.judge_due)) or 0

    def judge(self, now: datetime, told: Told) -> int:
        """Judge until nothing is due, `told` how many after each batch; how many there were."""
        store = ArticleStore(self._engine, rules=self._rules, recheck_after_s=self._settings.recheck.after_s)
        judged = 0
        while count := store.judge_due(now, BATCH)[0]:
            judged += count
            told(judged)
        return judged

    def settle(self) -> None:
        """Keep the texts of all stories that changed as their new canonical versions ask for."""
        store = ArticleStore(self._engine, rules=self._rules, recheck_after_s=self._settings.recheck.after_s)
        while store.settle_due(BATCH):
            pass

    def placings(self) -> Iterator[Placing]:
        """Where each article stands, in the order of pages; streamed."""
        placed = select(articles.c.page_id, articles.c.story_id, articles.c.relation).where(articles.c.story_id.is_not(None))
        with read(self._engine) as connection:
            ordered = placed.order_by(articles.c.page_id).execution_options(yield_per=AT_ONCE)
            for page, story, relation in connection.execute(ordered):
                yield Placing(page=PageId(page), story=StoryId(story), relation=Relation(relation) if relation else None)

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Anew]:
        """A copy, in a database file in `folder`, of all that verdicts read; texts of revisions are not among it."""
        engine = _scratch_engine(folder)
        try:
            with read(self._engine) as source, begin_verdict(engine) as target:
                for table in metadata.sorted_tables:
                    if table.name not in _NOT_READ:
                        _copy(source, target, table)
            yield Anew(engine, self._settings)
        finally:
            engine.dispose()


def _scratch_engine(folder: Path) -> Engine:
    """An empty database without what guards a lasting one: nothing is lost with it."""
    engine = connect_engine(f"sqlite:///{folder / 'trial.db'}")
    event.listen(engine, "connect", lambda connection, _: connection.executescript(
        "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF"
    ))
    metadata.create_all(engine)
    return engine


def _copy(source: Connection, target: Connection, table: Table) -> None:
    rows = source.execute(_wanted(table).execution_options(yield_per=AT_ONCE)).mappings()
    for part in rows.partitions():
        target.execute(insert(table), [dict(row) for row in part])


def _wanted(table: Table) -> Select[Any]:
    """A table's rows; of revisions only those in force, without their texts, of events which pages left merged stories."""
    if table is story_events:
        merged = select(stories.c.id).where(stories.c.merged_into.is_not(None))
        return select(table).where(table.c.event == "left", table.c.story_id.in_(merged))
    if table is not revisions:
        return select(table)
    slim: dict[str, Any] = {"text": "", "article": {}, "difference": None, "base_id": None}
    columns = [literal(slim[c.name], c.type).label(c.name) if c.name in slim else c for c in table.columns]
    return select(*columns).where(revisions.c.id.in_(select(articles.c.revision_id)))


def _name_sites(connection: Connection, site_of: Callable[[str], str]) -> None:
    """After this each article's site is the one its address has under the families in force."""
    moved: dict[tuple[str, str], list[int]] = {}
    placed = select(articles.c.page_id, articles.c.url, articles.c.site, pages.c.host).join(pages, pages.c.id == articles.c.page_id)
    for row in connection.execute(placed.order_by(articles.c.page_id).execution_options(yield_per=AT_ONCE)):
        site = site_of(row.url or row.host)
        if site != row.site:
            moved.setdefault((row.site, site), []).append(row.page_id)
    for (_, site), of_site in moved.items():
        for part in in_parts(of_site):
            connection.execute(update(articles).where(articles.c.page_id.in_(part)).values(site=site))
    for site in sorted({site for pair in moved for site in pair}):
        _note_names(connection, site)


def _note_names(connection: Connection, site: str) -> None:
    """After this a site bears the names that its articles give it, and no other."""
    connection.execute(delete(site_names).where(site_names.c.site == site))
    counts: dict[str, int] = {}
    of_site = select(articles.c.publisher, articles.c.url, func.count().label("number")).where(articles.c.site == site)
    for row in connection.execute(of_site.group_by(articles.c.publisher, articles.c.url)):
        host = host_of(row.url) if row.url else None
        for name in {fold_name(name) for name in (row.publisher, site.split(".")[0], host) if name} - {""}:
            counts[name] = counts.get(name, 0) + row.number
    if counts:
        connection.execute(
            insert(site_names), [{"name": name, "site": site, "pages": number} for name, number in sorted(counts.items())]
        )


def _count_chrome(connection: Connection, site: str) -> None:
    """After this a site's chrome is what its recent pages repeat now, and the pages that this changes are due."""
    docket = SqlDocket(connection)
    before, recent = docket.chrome(site), docket.site_documents(site)
    chrome = learn_chrome(recent)
    number = connection.scalar(select(func.count()).where(articles.c.site == site)) or 0
    values = {"documents": number, "counted": number, "chrome": tokens_to_bytes(chrome)}
    if connection.execute(update(sites).where(sites.c.site == site).values(**values)).rowcount == 0:
        connection.execute(insert(sites).values(site=site, **values))
    changed: Sequence[PageId] = [document.page for document in changed_by(recent, before, chrome)]
    for part in in_parts(changed):
        connection.execute(update(articles).where(articles.c.page_id.in_(part)).values(judge_due=True))
