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

from sqlalchemy import Connection, Engine, insert, select, update

from crawler.dedup.chrome import changed_by, is_count_due, learn_chrome
from crawler.dedup.judge import Rules, judge
from crawler.dedup.signature import SCHEME
from crawler.dedup.words import fold_name, key_of, words_of
from crawler.model import (
    Article,
    BlockMark,
    PageId,
    PageLease,
    PageState,
    RecordResult,
    RevisionId,
    StoryId,
    TextSource,
    Validators,
)
from crawler.stores.codecs import article_to_json
from crawler.stores.docket import SqlDocket
from crawler.stores.engine import begin_verdict, upsert
from crawler.stores.facts import facts_of, title_keys_of, tokens_to_bytes
from crawler.stores.rechecks import next_recheck
from crawler.stores.rulings import Rulings, Written
from crawler.stores.schema import AnyRow, articles, pages, revisions, site_names, sites, stories, title_keys
from crawler.stores.settling import settle_story
from crawler.urls import address_key, host_of


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of a page's article so far."""

    revision_id: int
    number: int
    text_hash: str
    story_id: str | None
    source: str


class ArticleStore:
    """Articles, verdicts and stories."""

    def __init__(self, engine: Engine, *, rules: Rules, recheck_after_s: Sequence[int]) -> None:
        self._engine = engine
        self._rules = rules
        self._recheck_after_s = tuple(recheck_after_s)

    def record_article(
        self, lease: PageLease, article: Article, *, validators: Validators, body_hash: str | None, now: datetime
    ) -> RecordResult:
        """After this the article is stored and judged and its page owes nothing before its next recheck.

        A lease that lapsed writes nothing ("late"). The text of the revision before makes no new one ("unchanged"). A feed's
        text never takes the place of a page's own.
        """
        with begin_verdict(self._engine) as connection:
            page = connection.execute(
                select(pages.c.key, pages.c.host, pages.c.first_seen_at, pages.c.lease_token).where(pages.c.id == lease.id)
            ).first()
            if page is None or page.lease_token != lease.token:
                return RecordResult(page=lease.id, story=None, outcome="late")
            known = self._known(connection, lease.id)
            keeps_own = known is not None and known.source == TextSource.PAGE and article.source is TextSource.FEED
            self._close_lease(connection, lease, article, validators, body_hash, page.first_seen_at, now, keeps_own=keeps_own)
            text_hash = hash_of_text(article)
            if known is not None and (keeps_own or known.text_hash == text_hash):
                return RecordResult(
                    page=lease.id, story=None if known.story_id is None else StoryId(known.story_id), outcome="unchanged"
                )
            revision = self._add_revision(connection, lease.id, article, text_hash, known, now)
            docket = SqlDocket(connection)
            site = self._rules.sites.of(article.url or page.host)
            self._put_article(connection, lease.id, article, revision, page, site, known, now)
            if known is None:
                self._count_site(connection, docket, site, article, now)
            written = self._judge(connection, docket, lease.id, now)
            if known is not None:
                self._note_revision(connection, written, now)
            return _result(lease.id, known, written)

    def judge_due(self, now: datetime, limit: int) -> tuple[int, list[RecordResult]]:
        """Judge up to `limit` pages again whose site's chrome has changed; the number judged is 0 at rest."""
        results = []
        with begin_verdict(self._engine) as connection:
            due = connection.execute(
                select(articles.c.page_id).where(articles.c.judge_due).order_by(articles.c.page_id).limit(limit)
            ).scalars().all()
            docket = SqlDocket(connection)
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
            for story in ids:
                settle_story(connection, story)
        return len(ids)

    def _known(self, connection: Connection, page: PageId) -> _Known | None:
        row = connection.execute(
            select(articles.c.revision_id, revisions.c.number, revisions.c.text_hash, articles.c.story_id, articles.c.source)
            .join(revisions, revisions.c.id == articles.c.revision_id)
            .where(articles.c.page_id == page)
        ).first()
        return None if row is None else _Known(*row)

    def _close_lease(
        self, connection: Connection, lease: PageLease, article: Article, validators: Validators, body_hash: str | None,
        first_seen_at: datetime, now: datetime, *, keeps_own: bool,
    ) -> None:
        values: dict[str, Any] = {"attempts": 0, "leased_until_at": None, "fetched_at": now, "last_error": None}
        if not keeps_own:
            from_page = article.source is TextSource.PAGE
            recheck = next_recheck(first_seen_at, now, self._recheck_after_s) if body_hash else None
            values |= {
                "state": (PageState.DONE if from_page else PageState.FEED_ONLY).value,
                "etag": validators.etag, "last_modified": validators.last_modified, "body_hash": body_hash,
                "due_at": recheck, "why_due": "" if recheck is None else "asked again for corrections",
            }
        else:
            values |= {"due_at": None, "why_due": ""}
        connection.execute(update(pages).where(pages.c.id == lease.id).values(**values))

    def _add_revision(
        self, connection: Connection, page: PageId, article: Article, text_hash: str, known: _Known | None, now: datetime
    ) -> RevisionId:
        result = connection.execute(
            insert(revisions).values(
                page_id=page, number=1 if known is None else known.number + 1, read_at=now, url=article.url,
                article=article_to_json(article), marks=article.marks, text=article.text, text_hash=text_hash,
                words=sum(len(block.split()) for block in article.blocks),
            )
        )
        assert result.inserted_primary_key is not None
        return RevisionId(result.inserted_primary_key[0])

    def _put_article(
        self, connection: Connection, page: PageId, article: Article, revision: RevisionId, row: AnyRow, site: str,
        known: _Known | None, now: datetime,
    ) -> None:
        metadata = article.metadata
        values = {
            "revision_id": revision, "url": article.url, "site": site, "state": article.state.value, "source": article.source.value,
            "title": metadata.title, "language": metadata.language, "publisher": metadata.publisher,
            "published_at": None if metadata.published is None else metadata.published.at,
            "facts": facts_of(article, address_key(article.url) if article.url else row.key),
            "tokens": article.tokens, "marks": article.marks,
        }
        if known is not None:
            connection.execute(update(articles).where(articles.c.page_id == page).values(**values))
            connection.execute(title_keys.delete().where(title_keys.c.page_id == page))
        else:
            connection.execute(
                insert(articles).values(
                    page_id=page, kept=b"", scheme=SCHEME, evidence={}, rule=0, first_seen_at=row.first_seen_at, judged_at=now,
                    judge_due=False, **values,
                )
            )
        if keys := title_keys_of(article):
            connection.execute(insert(title_keys), [{"key": key, "page_id": page} for key in sorted(keys)])

    def _count_site(self, connection: Connection, docket: SqlDocket, site: str, article: Article, now: datetime) -> None:
        """Count the new page in its site; where that is due, count the site's chrome again and mark the pages that it changes."""
        self._note_names(connection, site, article)
        row = connection.execute(select(sites.c.documents, sites.c.counted).where(sites.c.site == site)).first()
        documents, counted = (row.documents + 1, row.counted) if row else (1, 0)
        if row is None:
            connection.execute(insert(sites).values(site=site, documents=1, counted=0, chrome=b""))
        if not is_count_due(documents, counted):
            connection.execute(update(sites).where(sites.c.site == site).values(documents=documents))
            return
        before, recent = docket.chrome(site), docket.site_documents(site)
        chrome = learn_chrome(recent)
        connection.execute(
            update(sites).where(sites.c.site == site).values(documents=documents, counted=documents, chrome=tokens_to_bytes(chrome))
        )
        docket.set_chrome(site, chrome)
        if changed := [document.page for document in changed_by(recent, before, chrome)]:
            connection.execute(update(articles).where(articles.c.page_id.in_(changed)).values(judge_due=True))

    def _note_names(self, connection: Connection, site: str, article: Article) -> None:
        """Remember what a site calls itself, so that a name in a credit can be told to be its."""
        label = site.split(".")[0]
        host = host_of(article.url) if article.url else None
        names = {fold_name(name) for name in (article.metadata.publisher, label, host) if name}
        for name in sorted(names - {""}):
            upsert(connection, site_names, {"name": name, "site": site}, add={"pages": 1})

    def _judge(self, connection: Connection, docket: SqlDocket, page: PageId, now: datetime) -> Written:
        docket.forget(page)
        document = docket.document(page)
        assert document is not None
        return Rulings(connection, docket, now).write(judge(document, docket, self._rules))

    def _note_revision(self, connection: Connection, written: Written, now: datetime) -> None:
        if written.story is not None:
            connection.execute(
                update(stories).where(stories.c.id == written.story).values(changed_at=now, settle_due=True)
            )


def hash_of_text(article: Article) -> str:
    """A hash of what a reader would call the article: its own blocks and headline, folded; not its chrome, not a counter's tail."""
    own = [block for block, mark in zip(article.blocks, article.marks, strict=True) if mark == BlockMark.TEXT]
    words = [word for block in [article.metadata.title or "", *own] for word in words_of(block)]
    return f"{key_of(words) or 0:x}"


def _result(page: PageId, known: _Known | None, written: Written) -> RecordResult:
    if known is not None:
        outcome = "revision"
    elif written.is_new:
        outcome = "new_story"
    else:
        outcome = "promoted" if written.relation is None else "copy"
    return RecordResult(page=page, story=written.story, outcome=outcome, relation=written.relation)
