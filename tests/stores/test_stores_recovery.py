"""What the next holder of the data directory sets right: leases left behind, and times of a clock that was ahead; suspects."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from stores_world import DAY, HOUR, MINUTE, T0, World, body, entry

import crawler.stores.migrations as migrations
from crawler.errors import StoreError
from crawler.model import FeedStatus, PageLease, PageState, Validators
from crawler.polling import NextPoll
from crawler.settings import PollSettings, Settings
from crawler.stores import open_store
from crawler.stores.engine import begin_migration, connect_engine
from crawler.stores.leases import MOST_DEATHS, SUSPECT_AFTER
from crawler.stores.lock import DataDirLock
from crawler.stores.manners import StoredHold
from crawler.stores.schema import feeds, metadata, pages


def queue(world: World, hosts: int, each: int) -> None:
    made = [entry(f"{host}-{n}", f"https://h{host}.example/{n}") for host in range(hosts) for n in range(each)]
    world.poll(world.follow(), body(*made))


def done(world: World, lease: PageLease) -> None:
    world.store.pages.record_failure(lease, reason="HTTP 404", retry_at=None, now=T0)


def crash(world: World) -> None:
    world.store.recover(T0, died=True)


def errors(world: World) -> dict[str, str]:
    return dict(world.rows(pages, "url", "last_error"))


def test_leases_left_by_one_that_ended_by_itself_are_nobodys_fault(world: World) -> None:
    queue(world, 1, 2)
    for _ in range(2 * MOST_DEATHS):
        assert len(world.claim()) == 2
        assert world.store.recover(T0, died=False) == 2
    assert set(world.rows(pages, "attempts")) == set(world.rows(pages, "deaths")) == {0}


def test_the_lock_tells_a_holder_that_died_from_one_that_ended(tmp_path: Path) -> None:
    with DataDirLock(tmp_path, "crawl") as lock:
        assert not lock.holder_died
    with pytest.raises(StoreError), DataDirLock(tmp_path, "crawl"):
        raise StoreError("no space left")
    code = (
        "import os, sys; from pathlib import Path; from crawler.stores.lock import DataDirLock\n"
        "with DataDirLock(Path(sys.argv[1]), 'serve') as lock: os.kill(os.getpid(), 9 if not lock.holder_died else 6)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    with DataDirLock(tmp_path, "crawl") as lock:
        assert lock.holder_died


def test_a_death_is_told_by_the_next_holder_where_one_ended_before_it_could(tmp_path: Path) -> None:
    (tmp_path / "crawler.lock").write_text("4711 crawl\n")
    with pytest.raises(StoreError), DataDirLock(tmp_path, "crawl"):
        raise StoreError("the database is held by another program")
    with DataDirLock(tmp_path, "crawl") as lock:
        assert lock.holder_died
        lock.death_told()
    with DataDirLock(tmp_path, "crawl") as lock:
        assert not lock.holder_died


@pytest.mark.parametrize("seed", range(3))
def test_a_page_that_kills_every_process_is_told_from_those_that_were_there(world: World, seed: int) -> None:
    queue(world, 20, 10)
    rng, killer, deaths = random.Random(seed), "https://h7.example/3", 0
    while leases := world.claim(limit=1024, per_host=8):
        rng.shuffle(leases)
        for lease in leases:
            if lease.url == killer:
                deaths += 1
                crash(world)
                break
            done(world, lease)
    told = errors(world)
    assert told.pop(killer) == f"{MOST_DEATHS + 1} processes ended while they held it"
    assert set(told.values()) == {"HTTP 404"}
    assert deaths == MOST_DEATHS + 1


def test_before_it_is_given_up_a_deadly_page_is_judged_from_its_feed(world: World) -> None:
    queue(world, 1, 1)
    offered = []
    while leases := world.claim():
        offered += [(lease.text_only, lease.attempts) for lease in leases]
        crash(world)
    assert offered == [(False, 1)] * MOST_DEATHS + [(True, 1)]
    assert world.rows(pages, "state") == [PageState.FAILED]


def test_innocent_pages_survive_many_deaths(world: World) -> None:
    """A supervisor kills every process after its third page: nothing is given up, and all comes to its end."""
    queue(world, 10, 9)
    while leases := world.claim(limit=1024, per_host=8):
        for lease in leases[:3]:
            done(world, lease)
        crash(world)
    assert set(errors(world).values()) == {"HTTP 404"}


def test_suspects_wait_until_nothing_else_is_due_and_come_in_companies_that_shrink(world: World) -> None:
    queue(world, 10, 10)
    for _ in range(SUSPECT_AFTER):
        assert len(world.claim(limit=1024, per_host=100)) == 100
        crash(world)
    world.poll(world.follow("https://other.example/feed"), body(entry("new", "https://new.example/1")))
    (fresh,) = world.claim()
    assert fresh.url == "https://new.example/1"
    assert world.claim() == []
    done(world, fresh)
    sizes = []
    for _ in range(4):
        sizes.append(len(world.claim(limit=1024, per_host=100)))
        assert world.claim() == []
        crash(world)
    assert sizes == [64, 36, 16, 16]  # those of the fewest deaths come first


def test_a_result_clears_a_page_of_suspicion(world: World) -> None:
    queue(world, 1, 1)
    for _ in range(SUSPECT_AFTER):
        world.claim()
        crash(world)
    (lease,) = world.claim()
    world.store.pages.record_failure(lease, reason="HTTP 503", retry_at=T0, now=T0)
    assert world.rows(pages, "deaths") == [0]
    (lease,) = world.claim()
    crash(world)
    (lease,) = world.claim()
    world.judge(lease, "A text of a few words.")
    assert world.rows(pages, "deaths") == [0]


def test_handing_back_clears_nothing(world: World) -> None:
    queue(world, 1, 1)
    world.claim()
    crash(world)
    world.store.pages.release(world.claim()[0])
    assert world.rows(pages, "deaths") == [1]


def test_a_deadly_feed_is_asked_once_a_day(world: World) -> None:
    deadly, other = world.follow(), world.follow("https://other.example/feed")
    at = T0
    for _ in range(MOST_DEATHS):
        assert deadly in [lease.feed.id for lease in world.store.feeds.claim_due(at, limit=9, lease_for=HOUR)]
        world.store.recover(at, died=True)
        if (due := world.store.feeds.claim_due(at, limit=9, lease_for=HOUR, only=[other])) != []:
            world.record(due[0], body(), at)
    feed = world.store.feeds.find(str(deadly))
    assert feed is not None
    assert (feed.next_due_at, feed.status) == (T0 + DAY, FeedStatus.ACTIVE)
    assert "12 processes ended" in (feed.last_error or "")
    assert [lease.feed.id for lease in world.store.feeds.claim_due(T0 + DAY, limit=9, lease_for=HOUR)][-1] == other


def test_a_deadly_feed_is_asked_by_a_crawl_a_day_too(world: World) -> None:
    deadly = world.follow()
    for _ in range(MOST_DEATHS):
        world.store.feeds.claim_due(T0, limit=9, lease_for=HOUR)
        world.store.recover(T0, died=True)
    for at, is_asked in ((T0 + HOUR, False), (T0 + DAY, True), (T0 + DAY + HOUR, False), (T0 + 2 * DAY + MINUTE, True)):
        world.store.recover(at, died=is_asked)
        leases = world.store.feeds.claim_due(at, limit=9, lease_for=HOUR)
        assert [lease.feed.id for lease in leases] == ([deadly] if is_asked else [])
        if leases:
            world.store.recover(at, died=True)


def poll_ahead(world: World, ahead: timedelta, wait: timedelta = HOUR, failures: float = 0.0) -> None:
    """A feed brings a page, so long after now, and is to rest for `wait`."""
    url = "https://a.example/feed"
    at = T0 + ahead
    due = NextPoll(due_at=at + wait, why="Asked so often.", interval_s=wait.total_seconds(), failures=failures)
    world.store.feeds.record_poll(
        world.claim_feed(world.follow(url, T0), at), body(entry(url, f"{url}/page")), validators=Validators(), body_hash="b",
        next_poll=due, now=at, settings=PollSettings(),
    )


def test_a_feed_polled_by_a_clock_that_was_ahead_rests_as_long_as_it_was_to_rest(world: World) -> None:
    poll_ahead(world, 400 * DAY)
    world.store.recover(T0, died=False)
    (feed,) = world.store.feeds.all()
    assert (feed.next_due_at, feed.last_polled_at) == (T0 + HOUR, T0)
    assert (feed.last_ok_at, feed.whole_at) == (T0, T0)  # what its pace is reckoned from, and when its 304 is tested
    assert "clock" in feed.why_due


@pytest.mark.parametrize("back", [HOUR, DAY])
def test_set_back_by_little_the_clock_silences_nothing_either(world: World, back: timedelta) -> None:
    poll_ahead(world, back)
    world.store.recover(T0, died=False)
    assert [feed.next_due_at for feed in world.store.feeds.all()] == [T0 + HOUR]
    assert [lease.url for lease in world.claim(T0)] == ["https://a.example/feed/page"]


def test_what_was_followed_under_a_clock_that_was_ahead_is_due_at_once(world: World) -> None:
    world.follow(now=T0 + 90 * DAY)
    world.store.recover(T0, died=False)
    assert len(world.store.feeds.claim_due(T0, limit=9, lease_for=HOUR)) == 1


@pytest.mark.parametrize(
    ("wait", "failures", "is_kept"),
    [(DAY, 0.0, True), (3 * DAY, 0.0, False), (7 * DAY, 31.0, True), (33 * DAY, 90.0, True), (40 * DAY, 90.0, False)],
)
def test_only_what_no_rule_can_have_asked_for_is_pulled_back(world: World, wait: timedelta, failures: float, is_kept: bool) -> None:
    poll_ahead(world, -MINUTE, wait, failures)
    (before,) = world.store.feeds.all()
    world.store.recover(T0, died=False)
    (feed,) = world.store.feeds.all()
    assert feed.next_due_at == (before.next_due_at if is_kept else T0)


def test_pages_and_holds_of_a_clock_that_was_ahead_are_pulled_back(world: World) -> None:
    poll_ahead(world, 200 * DAY)
    (lease,) = world.claim(T0 + 200 * DAY)
    world.store.pages.record_failure(lease, reason="HTTP 503", retry_at=T0 + 200 * DAY + HOUR, now=T0 + 200 * DAY)
    world.store.manners.hold("a.example", T0 + 200 * DAY, status=429, reason="429")
    world.store.pull_back_times(T0)
    assert [lease.url for lease in world.claim(T0)] == ["https://a.example/feed/page"]
    assert world.store.manners.load_hold("a.example") == StoredHold(until_at=T0 + DAY, status=429)


def test_a_hold_alone_is_pulled_back_too(world: World) -> None:
    world.store.manners.hold("a.example", T0 + 200 * DAY, status=503, reason="503")
    world.store.pull_back_times(T0)
    assert world.store.manners.load_hold("a.example") == StoredHold(until_at=T0 + DAY, status=503)


def test_times_that_are_in_order_stay_as_they_are(world: World) -> None:
    poll_ahead(world, -MINUTE)
    (lease,) = world.claim(T0)
    world.store.pages.record_failure(lease, reason="HTTP 503", retry_at=T0 + HOUR, now=T0)
    world.store.manners.hold("a.example", T0 + HOUR, status=429, reason="429")
    before = world.rows(feeds), world.rows(pages)
    assert world.store.recover(T0, died=False) == 0
    assert (world.rows(feeds), world.rows(pages)) == before


def test_an_id_never_comes_back(world: World) -> None:
    feed = world.follow()
    world.poll(feed, body(entry("a"), entry("b")))
    before = set(world.rows(pages, "id"))
    late = world.claim_feed(feed, T0 + HOUR)
    world.store.feeds.remove(feed, purge=True)
    again = world.follow("https://other.example/feed")
    assert world.claim_feed(again, T0).token == 1
    world.record(late, body(entry("late")))  # the answer to a poll of the feed that is gone
    assert world.rows(pages) == []
    world.store.recover(T0, died=False)
    world.poll(again, body(entry("c")))
    assert again != feed
    assert not set(world.rows(pages, "id")) & before


@pytest.fixture
def older(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A filled database of revision 0005."""
    path = tmp_path / "older.db"
    engine = connect_engine(f"sqlite:///{path}")
    with begin_migration(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        command.upgrade(config, "0005")
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        with connection:
            connection.execute(
                "INSERT INTO feeds (id, url, host, topics, status, next_due_at, added_at)"
                " VALUES (5, 'u', 'h', '[]', 'active', 1, 1)"
            )
            for page in (1, 2, 7):
                connection.execute(
                    "INSERT INTO pages (id, key, url, host, state, first_seen_at, redirect_to) VALUES (?, ?, ?, 'h', 'done', 1, ?)",
                    (page, f"k{page}", f"u{page}", 1 if page == 2 else None),
                )
            connection.execute(
                "INSERT INTO entries (feed_id, key, page_id, content_hash, entry, first_seen_at, last_seen_at)"
                " VALUES (5, 'e', 7, 'c', '{}', 1, 1)"
            )
            connection.execute("INSERT INTO stories (id, canonical_id, first_seen_at, changed_at) VALUES ('s1', 7, 1, 1)")
            connection.execute("INSERT INTO links (low, high, joined, reason, measures) VALUES (1, 7, 1, 'r', '{}')")
            event = "INSERT INTO story_events (story_id, at, event, page_id, detail) VALUES ('s1', 1, 'left', 9, '{}')"
            connection.execute(event)
            moved = '{"pages": {"12": "s1"}}'
            decision = """INSERT INTO decisions (verb, created_at, subject, "before") VALUES ('split', 1, '{}', ?)"""
            connection.execute(decision, (moved,))
        yield connection


def test_a_database_of_before_keeps_all_it_holds_and_gives_out_no_id_that_it_speaks_of(
    older: sqlite3.Connection, tmp_path: Path
) -> None:
    tables = [row[0] for row in older.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")]
    before = {name: older.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608
    columns = {name: [row[1] for row in older.execute(f"PRAGMA table_info({name})")] for name in tables}
    with open_store(f"sqlite:///{tmp_path}/older.db", settings=Settings()):
        pass
    for name in set(tables) - {"alembic_version"}:
        kept = ", ".join(f'"{column}"' for column in columns[name])
        assert older.execute(f"SELECT {kept} FROM {name}").fetchall() == before[name], name  # noqa: S608
    assert older.execute("PRAGMA foreign_key_check").fetchall() == []
    fresh = "INSERT INTO pages (key, url, host, state, first_seen_at) VALUES ('k', 'u', 'h', 'due', 1) RETURNING id, deaths"
    assert older.execute(fresh).fetchone() == (13, 0)
    older.rollback()


def test_tables_made_anew_are_as_the_schema_says(older: sqlite3.Connection, tmp_path: Path) -> None:
    """What Alembic does not compare: AUTOINCREMENT, and the conditions of indexes."""
    with open_store(f"sqlite:///{tmp_path}/older.db", settings=Settings()):
        pass
    engine = connect_engine(f"sqlite:///{tmp_path}/fresh.db")
    metadata.create_all(engine)
    engine.dispose()
    of_both = "tbl_name IN ('feeds', 'pages') AND type = 'index' AND sql NOT NULL"
    indexes = f"SELECT name, sql FROM sqlite_master WHERE {of_both} ORDER BY name"  # noqa: S608
    with closing(sqlite3.connect(tmp_path / "fresh.db")) as fresh:
        assert [(name, sql.split()) for name, sql in older.execute(indexes)] == [
            (name, sql.split()) for name, sql in fresh.execute(indexes)
        ]
    for name in ("feeds", "pages"):
        (sql,) = older.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
        assert ("AUTOINCREMENT" in sql, metadata.tables[name].dialect_options["sqlite"]["autoincrement"]) == (True, True)
