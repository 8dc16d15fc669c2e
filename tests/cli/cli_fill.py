"""Fills a database's tables with invented stories, as the store's writing side leaves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from crawler.model import Article, Metadata, Precision, TextSource, TextState, Timestamp
from crawler.stores.codecs import article_to_json
from crawler.stores.schema import articles, entries, feeds, links, pages, revisions, search, stories, story_events
from crawler.urls import address_key, host_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def add_feed(connection: Connection, number: int, url: str, **columns: Any) -> None:
    row = {"id": number, "url": url, "host": host_of(url), "topics": [], "status": "active", "next_due_at": NOW, "added_at": NOW}
    connection.execute(insert(feeds).values(row | columns))


def add_page(connection: Connection, number: int, url: str, *, feed: int | None = None, **columns: Any) -> None:
    row = {"id": number, "key": address_key(url), "url": url, "host": host_of(url), "state": "done", "first_seen_at": NOW}
    connection.execute(insert(pages).values(row | columns))
    if feed is not None:
        entry = {"feed_id": feed, "key": f"guid-{number}", "page_id": number, "content_hash": "", "entry": {}}
        connection.execute(insert(entries).values(entry | {"first_seen_at": NOW, "last_seen_at": NOW}))


def add_story(connection: Connection, story: str, *, canonical: int, members: int, at: datetime = NOW, **columns: Any) -> None:
    row = {"id": story, "canonical_id": canonical, "members": members, "first_seen_at": at, "changed_at": at}
    connection.execute(insert(stories).values(row | {"why_canonical": "published first"} | columns))


def add_article(
    connection: Connection,
    page: int,
    url: str,
    *,
    story: str,
    blocks: tuple[str, ...],
    marks: str,
    metadata: Metadata,
    relation: str | None = None,
    at: datetime = NOW,
    evidence: dict[str, Any] | None = None,
    state: TextState = TextState.FULL,
) -> None:
    article = Article(url=url, metadata=metadata, blocks=blocks, marks=marks, state=state, source=TextSource.PAGE)
    connection.execute(
        insert(revisions).values(
            id=page,
            page_id=page,
            number=1,
            read_at=at,
            url=url,
            article=article_to_json(article),
            marks=marks,
            text=article.text,
            text_hash="",
            words=1,
        )
    )
    connection.execute(
        insert(articles).values(
            page_id=page,
            revision_id=page,
            story_id=story,
            relation=relation,
            url=url,
            site=host_of(url).removeprefix("www."),
            state=state.value,
            source="page",
            title=metadata.title,
            language=metadata.language,
            publisher=metadata.publisher,
            published_at=metadata.published.at if metadata.published else None,
            facts={},
            tokens=b"",
            marks=marks,
            kept=b"",
            scheme="none",
            evidence=evidence or {},
            rule=1,
            first_seen_at=at,
            judged_at=at,
        )
    )
    if relation is None:
        shown = "\n".join(block for block, mark in zip(blocks, marks, strict=True) if mark == "t")
        connection.execute(insert(search).values(rowid=page, title=metadata.title or "", text=shown))


def stamp(at: datetime) -> Timestamp:
    return Timestamp(at=at, precision=Precision.MINUTE, zone_known=True, source="meta")


ORIGINAL = "https://harbourpost.example/news/ferry"
COPY = "https://readall.example/story/991"
OTHER = "https://harbourpost.example/news/budget"
LOST = "https://readall.example/story/404"
PARAGRAPHS = (
    "The night ferry between Aldmouth and Port Wyre will stop for good in March, its owner said on Friday.",
    "Passengers fell by half in four years, and the ship needs a new engine that nobody wants to pay for.",
    "The mayor of Aldmouth called the decision a disgrace and asked the ministry to step in.",
)
EVIDENCE = {
    "rule": 1,
    "canonical": {
        "page": 1,
        "reason": "contained",
        "jaccard": 0.52,
        "containment": 0.97,
        "coverage": 0.55,
        "lead": 1.0,
        "shared": 33,
    },
    "through": [],
    "refused": [{"page": 3, "reason": "template", "jaccard": 0.8, "containment": 0.9, "coverage": 0.9, "lead": 1.0, "shared": 50}],
    "runs": [{"at": 0, "words": 18}],
    "cues": [{"kind": "publisher_label", "weight": 1, "name": "Harbour Post", "url": None, "quote": "Harbour Post"}],
}


def fill(connection: Connection) -> None:
    """A story with a copy that came first, a story of its own, and a page that failed."""
    later = NOW + timedelta(minutes=42)
    add_feed(connection, 1, "https://harbourpost.example/rss?token=hunter2", title="Harbour Post", topics=["local"])
    add_feed(connection, 2, "https://readall.example/feed", title="Read All", failures=1.0, last_error="503 from the server")
    add_page(connection, 1, ORIGINAL, feed=1)
    add_page(connection, 2, COPY, feed=2)
    add_page(connection, 3, OTHER, feed=1)
    add_page(connection, 4, LOST, feed=2, state="failed", last_error="404 Not Found")
    add_page(connection, 5, "http://harbourpost.example/n/1", state="redirected", redirect_to=1)
    add_story(connection, "sferry001", canonical=1, members=2, at=NOW, changed_at=later, origins=1)
    add_story(connection, "sbudget01", canonical=3, members=1, at=later)
    add_story(connection, "sgone0001", canonical=1, members=1, merged_into="sferry001")
    add_article(
        connection,
        1,
        ORIGINAL,
        story="sferry001",
        blocks=("Night ferry to stop", *PARAGRAPHS, "Read also: tides"),
        marks="htttp",
        at=later,
        metadata=Metadata(
            title="Night ferry to stop",
            authors=("Ada Lindqvist",),
            agencies=("NWA",),
            publisher="Harbour Post",
            language="en",
            published=stamp(NOW - timedelta(hours=1)),
            updated=stamp(NOW),
        ),
    )
    add_article(
        connection,
        2,
        COPY,
        story="sferry001",
        blocks=("All your news in one place", *PARAGRAPHS[:2]),
        marks="ctt",
        relation="excerpt",
        metadata=Metadata(title="Ferry stops\x1b[2J for good", publisher="Read All", published=stamp(NOW)),
        evidence=EVIDENCE,
        state=TextState.TRUNCATED,
    )
    add_article(
        connection,
        3,
        OTHER,
        story="sbudget01",
        blocks=("The council passed its budget.",),
        marks="t",
        at=later,
        metadata=Metadata(title="Council passes budget", organisations=("City desk",), publisher="Harbour Post"),
    )
    measures = {"sizes": [60, 62], "shared": 50, "jaccard": 0.8, "containment": 0.9, "lead": 1.0}
    connection.execute(
        insert(links),
        [
            {"low": 1, "high": 2, "joined": True, "reason": "contained", "measures": measures},
            {"low": 2, "high": 3, "joined": False, "reason": "template", "measures": measures},
        ],
    )
    connection.execute(
        insert(story_events),
        [
            {"story_id": "sferry001", "at": NOW, "event": "created", "page_id": 2, "detail": {}},
            {
                "story_id": "sferry001",
                "at": later,
                "event": "promoted",
                "page_id": 1,
                "detail": {"instead_of": 2, "why": "published first"},
            },
        ],
    )
