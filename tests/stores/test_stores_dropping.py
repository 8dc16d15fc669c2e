"""What is removed takes nothing else with it, and what stays is whole."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from stores_world import DAY, MINUTE, T0, World, body, entry

from crawler.model import FeedId, PageState
from crawler.stores.records import read_records
from crawler.stores.schema import articles, bands, entries, hosts, links, pages, revisions, robots, search, stories, title_keys

WORDS = [
    "harbour", "council", "approved", "budget", "tuesday", "ferry", "bridge", "repairs", "delayed", "winter", "storm", "mayor",
    "opponents", "vote", "residents", "island", "timetable", "contract", "engineers", "found", "cracks", "beneath", "northern",
    "pier", "report", "committee", "agreed", "funding", "regional", "ministry", "spring", "traffic", "drivers", "waiting", "queue",
]  # fmt: skip


def text(seed: int) -> str:
    """A long text of invented words; of other seeds, another text."""
    words = [f"{WORDS[(seed * 7 + place * (seed + 3)) % len(WORDS)]}{place * seed % 97}" for place in range(180)]
    return "\n".join(" ".join(words[start : start + 30]) for start in range(0, 180, 30))


@dataclass
class Two:
    """A story that two feeds carry: its page at the first, a copy at the second; and each feed has a story of its own."""

    gazette: FeedId
    courier: FeedId


@pytest.fixture
def two(world: World) -> Two:
    gazette, courier = world.follow("https://gazette.example/feed"), world.follow("https://courier.example/feed")
    world.poll(gazette, body(entry("own"), entry("shared")))
    world.poll(courier, body(entry("c-own", "https://courier.example/own"), entry("copy", "https://courier.example/copy")))
    texts = {"own": text(1), "shared": text(2), "copy": text(2) + "\nA line the courier added"}
    for lease in world.claim():
        name = "c-own" if lease.url == "https://courier.example/own" else lease.url.rsplit("/", 1)[1]
        world.judge(lease, texts.get(name) or text(3))
    world.rest()
    return Two(gazette, courier)


def records(world: World):
    from crawler.stores.engine import connect_engine, read

    engine = connect_engine(world.url)
    with read(engine) as connection:
        found = list(read_records(connection))
    engine.dispose()
    return found


def canonical_urls(world: World) -> set[str]:
    return {record.canonical.url for record in records(world)}


def test_the_two_feeds_make_three_stories(world: World, two: Two) -> None:
    assert sorted(len(record.copies) for record in records(world)) == [0, 0, 1]


def test_removing_a_feed_keeps_its_stories(world: World, two: Two) -> None:
    before = canonical_urls(world)
    assert world.store.feeds.remove(two.gazette, purge=False) == 0
    assert canonical_urls(world) == before
    assert [feed.id for feed in world.store.feeds.all()] == [two.courier]


def test_removing_a_feed_forgets_what_was_yet_to_be_fetched(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a"), entry("b")))
    world.poll(world.follow("https://other.example/feed"), body(entry("x", "https://gazette.example/b")))
    world.store.feeds.remove(feed, purge=False)
    assert [lease.url for lease in world.claim()] == ["https://gazette.example/b"]


def test_purging_a_feed_drops_what_only_it_brought(world: World, two: Two) -> None:
    assert world.store.feeds.remove(two.courier, purge=True) == 1
    world.rest()
    assert canonical_urls(world) == {"https://gazette.example/own", "https://gazette.example/shared"}
    kept = set(world.rows(pages, "id"))
    for table in (articles, revisions, bands, title_keys):
        assert set(world.rows(table, "page_id")) <= kept, table.name
    assert set(world.rows(links, "low")) | set(world.rows(links, "high")) <= kept
    assert {story.members for story in world.rows(stories)} == {1}


def test_a_story_whose_canonical_version_is_purged_elects_another_and_keeps_its_id_and_text(world: World, two: Two) -> None:
    (story,) = [record for record in records(world) if record.copies]
    world.store.feeds.remove(two.gazette if "gazette" in story.canonical.url else two.courier, purge=True)
    world.rest(T0 + MINUTE)
    (after,) = [record for record in records(world) if record.id == story.id]
    assert after.canonical.url == story.copies[0].url
    assert text(2) in after.text
    assert story.canonical.page not in {row.rowid for row in search_rows(world)}
    assert after.canonical.page in {row.rowid for row in search_rows(world)}


def search_rows(world: World):
    from sqlalchemy import select

    from crawler.stores.engine import connect_engine, read

    engine = connect_engine(world.url)
    with read(engine) as connection:
        found = connection.execute(select(search.c.rowid, search.c.title)).all()
    engine.dispose()
    return found


def test_purging_takes_the_addresses_along_that_led_to_a_page(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a")))
    (lease,) = world.claim()
    world.store.pages.record_redirect(lease, "https://gazette.example/final", T0)
    world.store.feeds.remove(feed, purge=True)
    assert world.rows(pages) == []


def test_a_removed_feeds_late_poll_is_refused(world: World) -> None:
    feed = world.follow()
    lease = world.claim_feed(feed, T0)
    world.store.feeds.remove(feed, purge=False)
    world.record(lease, body(entry("a")))
    assert world.rows(pages) == []


def test_pruning_for_ever_keeps_stories_and_drops_index_rows_beyond_the_window(world: World, two: Two) -> None:
    before = records(world)
    pruned = world.store.pruning.prune(T0 + 20 * DAY, 0, window_days=30)
    assert (pruned.index_rows, pruned.stories) == (0, 0)
    pruned = world.store.pruning.prune(T0 + 31 * DAY, 0, window_days=30)
    assert pruned.index_rows > 0
    assert world.rows(bands) == world.rows(title_keys) == []
    assert records(world) == before


def test_ids_are_forgotten_thirty_days_after_they_left_their_feed(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("gone"), entry("kept")))
    world.poll(feed, body(entry("kept")), T0 + DAY)
    world.poll(feed, None, T0 + 60 * DAY)
    assert world.store.pruning.prune(T0 + 29 * DAY, 0, window_days=30).entries == 0
    assert world.store.pruning.prune(T0 + 61 * DAY, 0, window_days=30).entries == 1
    assert world.rows(entries, "key") == ["kept"]


def test_an_entry_of_a_story_stays_with_it_without_its_text(world: World, two: Two) -> None:
    world.poll(two.gazette, body(entry("later")), T0 + DAY)
    before = records(world)
    world.store.pruning.prune(T0 + 61 * DAY, 0, window_days=30)
    assert records(world) == before
    kept = dict(world.rows(entries, "key", "entry"))
    assert "summary" not in kept["own"]
    assert kept["own"]["title"] == "Title of own"


def test_old_stories_go_with_everything_where_that_is_asked_for(world: World, two: Two) -> None:
    pruned = world.store.pruning.prune(T0 + 11 * DAY, 10, window_days=30)
    assert (pruned.stories, pruned.pages) == (3, 4)
    for table in (stories, articles, revisions, bands, links, pages):
        assert world.rows(table) == [], table.name
    assert search_rows(world) == []


def test_a_story_dropped_for_its_age_is_not_fetched_again_while_its_feed_carries_it(world: World, two: Two) -> None:
    world.store.pruning.prune(T0 + 11 * DAY, 10, window_days=30)
    result = world.poll(two.gazette, body(entry("own"), entry("shared")), T0 + 11 * DAY)
    assert (result.new_entries, result.pages_queued) == (0, 0)


def test_a_story_with_a_young_member_stays_whole(world: World, two: Two) -> None:
    world.poll(world.follow("https://third.example/feed"), body(entry("t", "https://third.example/copy")), T0 + 8 * DAY)
    for lease in world.claim(T0 + 8 * DAY):
        if lease.url == "https://third.example/copy":
            world.judge(lease, text(2), T0 + 8 * DAY)
    world.rest(T0 + 8 * DAY)
    assert world.store.pruning.prune(T0 + 11 * DAY, 10, window_days=30).stories == 2
    assert [len(record.copies) for record in records(world)] == [2]


def test_old_addresses_that_nobody_carries_go_too(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a")))
    (lease,) = world.claim()
    world.store.pages.record_failure(lease, reason="HTTP 404", retry_at=None, now=T0)
    world.poll(feed, body(entry("b")), T0 + DAY)
    world.store.pruning.prune(T0 + 40 * DAY, 10, window_days=30)
    assert world.rows(pages, "state") == [PageState.DUE]


def test_holds_and_robots_that_ran_out_are_forgotten(world: World) -> None:
    world.store.manners.hold("a.example", T0, status=429, reason="429")
    world.store.manners.hold("b.example", T0 + 100 * DAY, status=503, reason="503")
    world.store.manners.save_robots("https://a.example", status=200, body=b"", fetched_at=T0)
    world.store.pruning.prune(T0 + 40 * DAY, 0, window_days=30)
    assert world.rows(hosts, "host") == ["b.example"]
    assert world.rows(robots) == []
