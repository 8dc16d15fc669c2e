"""What a poll stores: entries, their pages, and what is asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stores_world import DAY, HOUR, MINUTE, T0, World, body, entry, stamp

from crawler.model import PageState, PollResult, Validators
from crawler.settings import PollSettings
from crawler.stores.schema import entries, feeds, pages


def judged(world: World) -> World:
    """Every due page has been read and judged."""
    for lease in world.claim():
        world.judge(lease, f"Words of {lease.url} and of nothing else")
    world.rest()
    return world


def due_urls(world: World, now=T0) -> list[str]:
    return world.store.pages.due(now, limit=100)


def test_new_entries_become_entries_and_due_pages(world: World) -> None:
    result = world.poll(world.follow(), body(entry("a"), entry("b")))
    assert result == PollResult(new_entries=2, pages_queued=2)
    assert due_urls(world) == ["https://gazette.example/a", "https://gazette.example/b"]


def test_a_second_poll_of_the_same_content_changes_nothing(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a"), entry("b")))
    before = world.rows(pages), world.rows(entries, "id", "page_id", "entry", "content_hash", "first_seen_at")
    assert world.poll(feed, body(entry("b"), entry("a")), T0 + HOUR) == PollResult(known_entries=2)
    assert (world.rows(pages), world.rows(entries, "id", "page_id", "entry", "content_hash", "first_seen_at")) == before


def test_ten_feeds_that_carry_one_page_owe_one_fetch(world: World) -> None:
    spellings = ["http://gazette.example/one", "https://gazette.example/one", "https://gazette.example/one?utm_source=rss"]
    for number in range(10):
        feed = world.follow(f"https://gazette.example/feed/{number}")
        world.poll(feed, body(entry(f"id-{number}", spellings[number % 3])))
    assert len(world.rows(pages)) == 1
    assert len(world.claim()) == 1
    assert len(set(world.rows(entries, "page_id"))) == 1


def test_a_page_that_was_judged_is_joined_and_not_fetched_again(world: World) -> None:
    world.poll(world.follow(), body(entry("a")))
    judged(world)
    result = world.poll(world.follow("https://other.example/feed"), body(entry("x", "https://gazette.example/a")), T0 + MINUTE)
    assert result == PollResult(new_entries=1)
    assert world.claim(T0 + MINUTE) == []


def test_two_entries_of_one_body_share_a_page(world: World) -> None:
    result = world.poll(world.follow(), body(entry("a", "https://gazette.example/x"), entry("b", "https://gazette.example/x")))
    assert result == PollResult(new_entries=2, pages_queued=1)


def test_an_entry_without_an_address_is_a_page_of_its_own(world: World) -> None:
    world.poll(world.follow(), body(entry("a", None), entry("b", None)))
    first, second = world.claim(per_host=1)
    assert (first.url, second.url) == ("", "")
    assert first.entry == entry("a", None)


def test_changed_content_makes_a_judged_page_due_once(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a")))
    judged(world)
    corrected = entry("a", title="Corrected")
    assert world.poll(feed, body(corrected), T0 + MINUTE) == PollResult(changed_entries=1, pages_queued=1)
    (lease,) = world.claim(T0 + MINUTE)
    assert (lease.attempts, lease.judged, lease.validators, lease.entry) == (1, True, Validators(etag='"p"'), corrected)
    world.judge(lease, "Corrected words", T0 + MINUTE)
    assert world.poll(feed, body(corrected), T0 + 2 * MINUTE) == PollResult(known_entries=1)


def test_a_page_at_work_is_not_made_due(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a")))
    judged(world)
    world.poll(feed, body(entry("a", title="Second")), T0 + MINUTE)
    world.claim(T0 + MINUTE)
    assert world.poll(feed, body(entry("a", title="Third")), T0 + MINUTE).pages_queued == 0


def test_replicas_that_alternate_do_not_make_a_page_due_for_ever(world: World) -> None:
    feed, queued = world.follow(), []
    for hour in range(8):
        result = world.poll(feed, body(entry("a", title=f"Replica {hour % 2}")), T0 + hour * HOUR)
        queued.append(result.pages_queued)
        for lease in world.claim(T0 + hour * HOUR):
            world.store.pages.record_failure(lease, reason="404", retry_at=None, now=T0)
    assert queued == [1, 1, 0, 0, 0, 0, 0, 0]


def test_each_later_updated_time_asks_once_and_earlier_ones_never(world: World) -> None:
    feed, queued = world.follow(), []
    for minute, updated in enumerate([0, 5, 0, 5, 0, 9, 5]):
        parsed = body(replace(entry("a"), updated=stamp(T0 + updated * MINUTE)))
        queued.append(world.poll(feed, parsed, T0 + minute * MINUTE).pages_queued)
        for lease in world.claim(T0 + minute * MINUTE):
            world.judge(lease, "The same words as ever", T0)
    assert queued == [1, 1, 0, 0, 0, 1, 0]


def test_a_feed_that_stamps_all_its_entries_anew_causes_no_requests(world: World) -> None:
    feed = world.follow()
    for hour in range(4):
        stamped = [replace(entry(key), updated=stamp(T0 + hour * HOUR)) for key in "abcd"]
        assert world.poll(feed, body(*stamped), T0 + hour * HOUR).pages_queued == (4 if hour == 0 else 0)
        judged(world)


def test_an_entry_that_moves_to_another_address_takes_that_page(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a", "https://gazette.example/old-slug")))
    judged(world)
    result = world.poll(feed, body(entry("a", "https://gazette.example/new-slug")), T0 + MINUTE)
    assert (result.changed_entries, result.pages_queued) == (1, 1)
    assert due_urls(world, T0 + MINUTE) == ["https://gazette.example/new-slug"]


def test_an_id_that_left_and_came_back_is_not_new(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a"), entry("b")))
    world.poll(feed, body(entry("b")), T0 + DAY)
    assert world.poll(feed, body(entry("a"), entry("b")), T0 + 2 * DAY) == PollResult(known_entries=2)


def test_ids_that_left_keep_the_time_they_were_last_seen(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a"), entry("b")))
    world.poll(feed, None, T0 + 5 * DAY)
    world.poll(feed, body(entry("b")), T0 + 6 * DAY)
    assert world.rows(entries, "key", "last_seen_at") == [("a", T0 + 5 * DAY), ("b", T0 + 6 * DAY)]


def test_an_unchanged_feed_keeps_what_the_poll_gives_and_its_entries(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a")))
    before = world.rows(entries)
    result = world.poll(feed, None, T0 + HOUR, validators=Validators(etag='"2"', last_modified="Tue"), body_hash="c")
    stored = world.store.feeds.find(str(feed))
    assert result == PollResult()
    assert world.rows(entries) == before
    assert stored is not None
    assert (stored.validators, stored.body_hash) == (Validators(etag='"2"', last_modified="Tue"), "c")
    assert (stored.last_ok_at, stored.next_due_at) == (T0 + HOUR, T0 + 2 * HOUR)


def test_old_entries_of_a_first_poll_are_listed_and_later_ones_fetched(world: World) -> None:
    feed, settings = world.follow(), PollSettings(max_age_days=7)
    old = replace(entry("old"), published=stamp(T0 - 30 * DAY))
    result = world.poll(feed, body(old, entry("dateless")), settings=settings)
    assert (result.pages_listed, result.pages_queued) == (1, 1)
    older = replace(entry("older"), published=stamp(T0 - 40 * DAY))
    assert world.poll(feed, body(old, older), T0 + HOUR, settings=settings) == PollResult(
        new_entries=1, known_entries=1, pages_queued=1
    )


def test_a_listed_page_is_fetched_when_another_feed_brings_it_as_news(world: World) -> None:
    settings = PollSettings(max_age_days=7)
    old = replace(entry("a"), published=stamp(T0 - 30 * DAY))
    world.poll(world.follow(), body(old), settings=settings)
    world.poll(world.follow("https://other.example/feed"), body(entry("x", old.url)), settings=settings)
    assert due_urls(world) == [old.url]


def test_a_page_that_failed_is_due_again_when_a_feed_brings_a_text_for_it(world: World) -> None:
    world.poll(world.follow(), body(entry("a", summary=None)))
    (lease,) = world.claim()
    world.store.pages.record_failure(lease, reason="HTTP 404", retry_at=None, now=T0)
    assert world.rows(pages, "state") == [PageState.FAILED]
    world.poll(world.follow("https://other.example/feed"), body(entry("x", "https://gazette.example/a")), T0 + MINUTE)
    (lease,) = world.claim(T0 + MINUTE)
    assert lease.entry is not None
    assert lease.entry.text == "Summary of x"


def test_the_entry_with_the_longest_text_goes_with_the_page(world: World) -> None:
    for number, words in enumerate([10, 500, 40]):
        feed = world.follow(f"https://gazette.example/feed/{number}")
        world.poll(feed, body(entry(f"id-{number}", "https://gazette.example/a", content="word " * words)))
    (lease,) = world.claim()
    assert lease.entry is not None
    assert lease.entry.key == "id-1"


def test_a_page_is_text_only_where_every_feed_that_carries_it_is(world: World) -> None:
    for url in ("https://a.example/feed", "https://b.example/feed"):
        world.poll(world.follow(url, text_only=True), body(entry("x"), entry("y")))
    world.poll(world.follow("https://c.example/feed"), body(entry("y")))
    assert {lease.url[-1]: lease.text_only for lease in world.claim()} == {"x": True, "y": False}


def test_the_record_of_a_lapsed_and_reclaimed_poll_is_refused(world: World) -> None:
    feed = world.follow()
    late = world.claim_feed(feed, T0)
    current = world.claim_feed(feed, T0 + HOUR)
    assert world.record(late, body(entry("a")), T0 + HOUR) == PollResult()
    assert world.rows(entries) == []
    assert world.record(current, body(entry("a")), T0 + HOUR).new_entries == 1
    assert world.record(current, body(entry("b")), T0 + HOUR) == PollResult()


def test_a_failed_poll_keeps_validators_and_entries(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a")))
    world.fail(feed, T0 + HOUR)
    stored = world.store.feeds.find(str(feed))
    assert stored is not None
    assert (stored.validators.etag, stored.failures, stored.last_error) == ('"1"', 1.0, "HTTP 500")
    assert (stored.last_ok_at, stored.last_polled_at) == (T0, T0 + HOUR)


def test_a_large_body_is_one_poll(world: World) -> None:
    parsed = body(*(entry(f"n{number}") for number in range(2000)))
    assert world.poll(world.follow(), parsed).new_entries == 2000
    assert world.store.pages.due_count(T0) == 2000
    assert world.rows(feeds, "leased_until_at") == [None]


def test_count_new_counts_ids_never_seen(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a")))
    assert world.store.feeds.count_new(feed, ["a", "b", "c", "c"]) == 2


def test_a_pause_of_the_feed_during_its_poll_stands(world: World) -> None:
    feed = world.follow()
    lease = world.claim_feed(feed, T0)
    from crawler.model import FeedStatus

    world.store.feeds.set_status(feed, FeedStatus.PAUSED, T0)
    world.record(lease, body(entry("a")), T0 + timedelta(seconds=1))
    assert world.store.feeds.claim_due(T0 + DAY, limit=5, lease_for=MINUTE) == []
