"""Feeds are followed, claimed in turn, moved and given up on only when that is said again and again."""

from __future__ import annotations

import pytest
from stores_world import DAY, HOUR, LEASE, MINUTE, T0, World, body, entry

from crawler.feeds.opml import FollowedFeed
from crawler.model import Feed, FeedId, FeedPart, FeedStatus, Validators
from crawler.stores.schema import entries


def feed(world: World, id: FeedId) -> Feed:
    found = world.store.feeds.find(str(id))
    assert found is not None
    return found


def claimed(world: World, now=T0, limit: int = 10, **options) -> list[str]:
    return [lease.feed.url for lease in world.store.feeds.claim_due(now, limit=limit, lease_for=LEASE, **options)]


def test_a_feed_followed_twice_is_one_that_gains_topics_and_options(world: World) -> None:
    listed = FollowedFeed(url="https://gazette.example/feed", title="Gazette", topics=("World",))
    id, is_new = world.store.feeds.add(listed, T0)
    again, is_new_again = world.store.feeds.add(FollowedFeed(url=listed.url, topics=("World", "Politics")), T0, text_only=True)
    assert (is_new, is_new_again, id) == (True, False, again)
    stored = feed(world, id)
    assert (stored.topics, stored.title, stored.text_only, stored.every_s) == (("World", "Politics"), "Gazette", True, None)


@pytest.mark.parametrize("said", ["{id}", "https://gazette.example/feed", "gazette.example/feed", "HTTPS://Gazette.example:443/feed"])
def test_a_feed_is_found_by_what_a_person_writes(world: World, said: str) -> None:
    id = world.follow()
    found = world.store.feeds.find(said.format(id=id))
    assert found is not None
    assert found.id == id


def test_nothing_is_found_where_nothing_is(world: World) -> None:
    assert world.store.feeds.find("nowhere.example") is None
    assert world.store.feeds.find("99999999999999999999999") is None


def test_all_lists_feeds_in_the_order_followed(world: World) -> None:
    urls = ["https://z.example/", "https://a.example/"]
    for url in urls:
        world.follow(url)
    assert [one.url for one in world.store.feeds.all()] == urls


def test_hosts_take_turns(world: World) -> None:
    for number in range(30):
        world.follow(f"https://big.example/{number}")
    world.follow("https://small.example/feed")
    assert claimed(world, limit=3) == ["https://big.example/0", "https://small.example/feed", "https://big.example/1"]


def test_a_leased_feed_is_nobody_elses_until_it_lapses_or_is_handed_back(world: World) -> None:
    id = world.follow()
    lease = world.claim_feed(id, T0)
    assert claimed(world) == []
    world.store.feeds.release(lease)
    assert len(claimed(world)) == 1
    assert len(claimed(world, T0 + LEASE)) == 1


def test_a_restart_asks_for_no_feed_that_is_not_due(world: World) -> None:
    world.poll(world.follow(), body(entry("a")))
    assert claimed(world, T0 + HOUR - MINUTE) == []
    assert len(claimed(world, T0 + HOUR)) == 1


def test_a_crawl_of_all_feeds_takes_each_once(world: World) -> None:
    first, second = world.follow("https://a.example/"), world.follow("https://b.example/")
    world.poll(first, None, T0 - MINUTE)
    started_at = T0
    options = {"ignore_due": True, "not_since": started_at}
    world.poll(second, None, T0 + MINUTE)
    assert claimed(world, T0 + MINUTE, **options) == ["https://a.example/"]


def test_only_the_feeds_named_are_taken(world: World) -> None:
    ids = [world.follow(f"https://{letter}.example/") for letter in "abc"]
    assert claimed(world, only=ids[1:]) == ["https://b.example/", "https://c.example/"]
    assert claimed(world, T0 + LEASE, only=[]) == []


def test_hosts_at_work_are_left_out(world: World) -> None:
    world.follow("https://a.example/")
    assert claimed(world, exclude_hosts=["a.example"]) == []


def test_a_paused_feed_is_not_polled_and_a_resumed_one_is_due(world: World) -> None:
    id = world.follow()
    world.fail(id, T0)
    world.store.feeds.set_status(id, FeedStatus.PAUSED, T0)
    assert claimed(world, T0 + DAY) == []
    world.store.feeds.set_status(id, FeedStatus.ACTIVE, T0 + MINUTE)
    assert (feed(world, id).failures, feed(world, id).last_error) == (0.0, None)
    assert len(claimed(world, T0 + MINUTE)) == 1


def test_resuming_an_active_feed_makes_nothing_due(world: World) -> None:
    id = world.follow()
    world.poll(id, None)
    world.store.feeds.set_status(id, FeedStatus.ACTIVE, T0 + MINUTE)
    assert claimed(world, T0 + MINUTE) == []


