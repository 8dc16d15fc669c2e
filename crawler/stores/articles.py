"""The verdict's side of the store: an article recorded and judged in one transaction, judged again, settled.

    record_article   revision → its site's chrome, counted again where due → verdict → stories     one transaction
    judge_due        pages whose site's chrome became known since                                  one transaction a batch
    settle_due       copies' texts become differences, canonical texts searchable                  one transaction a batch

Every one of them takes the verdict lock first: two verdicts that did not see each other would make two stories of one text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from crawler.dedup.chrome import changed_by, is_count_due, learn_chrome
from crawler.dedup.document import Document
from crawler.dedup.judge import Rules, judge
from crawler.dedup.origins import origins_named
from crawler.dedup.revising import Reading, hash_of_text, is_revision, reading_of
from crawler.dedup.shingles import Shingles
from crawler.dedup.signature import SCHEME
from crawler.dedup.words import fold_name, read_tokens
from crawler.model import (
    Article,
    PageId,
    PageLease,
    PageState,
    RecordResult,
    RevisionId,
    StoryId,
    TextSource,
    TextState,
    Validators,
)
from crawler.stores.chasing import queue_origins
from crawler.stores.codecs import article_to_json
from crawler.stores.docket import SqlDocket
from crawler.stores.engine import begin_verdict, upsert
from crawler.stores.facts import facts_of, new_document, title_keys_of, tokens_to_bytes
from crawler.stores.rechecks import next_recheck
from crawler.stores.rulings import Rulings, Written
from crawler.stores.schema import AnyRow, articles, decided_pairs, pages, revisions, site_names, sites, stories, title_keys
from crawler.stores.settling import settle_stories
from crawler.urls import address_key, host_of

_GET_PAGE = select(
    pages.c.key, pages.c.host, pages.c.first_seen_at, pages.c.lease_token, pages.c.chased_at,
    select(articles.c.page_id).where(articles.c.page_id == pages.c.id).exists().label("is_known"),
    select(decided_pairs.c.low).where(decided_pairs.c.in_force).exists().label("is_decided"),
).where(pages.c.id == bindparam("page"))
_GET_KNOWN = (
    select(
        revisions.c.number, revisions.c.text_hash, articles.c.story_id, articles.c.source, articles.c.title, articles.c.tokens,
        revisions.c.marks, articles.c.state, articles.c.site,
    )
    .join(revisions, revisions.c.id == articles.c.revision_id)
    .where(articles.c.page_id == bindparam("page"))
)
_RETURNED: dict[str, Any] = {
    "attempts": 0, "deaths": 0, "leased_until_at": None, "last_error": None, "fetched_at": bindparam("at")
}
_KEEP_PAGE = update(pages).where(pages.c.id == bindparam("page")).values(due_at=None, why_due="", **_RETURNED)
_CLOSE_PAGE = update(pages).where(pages.c.id == bindparam("page")).values(
    state=bindparam("as_state"), etag=bindparam("tag"), last_modified=bindparam("modified"), body_hash=bindparam("hash"),
    due_at=bindparam("due"), why_due=bindparam("why"), **_RETURNED,
)
_OWE_NOTHING = update(pages).where(pages.c.id == bindparam("page")).values(due_at=None, why_due="")
_ADD_ARTICLE = insert(articles)
_ADD_TITLES = insert(title_keys)
_ADD_REVISION = insert(revisions)
_GET_SITE = select(sites.c.documents, sites.c.counted).where(sites.c.site == bindparam("site"))
_ADD_SITE = insert(sites)
_COUNT_SITE = update(sites).where(sites.c.site == bindparam("of")).values(documents=bindparam("number"))
_SET_CHROME = update(sites).where(sites.c.site == bindparam("of")).values(
    documents=bindparam("number"), counted=bindparam("number"), chrome=bindparam("blob")
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of a page's article so far."""

    number: int
    text_hash: str
    story_id: str | None
    source: str
    title: str | None
    tokens: bytes
    marks: str
    state: str
    site: str

    @property
    def reading(self) -> Reading:
        return Reading(title=self.title, tokens=read_tokens(self.tokens), marks=self.marks, state=TextState(self.state))


