"""The read side, on tables filled by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from cli_fill import COPY, LOST, NOW, ORIGINAL, OTHER, PARAGRAPHS, add_article, add_page, add_story, fill
from sqlalchemy import Engine, create_engine, text, update

from crawler.cli.values import page_values, story_line_values, story_view_values
from crawler.model import Metadata, PageState, Relation
from crawler.publish.jsonl import story_values, write_jsonl
from crawler.stores.reading import Reading
from crawler.stores.schema import articles, metadata, pages
from crawler.stores.views import StoryQuery


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(title, text)"))
        fill(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def reading(engine: Engine) -> Reading:
    return Reading(engine)


def ids(reading: Reading, **query: object) -> list[str]:
    return [story.id for story in reading.stories(StoryQuery(**query))]  # type: ignore[arg-type]


def test_stories_are_listed_the_newest_first_without_merged_remnants(reading: Reading) -> None:
    assert ids(reading) == ["sbudget01", "sferry001"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"words": "ferry"}, ["sferry001"]),
        ({"words": "FERRY disgrace"}, ["sferry001"]),
        ({"words": "ferry budget"}, []),
        ({"words": "passeng*"}, ["sferry001"]),
        ({"words": "tides"}, []),
        ({"words": 'ferry" OR "budget'}, []),
        ({"words": "NOT ( ferry"}, []),
        ({"words": '"'}, ["sbudget01", "sferry001"]),
        ({"since": NOW + timedelta(minutes=1)}, ["sbudget01"]),
        ({"publisher": "harbour"}, ["sbudget01", "sferry001"]),
        ({"publisher": "harbourpost.example"}, ["sbudget01", "sferry001"]),
        ({"publisher": "100%"}, []),
        ({"topic": "local"}, ["sbudget01", "sferry001"]),
        ({"topic": "loc"}, []),
        ({"copies_min": 1}, ["sferry001"]),
        ({"limit": 1}, ["sbudget01"]),
    ],
)
def test_a_query_narrows(reading: Reading, query: dict[str, object], found: list[str]) -> None:
    assert ids(reading, **query) == found


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("sferry001", "sferry001"),
        ("SFERRY001", "sferry001"),
        ("sfer", "sferry001"),
        ("s", None),
        ("sgone0001", "sferry001"),
        (ORIGINAL, "sferry001"),
        (COPY + "?utm_source=x#top", "sferry001"),
        ("harbourpost.example/news/ferry", "sferry001"),
        ("http://harbourpost.example/n/1", "sferry001"),
        (LOST, 4),
        ("https://nobody.example/", None),
        ("", None),
        ("%", None),
    ],
)
def test_ids_their_beginnings_and_addresses_are_found(reading: Reading, reference: str, found: object) -> None:
    assert reading.find(reference) == found


def test_a_record_leaves_out_what_is_not_the_article(reading: Reading) -> None:
    record = next(iter(reading.records()))
    assert record.text == "\n".join(PARAGRAPHS)
    assert record.canonical.url == ORIGINAL
    assert [(copy.url, copy.relation) for copy in record.copies] == [(COPY, Relation.EXCERPT)]
    assert record.copies[0].measure("coverage") == 0.55
    assert record.feeds == ("https://harbourpost.example/rss?token=hunter2", "https://readall.example/feed")


def test_an_export_line_has_the_documented_keys_in_order(reading: Reading) -> None:
    values = story_values(next(iter(reading.records())))
    assert list(values) == ["id", "canonical", "copies", "feeds", "first_seen_at", "changed_at", "origins"]
    assert values["canonical"] == {
        "url": ORIGINAL,
        "title": "Night ferry to stop",
        "authors": ["Ada Lindqvist"],
        "publisher": "Harbour Post",
        "published_at": "2026-11-20T11:00:00Z",
        "updated_at": "2026-11-20T12:00:00Z",
        "language": "en",
        "text": "\n".join(PARAGRAPHS),
        "text_state": "full",
        "text_source": "page",
    }
    assert values["copies"] == [
        {
            "url": COPY,
            "title": "Ferry stops\x1b[2J for good",
            "publisher": "Read All",
            "relation": "excerpt",
            "published_at": "2026-11-20T12:00:00Z",
            "first_seen_at": "2026-11-20T12:00:00Z",
            "lag_s": 3600,
            "jaccard": 0.52,
            "containment": 0.97,
            "coverage": 0.55,
        }
    ]
    assert values["feeds"] == ["https://harbourpost.example/rss?token=***", "https://readall.example/feed"]
    assert (values["first_seen_at"], values["changed_at"], values["origins"]) == ("2026-11-20T12:00:00Z", "2026-11-20T12:42:00Z", 1)


def test_addresses_of_pages_are_published_without_user_and_password_and_lead_where_they_led(
    engine: Engine, reading: Reading
) -> None:
    """As stored for a page that was never had itself: its text is the feed's, its address the feed's word."""
    with engine.begin() as connection:
        for page, url in ((1, "https://reader:hunter3@harbourpost.example/a?token=t1"), (2, "https://me@readall.example/b")):
            connection.execute(update(articles).where(articles.c.page_id == page).values(url=url))
            connection.execute(update(pages).where(pages.c.id == page).values(url=url))
    shown = reading.story(reading.find("sferry001"))  # type: ignore[arg-type]
    assert shown is not None
    values = story_values(shown.record)
    assert values["canonical"]["url"] == "https://harbourpost.example/a?token=t1"
    assert [copy["url"] for copy in values["copies"]] == ["https://readall.example/b"]
    view, listed = story_view_values(shown), [story_line_values(story) for story in reading.stories(StoryQuery())]
    assert [event["url"] for event in view["history"]] == ["https://readall.example/b", "https://harbourpost.example/a?token=t1"]
    page = reading.page(shown.record.canonical.page)
    assert page is not None
    for told in (export(reading).decode(), str(view), str(listed), str(page_values(page))):
        assert "@" not in told
        assert "hunter3" not in told


def test_authors_are_persons_else_organisations(reading: Reading) -> None:
    assert [story_values(record)["canonical"]["authors"] for record in reading.records()] == [["Ada Lindqvist"], ["City desk"]]


def export(reading: Reading) -> bytes:
    stream = BytesIO()
    write_jsonl(reading.records(), stream)
    return stream.getvalue()


def test_unchanged_stories_export_to_the_same_bytes_and_new_ones_come_last(engine: Engine, reading: Reading) -> None:
    before = export(reading)
    assert export(reading) == before
    assert b"\x1b" not in before
    later = NOW + timedelta(days=1)
    with engine.begin() as connection:
        add_page(connection, 9, "https://a.example/9")
        add_story(connection, "saaaaaaaa", canonical=9, members=1, at=later)
        add_article(
            connection,
            9,
            "https://a.example/9",
            story="saaaaaaaa",
            blocks=("New.",),
            marks="t",
            metadata=Metadata(title="New"),
            at=later,
        )
    after = export(reading)
    assert after.startswith(before)
    assert json.loads(after.splitlines()[-1])["id"] == "saaaaaaaa"


def test_a_thousand_stories_export_in_about_a_second(engine: Engine, reading: Reading) -> None:
    with engine.begin() as connection:
        for number in range(100, 1100):
            url = f"https://site{number % 50}.example/{number}"
            add_page(connection, number, url, feed=1)
            add_story(connection, f"s{number:08}", canonical=number, members=1)
            add_article(
                connection,
                number,
                url,
                story=f"s{number:08}",
                blocks=PARAGRAPHS * 10,
                marks="t" * 30,
                metadata=Metadata(title=f"Story {number}"),
            )
    started = time.process_time()
    assert len(export(reading).splitlines()) == 1002
    assert time.process_time() - started < 3  # 0.25 s when measured; the rest is room for a busy machine


def test_a_story_is_shown_with_its_history(reading: Reading) -> None:
    view = reading.story(reading.find("sferry001"))  # type: ignore[arg-type]
    assert view is not None
    assert view.why_canonical == "published first"
    assert [(change.event, change.url) for change in view.history] == [("created", COPY), ("promoted", ORIGINAL)]
    assert view.history[1].detail["instead_of"] == COPY


def test_a_page_without_a_story_says_where_it_stands(reading: Reading) -> None:
    page = reading.page(LOST)
    assert page is not None
    assert (page.state, page.last_error, page.story) == (PageState.FAILED, "404 Not Found", None)
    assert page.feeds == ("https://readall.example/feed",)


def test_comparisons_of_a_page_come_joined_first(reading: Reading) -> None:
    found = reading.comparisons(reading.page(COPY).id)  # type: ignore[union-attr]
    assert [(c.other_url, c.joined, c.reason) for c in found] == [(ORIGINAL, True, "contained"), (OTHER, False, "template")]


def test_blocks_keep_chrome_and_say_what_it_is(reading: Reading) -> None:
    blocks = reading.blocks(reading.page(COPY).id)  # type: ignore[union-attr]
    assert [block.mark for block in blocks] == ["c", "t", "t"]
    assert blocks[0].text == "All your news in one place"


def test_health_counts_what_is_followed_owed_and_failing(reading: Reading) -> None:
    health = reading.health(NOW)
    assert health.feeds == {"active": 2}
    assert health.feeds_due == 2
    assert health.failing_feeds[0].reason == "503 from the server"
    assert health.pages == {"done": 3, "failed": 1, "redirected": 1}
    assert [(page.url, page.next_at) for page in health.failing_pages] == [(LOST, None)]
    assert (health.stories, health.copies) == (2, 1)
