"""A page's facts for the verdict, to and from the columns of `articles`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import select

from crawler.dedup.deciding import Says
from crawler.dedup.document import Comparison, Decisions, Document, Measures
from crawler.dedup.words import Tokens, read_tokens, title_key
from crawler.model import (
    Article,
    CueKind,
    OriginCue,
    PageId,
    Precision,
    Relation,
    StoryId,
    TextSource,
    TextState,
    Timestamp,
)
from crawler.stores.schema import EPOCH, MICROSECOND, AnyRow, articles

DOCUMENT = select(
    articles.c.page_id, articles.c.url, articles.c.site, articles.c.tokens, articles.c.marks, articles.c.facts, articles.c.state,
    articles.c.source, articles.c.first_seen_at, articles.c.story_id, articles.c.kept, articles.c.relation,
)


def facts_of(article: Article, key: str) -> dict[str, Any]:
    """What of an article the verdict needs beyond its text."""
    published = article.metadata.published
    return {
        "key": key,
        "marks": article.marks,
        "titles": sorted(title_keys_of(article)),
        "cues": [[cue.kind.value, cue.weight, cue.url, cue.name, cue.quote] for cue in article.cues],
        "published": None
        if published is None
        else [(published.at - EPOCH) // MICROSECOND, published.precision.value, published.zone_known, published.source],
    }


def title_keys_of(article: Article) -> frozenset[int]:
    titles = article.metadata.titles or ((article.metadata.title,) if article.metadata.title else ())
    return frozenset(key for key in map(title_key, titles) if key is not None)


def published_of(facts: Mapping[str, Any]) -> Timestamp | None:
    if facts["published"] is None:
        return None
    micros, precision, zone_known, source = facts["published"]
    return Timestamp(at=EPOCH + micros * MICROSECOND, precision=Precision(precision), zone_known=zone_known, source=source)


def document_of(row: AnyRow) -> Document:
    """The document that a row of `DOCUMENT` holds."""
    facts = row.facts
    return Document(
        page=PageId(row.page_id),
        url=row.url,
        key=facts["key"],
        site=row.site,
        tokens=read_tokens(row.tokens),
        marks=facts["marks"],
        state=TextState(row.state),
        source=TextSource(row.source),
        title_keys=frozenset(facts["titles"]),
        cues=tuple(OriginCue(kind=CueKind(k), weight=w, url=u, name=n, quote=q) for k, w, u, n, q in facts["cues"]),
        published=published_of(facts),
        first_seen_at=row.first_seen_at,
        story=None if row.story_id is None else StoryId(row.story_id),
        relation=None if row.relation is None else Relation(row.relation),
        kept=read_tokens(row.kept),
    )


def new_document(page: PageId, article: Article, *, key: str, site: str, first_seen_at: datetime) -> Document:
    """An article just read, on a page that never had a verdict."""
    return Document(
        page=page,
        url=article.url,
        key=key,
        site=site,
        tokens=read_tokens(article.tokens),
        marks=article.marks,
        state=article.state,
        source=article.source,
        title_keys=title_keys_of(article),
        cues=article.cues,
        published=article.metadata.published,
        first_seen_at=first_seen_at,
    )


def tokens_to_bytes(tokens: Tokens) -> bytes:
    return np.ascontiguousarray(tokens, dtype="<u8").tobytes()


def measures_to_json(measures: Measures) -> dict[str, Any]:
    return {
        "sizes": [measures.low_size, measures.high_size],
        "shared": measures.shared,
        "leads": [round(measures.low_lead, 4), round(measures.high_lead, 4)],
        "changed": [measures.changed_numbers, measures.changed_words],
        "jaccard": round(measures.jaccard, 4),
        "containment": round(measures.containment, 4),
        "lead": round(measures.lead, 4),
    }


def comparison_of(row: AnyRow) -> Comparison:
    """The comparison that a row of `links`, with both pages' stories, holds."""
    stored = row.measures
    return Comparison(
        low=PageId(row.low),
        high=PageId(row.high),
        joined=row.joined,
        reason=row.reason,
        measures=Measures(
            low_size=stored["sizes"][0],
            high_size=stored["sizes"][1],
            shared=stored["shared"],
            low_lead=stored["leads"][0],
            high_lead=stored["leads"][1],
            changed_numbers=stored["changed"][0],
            changed_words=stored["changed"][1],
        ),
        within_site=row.within_site,
        low_story=None if row.low_story is None else StoryId(row.low_story),
        high_story=None if row.high_story is None else StoryId(row.high_story),
    )


def decisions_of(rows: Iterable[AnyRow]) -> Decisions:
    """What rows of `decided_pairs` that are in force say."""
    pairs: Mapping[str, set[tuple[PageId, PageId]]] = {says.value: set() for says in Says}
    pinned: dict[PageId, int] = {}
    for row in rows:
        pairs[row.says].add((PageId(row.low), PageId(row.high)))
        if row.says == Says.PINNED:
            pinned[PageId(row.low)] = row.decision_id
    return Decisions(pinned=pinned, together=frozenset(pairs[Says.TOGETHER]), apart=frozenset(pairs[Says.APART]))