class ArticleStore:
    """Articles, verdicts and stories."""

    def __init__(self, engine: Engine, *, rules: Rules, recheck_after_s: Sequence[int], chase_origins: bool = False) -> None:
        self._engine = engine
        self._rules = rules
        self._recheck_after_s = tuple(recheck_after_s)
        self._chase_origins = chase_origins
        self._chromes: dict[str, Shingles] = {}  # what is committed; this process is the only one that judges
        self._names: set[tuple[str, str]] = set()  # (name, site) known to be committed

    def record_article(
        self, lease: PageLease, article: Article, *, validators: Validators, body_hash: str | None, now: datetime
    ) -> RecordResult:
        """After this the article is stored and judged and its page owes nothing before its next recheck.

        A lease that lapsed writes nothing ("late"). The text of the revision before makes no new one ("unchanged"), nor does a
        part or a wall of what had been had whole; a feed's text never takes the place of a page's own.
        """
        named: set[tuple[str, str]] = set()
        with begin_verdict(self._engine) as connection:
            page = connection.execute(_GET_PAGE, {"page": lease.id}).first()
            if page is None or page.lease_token != lease.token:
                return RecordResult(page=lease.id, story=None, outcome="late")
            known = self._known(connection, lease.id) if page.is_known else None
            keeps_own = known is not None and known.source == TextSource.PAGE and article.source is TextSource.FEED
            self._close_lease(connection, lease, article, validators, body_hash, page.first_seen_at, now, keeps_own=keeps_own)
            reading = reading_of(article)
            docket = SqlDocket(connection, self._chromes, is_decided=bool(page.is_decided))
            text_hash = hash_of_text(reading)
            is_own = known is not None and known.source == article.source  # else the page's own text takes the feed's place
            if known is not None and (keeps_own or not _is_revision(known, reading, text_hash, docket, is_own=is_own)):
                return RecordResult(
                    page=lease.id, story=None if known.story_id is None else StoryId(known.story_id), outcome="unchanged"
                )
            revision = self._add_revision(connection, lease.id, article, text_hash, known, now)
            site = self._rules.sites.of(article.url or page.host)
            document = self._put_article(connection, lease.id, article, revision, page, site, known, now)
            if known is None:
                docket.put(document)
                named = self._note_names(connection, site, article)
                self._count_site(connection, docket, site)
            written = self._judge(connection, docket, lease.id, now, is_first=known is None, is_chased=page.chased_at is not None)
            if known is not None:
                self._note_revision(connection, written, now)
            if written.is_unmatched:
                connection.execute(_OWE_NOTHING, {"page": lease.id})
            elif self._chase_origins:
                queue_origins(connection, origins_named(article, self._rules.sites), article.url or lease.url, now)
        self._chromes |= docket.new_chromes
        self._names |= named
        return _result(lease.id, known, written)

    def judge_due(self, now: datetime, limit: int) -> tuple[int, list[RecordResult]]:
        """Judge up to `limit` pages again whose site's chrome has changed; the number judged is 0 at rest."""
        results = []
        with begin_verdict(self._engine) as connection:
            due = connection.execute(
                select(articles.c.page_id).where(articles.c.judge_due).order_by(articles.c.page_id).limit(limit)
            ).scalars().all()
            docket = SqlDocket(connection, self._chromes)
            for page in due:
                written = self._judge(connection, docket, PageId(page), now)
                if written.promoted or written.merged:
                    outcome = "promoted" if written.promoted else "copy"
                    results.append(RecordResult(page=PageId(page), story=written.story, outcome=outcome, relation=written.relation))
        return len(due), results

    def settle_due(self, limit: int) -> int:
        """Settle up to `limit` stories that changed; 0 at rest."""
        with begin_verdict(self._engine) as connection:
            due = connection.execute(select(stories.c.id).where(stories.c.settle_due).order_by(stories.c.id).limit(limit))
            ids = due.scalars().all()
            if ids:
                settle_stories(connection, ids)
        return len(ids)

    def _known(self, connection: Connection, page: PageId) -> _Known | None:
        row = connection.execute(_GET_KNOWN, {"page": page}).first()
        return None if row is None else _Known(*row)

    def _close_lease(
        self, connection: Connection, lease: PageLease, article: Article, validators: Validators, body_hash: str | None,
        first_seen_at: datetime, now: datetime, *, keeps_own: bool,
    ) -> None:
        if keeps_own:
            connection.execute(_KEEP_PAGE, {"page": lease.id, "at": now})
            return
        from_page = article.source is TextSource.PAGE
        recheck = next_recheck(first_seen_at, now, self._recheck_after_s) if body_hash else None
        connection.execute(
            _CLOSE_PAGE,
            {
                "page": lease.id, "at": now, "as_state": (PageState.DONE if from_page else PageState.FEED_ONLY).value,
                "tag": validators.etag, "modified": validators.last_modified, "hash": body_hash, "due": recheck,
                "why": "" if recheck is None else "asked again for corrections",
            },
        )

    def _add_revision(
        self, connection: Connection, page: PageId, article: Article, text_hash: str, known: _Known | None, now: datetime
    ) -> RevisionId:
        result = connection.execute(
            _ADD_REVISION,
            {
                "page_id": page, "number": 1 if known is None else known.number + 1, "read_at": now, "url": article.url,
                "article": article_to_json(article), "marks": article.marks, "text": article.text, "text_hash": text_hash,
                "words": sum(len(block.split()) for block in article.blocks),
            },
        )
        assert result.inserted_primary_key is not None
        return RevisionId(result.inserted_primary_key[0])

    def _put_article(
        self, connection: Connection, page: PageId, article: Article, revision: RevisionId, row: AnyRow, site: str,
        known: _Known | None, now: datetime,
    ) -> Document:
        metadata, key = article.metadata, address_key(article.url) if article.url else row.key
        values = {
            "revision_id": revision, "url": article.url, "site": site, "state": article.state.value, "source": article.source.value,
            "title": metadata.title, "language": metadata.language, "publisher": metadata.publisher,
            "published_at": None if metadata.published is None else metadata.published.at,
            "facts": facts_of(article, key), "tokens": article.tokens, "marks": article.marks,
        }
        if known is not None:
            connection.execute(update(articles).where(articles.c.page_id == page).values(**values))
            connection.execute(title_keys.delete().where(title_keys.c.page_id == page))
        else:
            connection.execute(
                _ADD_ARTICLE,
                {
                    "page_id": page, "kept": b"", "scheme": SCHEME, "evidence": {}, "rule": 0, "first_seen_at": row.first_seen_at,
                    "judged_at": now, "judge_due": False, **values,
                },
            )
        if keys := title_keys_of(article):
            connection.execute(_ADD_TITLES, [{"key": key, "page_id": page} for key in sorted(keys)])
        return new_document(page, article, key=key, site=site, first_seen_at=row.first_seen_at)

    def _count_site(self, connection: Connection, docket: SqlDocket, site: str) -> None:
        """Count the new page in its site; where that is due, count the site's chrome again and mark the pages that it changes."""
        row = connection.execute(_GET_SITE, {"site": site}).first()
        documents, counted = (row.documents + 1, row.counted) if row else (1, 0)
        if row is None:
            connection.execute(_ADD_SITE, {"site": site, "documents": 1, "counted": 0, "chrome": b""})
            return
        if not is_count_due(documents, counted):
            connection.execute(_COUNT_SITE, {"of": site, "number": documents})
            return
        before, recent = docket.chrome(site), docket.site_documents(site)
        chrome = learn_chrome(recent)
        connection.execute(_SET_CHROME, {"of": site, "number": documents, "blob": tokens_to_bytes(chrome)})
        docket.new_chromes[site] = chrome
        if changed := [document.page for document in changed_by(recent, before, chrome)]:
            connection.execute(update(articles).where(articles.c.page_id.in_(changed)).values(judge_due=True))

    def _note_names(self, connection: Connection, site: str, article: Article) -> set[tuple[str, str]]:
        """Store what a site calls itself, so that a name in a credit can be told to be its; what of that was new."""
        label = site.split(".")[0]
        host = host_of(article.url) if article.url else None
        names = {fold_name(name) for name in (article.metadata.publisher, label, host) if name}
        new = {(name, site) for name in names - {""}} - self._names
        for name, _ in sorted(new):
            upsert(connection, site_names, {"name": name, "site": site}, add={"pages": 1})
        return new

    def _judge(
        self, connection: Connection, docket: SqlDocket, page: PageId, now: datetime, *, is_first: bool = False,
        is_chased: bool | None = None,
    ) -> Written:
        document = docket.document(page)
        assert document is not None
        judgement = judge(document, docket, self._rules)
        return Rulings(connection, docket, now).write(judgement, is_first=is_first, is_chased=is_chased)

    def _note_revision(self, connection: Connection, written: Written, now: datetime) -> None:
        if written.story is not None:
            connection.execute(
                update(stories).where(stories.c.id == written.story).values(changed_at=now, settle_due=True)
            )


def _is_revision(known: _Known, reading: Reading, text_hash: str, docket: SqlDocket, *, is_own: bool) -> bool:
    if known.text_hash == text_hash:
        return False
    return not is_own or is_revision(reading, known.reading, docket.chrome(known.site))


def _result(page: PageId, known: _Known | None, written: Written) -> RecordResult:
    if known is not None:
        outcome = "revision"
    elif written.is_unmatched:
        outcome = "unmatched"
    elif written.is_new:
        outcome = "new_story"
    else:
        outcome = "promoted" if written.relation is None else "copy"
    return RecordResult(page=page, story=written.story, outcome=outcome, relation=written.relation)