def test_options_are_replaced_as_a_whole(world: World) -> None:
    id = world.follow(every_s=600, auth="desk")
    world.store.feeds.set_options(id, every_s=None, text_only=True, auth=None, topics=["World"])
    stored = feed(world, id)
    assert (stored.every_s, stored.text_only, stored.auth, stored.topics) == (None, True, None, ("World",))


def test_a_move_is_adopted_when_it_is_said_for_a_day(world: World) -> None:
    id = world.follow()
    for hours in (0, 12, 23):
        world.poll(id, None, T0 + hours * HOUR, moved_to="https://new.example/feed")
        assert feed(world, id).url == "https://gazette.example/feed"
    world.poll(id, None, T0 + 24 * HOUR, moved_to="https://new.example/feed")
    assert feed(world, id).url == "https://new.example/feed"


@pytest.mark.parametrize(
    ("url", "auth", "adopted"),
    [
        ("https://gazette.example/feed", "desk", "https://gazette.example/feed"),  # the secret is not for another origin
        ("https://new.example/old", "desk", "https://new.example/feed"),
        ("https://user:pass@new.example/old", None, "https://user:pass@new.example/old"),  # the new address would lack it
        ("https://gazette.example/feed", None, "https://new.example/feed"),
    ],
)
def test_a_feed_with_a_secret_takes_it_to_no_other_origin(world: World, url: str, auth: str | None, adopted: str) -> None:
    id = world.follow(url, auth=auth)
    for hours in (0, 12, 24, 36):
        world.poll(id, None, T0 + hours * HOUR, moved_to="https://new.example/feed")
    assert feed(world, id).url == adopted


def test_a_move_is_adopted_as_addresses_are_written_here(world: World) -> None:
    old = world.follow("https://old.example/")
    world.follow("https://new.example/feed")
    for hours in (0, 12, 24):
        world.poll(old, None, T0 + hours * HOUR, moved_to="https://new.example/feed?utm_source=move")
    assert [(one.id, one.url) for one in world.store.feeds.all()] == [(old, "https://new.example/feed")]


def test_a_move_that_is_taken_back_is_forgotten(world: World) -> None:
    id = world.follow()
    for hours, moved_to in ((0, "https://new.example/feed"), (12, None), (24, "https://new.example/feed"), (25, "https://new.example/feed")):
        world.poll(id, None, T0 + hours * HOUR, moved_to=moved_to)
    assert feed(world, id).url == "https://gazette.example/feed"


def test_a_feed_that_moves_to_a_followed_one_becomes_one_with_it(world: World) -> None:
    old, new = world.follow("https://old.example/"), world.follow("https://new.example/")
    world.poll(old, body(entry("a"), entry("b")))
    world.poll(new, body(entry("b"), entry("c")))
    for hours in (1, 13, 25):
        world.poll(old, None, T0 + hours * HOUR, moved_to="https://new.example/")
    assert [(one.id, one.url) for one in world.store.feeds.all()] == [(old, "https://new.example/")]
    assert sorted(world.rows(entries, "feed_id", "key")) == [(old, "a"), (old, "b"), (old, "c")]


def test_a_feed_that_says_for_a_day_that_it_is_gone_is_polled_no_more(world: World) -> None:
    id = world.follow()
    for hours in (0, 12, 23):
        world.fail(id, T0 + hours * HOUR, status=410)
        assert feed(world, id).status is FeedStatus.ACTIVE
    world.fail(id, T0 + 24 * HOUR, status=410)
    assert feed(world, id).status is FeedStatus.GONE


def test_other_failures_never_end_a_feed(world: World) -> None:
    id = world.follow()
    for days in range(60):
        world.fail(id, T0 + days * DAY, status=404 if days % 2 else 410)
    assert feed(world, id).status is FeedStatus.ACTIVE


def test_the_parts_of_an_index_come_back_as_the_last_poll_left_them(world: World) -> None:
    id = world.follow()
    whole = FeedPart(
        url="https://gazette.example/a.xml", changed_at="2031-05-06", validators=Validators(etag='W/"a"', last_modified="Mon"),
        body_hash="hash",
    )  # fmt: skip
    parts = (whole, FeedPart(url="https://gazette.example/b.xml"))
    assert feed(world, id).parts == ()
    world.poll(id, body(entry("a")), parts=parts)
    assert feed(world, id).parts == parts
    world.fail(id, T0 + HOUR)
    assert feed(world, id).parts == parts
    world.poll(id, None, T0 + HOUR + HOUR)
    assert feed(world, id).parts == ()
