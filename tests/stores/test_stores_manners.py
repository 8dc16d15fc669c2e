"""Robots files, holds and runs are remembered."""

from __future__ import annotations

from stores_world import HOUR, T0, World

from crawler.stores.manners import StoredHold, StoredRobots


def test_robots_are_kept_as_they_were_last_saved(world: World) -> None:
    manners, origin = world.store.manners, "https://gazette.example"
    assert manners.load_robots(origin) is None
    manners.save_robots(origin, status=200, body=b"User-agent: *", fetched_at=T0)
    manners.save_robots(origin, status=None, body=b"", fetched_at=T0 + HOUR, failing_since_at=T0)
    assert manners.load_robots(origin) == StoredRobots(status=None, body=b"", fetched_at=T0 + HOUR, failing_since_at=T0)


def test_a_shorter_hold_does_not_end_a_longer_one(world: World) -> None:
    manners = world.store.manners
    assert manners.load_hold("gazette.example") is None
    manners.hold("gazette.example", T0 + 2 * HOUR, status=429, reason="two hours")
    manners.hold("gazette.example", T0 + HOUR, status=503, reason="one hour")
    assert manners.load_hold("gazette.example") == StoredHold(until_at=T0 + 2 * HOUR, status=429)


def test_the_latest_run_is_found_by_its_command(world: World) -> None:
    runs = world.store.runs
    first = runs.start("crawl", T0)
    runs.finish(first, {"new": 3}, T0 + HOUR)
    runs.start("serve", T0 + HOUR)
    crawl, any_run = runs.latest("crawl"), runs.latest()
    assert crawl is not None
    assert any_run is not None
    assert (crawl.summary, crawl.ended_at) == ({"new": 3}, T0 + HOUR)
    assert (any_run.command, any_run.ended_at) == ("serve", None)
    assert runs.latest("rededup") is None
