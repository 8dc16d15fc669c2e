"""What people decide is kept, holds after everything that follows, and can be taken back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from stores_world import DAY, HOUR, MINUTE, T0, World, body, entry, stamp

import crawler.stores.migrations as migrations
from crawler.errors import UsageError
from crawler.feeds.opml import FollowedFeed
from crawler.model import PageId, StoryId
from crawler.settings import Settings
from crawler.stores import open_store
from crawler.stores.engine import begin_write, connect_engine, read
from crawler.stores.schema import articles, decided_pairs, revisions, stories, story_events

WORDS = [first + last for first in ("al", "bir", "ced", "dro", "el", "fen") for last in ("bo", "ka", "mi", "nu", "sta", "ve")]


def words(seed: int, lines: int = 5) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(f"{rng.choice(WORDS)}{rng.randrange(40)}" for _ in range(25)) for _ in range(lines)]


def versions(seed: int) -> list[str]:
    """One story as three sites carry it: whole, cut, and with a paragraph of its own."""
    whole = words(seed)
    return ["\n".join(lines) for lines in (whole, whole[:3], [*whole, *words(seed + 500, 1)])]


@dataclass
class Newsroom:
    world: World

    def publish(self, texts: Sequence[str], start: int = 0, feed: str = "https://gazette.example/feed") -> list[PageId]:
        """Pages of as many sites, read and judged; their ids."""
        urls = [f"https://paper{start + number}.example/a" for number in range(len(texts))]
        self.world.poll(self.world.follow(feed), body(*(entry(url, url) for url in urls)), T0 + start * HOUR)
        leases = {lease.url: lease for lease in self.world.claim(T0 + start * HOUR)}
        for number, (url, said) in enumerate(zip(urls, texts, strict=True)):
            published = stamp(T0 + (start + number) * MINUTE)
            self.world.judge(leases[url], said, T0 + start * HOUR, published=published)
        self.world.rest(T0 + start * HOUR)
        return [leases[url].id for url in urls]

    def story(self, page: PageId) -> StoryId:
        return dict(self.world.rows(articles, "page_id", "story_id"))[page]

    def canonical(self, page: PageId) -> PageId:
        return dict(self.world.rows(stories, "id", "canonical_id"))[self.story(page)]

    def state(self) -> tuple[object, ...]:
        """All that a reader sees of stories, but for when they changed."""
        members = self.world.rows(articles, "page_id", "story_id", "relation", "evidence")
        shown = self.world.rows(stories, "id", "canonical_id", "why_canonical", "members", "origins")
        return [tuple(row) for row in members], [tuple(row) for row in shown if row.members]


@pytest.fixture
def newsroom(world: World) -> Newsroom:
    return Newsroom(world)


def test_merged_stories_are_one_under_the_first_ones_id(newsroom: Newsroom) -> None:
    a, b = newsroom.publish(versions(1)), newsroom.publish(versions(2), 3)
    first, second = newsroom.story(a[0]), newsroom.story(b[0])
    newsroom.world.store.decisions.merge(a[1], b[2], T0)
    newsroom.world.rest()
    assert {newsroom.story(page) for page in (*a, *b)} == {first}
    assert newsroom.world.store.reading.find(second) == first


def test_a_split_page_has_a_new_id_though_it_was_canonical(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    story = newsroom.story(pages[0])
    newsroom.world.store.decisions.split(pages[0], T0)
    newsroom.world.rest()
    assert newsroom.story(pages[0]) != story
    assert newsroom.story(pages[1]) == newsroom.story(pages[2]) == story
    assert newsroom.canonical(pages[1]) == pages[1]


def test_a_split_leaves_what_was_merged_together(newsroom: Newsroom) -> None:
    (a,), b = newsroom.publish([versions(1)[0]]), newsroom.publish([versions(2)[0], versions(3)[0]], 3)
    store = newsroom.world.store
    store.decisions.merge(a, b[0], T0)
    store.decisions.merge(a, b[1], T0)
    store.decisions.split(a, T0)
    newsroom.world.rest()
    assert newsroom.story(b[0]) == newsroom.story(b[1]) != newsroom.story(a)


def test_a_page_cannot_be_merged_with_itself(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    with pytest.raises(UsageError, match="nothing to merge"):
        newsroom.world.store.decisions.merge(pages[0], pages[0], T0)
    assert newsroom.world.store.decisions.all() == []


def test_the_only_page_of_a_story_cannot_be_split_from_it(newsroom: Newsroom) -> None:
    (page,) = newsroom.publish(["\n".join(words(1))])
    with pytest.raises(UsageError, match="only page"):
        newsroom.world.store.decisions.split(page, T0)
    assert newsroom.world.store.decisions.all() == []


def test_a_pinned_page_is_canonical_and_no_id_changes(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    story = newsroom.story(pages[0])
    newsroom.world.store.decisions.pin(pages[1], T0)
    newsroom.world.rest()
    assert newsroom.canonical(pages[0]) == pages[1]
    assert {newsroom.story(page) for page in pages} == {story}


def test_of_two_pinned_pages_of_a_story_the_later_is_canonical(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    for page in (pages[2], pages[1]):
        newsroom.world.store.decisions.pin(page, T0)
    newsroom.world.rest()
    assert newsroom.canonical(pages[0]) == pages[1]
    newsroom.world.store.decisions.unpin(pages[1], T0)
    newsroom.world.rest()
    assert newsroom.canonical(pages[0]) == pages[2]


def test_what_is_not_pinned_cannot_be_unpinned(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    with pytest.raises(UsageError, match="not pinned"):
        newsroom.world.store.decisions.unpin(pages[0], T0)


@pytest.mark.parametrize("verb", ["merge", "split", "pin"])
def test_undo_restores_the_state_before_with_its_ids(newsroom: Newsroom, verb: str) -> None:
    a, b = newsroom.publish(versions(1)[:1]), newsroom.publish(versions(2), 3)
    before, decisions = newsroom.state(), newsroom.world.store.decisions
    {"merge": lambda: decisions.merge(a[0], b[1], T0), "split": lambda: decisions.split(b[0], T0),
     "pin": lambda: decisions.pin(b[1], T0)}[verb]()  # fmt: skip
    newsroom.world.rest()
    assert newsroom.state() != before
    undone = decisions.undo(None, T0 + HOUR)
    newsroom.world.rest()
    assert newsroom.state() == before
    assert (undone.verb, undone.undone_at) == (verb, T0 + HOUR)


def test_undone_decisions_stay_listed_and_are_not_undone_twice(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    decisions = newsroom.world.store.decisions
    pinned = decisions.pin(pages[1], T0, note="the editors' own")
    split = decisions.split(pages[2], T0)
    assert decisions.undo(None, T0).id == split.id
    assert decisions.undo(None, T0).id == pinned.id
    assert [(one.verb, one.note, one.in_force) for one in decisions.all()] == [
        ("split", "", False), ("pin", "the editors' own", False)
    ]  # fmt: skip
    with pytest.raises(UsageError, match="no decision to undo"):
        decisions.undo(None, T0)
    with pytest.raises(UsageError, match="undone already"):
        decisions.undo(pinned.id, T0)


def test_a_later_decision_overrules_and_undoing_it_brings_the_earlier_back(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    decisions = newsroom.world.store.decisions
    decisions.split(pages[2], T0)
    apart = newsroom.story(pages[2])
    decisions.merge(pages[0], pages[2], T0)
    newsroom.world.rest()
    assert [one.in_force for one in decisions.all()] == [True, False]
    assert len({newsroom.story(page) for page in pages}) == 1
    decisions.undo(None, T0)
    newsroom.world.rest()
    assert newsroom.story(pages[2]) == apart
    assert [one.in_force for one in decisions.all()] == [False, True]


def test_an_earlier_merge_undone_leaves_what_a_later_one_holds(newsroom: Newsroom) -> None:
    (a,), (b,), (c,) = (newsroom.publish([versions(seed)[0]], seed) for seed in (1, 2, 3))
    decisions = newsroom.world.store.decisions
    first = decisions.merge(a, b, T0)
    decisions.merge(c, a, T0)
    newsroom.world.rest()
    story = newsroom.story(c)
    decisions.undo(first.id, T0)
    newsroom.world.rest()
    assert {newsroom.story(page) for page in (a, b, c)} == {story}


def test_a_decision_outlives_a_new_revision(newsroom: Newsroom) -> None:
    a, b = newsroom.publish(versions(1)), newsroom.publish(versions(2), 3)
    newsroom.world.store.decisions.merge(a[0], b[0], T0)
    newsroom.world.rest()
    newsroom.world.store.pages.recheck_all(T0 + HOUR)
    for number, lease in enumerate(newsroom.world.claim(T0 + 30 * DAY)):
        newsroom.world.judge(lease, "\n".join(words(900 + number)), T0 + 30 * DAY)
    newsroom.world.rest()
    assert len({newsroom.story(page) for page in (*a, *b)}) == 1


def test_a_decision_outlives_the_pages_of_another_feed_that_are_purged(newsroom: Newsroom) -> None:
    hub = newsroom.publish([versions(1)[0]], 0, "https://hub.example/feed")[0]
    others = [newsroom.publish([versions(seed)[0]], seed)[0] for seed in (2, 3, 4)]
    store = newsroom.world.store
    for other in others:
        store.decisions.merge(hub, other, T0)
    newsroom.world.rest()
    feed = store.feeds.add(FollowedFeed(url="https://hub.example/feed"), T0)[0]
    store.feeds.remove(feed, purge=True)
    newsroom.world.rest()
    assert hub not in newsroom.world.rows(articles, "page_id")
    assert len({newsroom.story(page) for page in others}) == 1


def test_no_copys_text_is_lost_by_deciding(newsroom: Newsroom) -> None:
    a, b = newsroom.publish(versions(1)), newsroom.publish(versions(2), 3)
    store, decisions = newsroom.world.store, newsroom.world.store.decisions
    before = {page: store.reading.blocks(page) for page in (*a, *b)}
    for decide in (lambda: decisions.merge(b[1], a[0], T0), lambda: decisions.split(b[0], T0), lambda: decisions.undo(1, T0)):
        decide()
        newsroom.world.rest()
        assert {page: store.reading.blocks(page) for page in (*a, *b)} == before
    assert any(newsroom.world.rows(revisions, "difference"))


def test_the_history_tells_of_a_decision(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    decision = newsroom.world.store.decisions.split(pages[0], T0)
    told = newsroom.world.rows(story_events, "id", "event", "page_id", "detail")
    assert ("left", pages[0], decision.id) in [(row.event, row.page_id, row.detail.get("decision")) for row in told]
    view = newsroom.world.store.reading.story(newsroom.story(pages[1]))
    assert view is not None
    assert [one.id for one in view.decisions] == [decision.id]


def test_a_decision_and_what_is_to_be_judged_for_it_are_one_transaction(newsroom: Newsroom) -> None:
    pages = newsroom.publish(versions(1))
    engine = newsroom.world.store.decisions._engine

    def fail(connection: object, cursor: object, statement: str, *_: object) -> None:
        if "judge_due" in statement:
            raise RuntimeError("killed")

    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError):
        newsroom.world.store.decisions.pin(pages[1], T0)
    event.remove(engine, "before_cursor_execute", fail)
    assert newsroom.world.store.decisions.all() == []


def test_a_verdict_asks_once_whether_anything_was_decided(newsroom: Newsroom) -> None:
    asked = list[str]()
    engine = newsroom.world.store.articles._engine
    event.listen(engine, "before_cursor_execute", lambda c, cursor, statement, *_: asked.append(statement))
    newsroom.publish(versions(1))
    assert sum("decided_pairs" in statement for statement in asked) <= 3 + 1  # one for each verdict's transaction


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000))
def test_whatever_is_decided_in_whatever_order_holds(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    url, rng = f"sqlite:///{tmp_path_factory.mktemp('decided')}/crawler.db", random.Random(seed)
    with open_store(url, settings=Settings()) as store:
        newsroom = Newsroom(World(store, url))
        pages = [page for number in range(3) for page in newsroom.publish(versions(seed + number), 3 * number)]
        for _ in range(8):
            decide(newsroom, rng, pages)
            if rng.random() < 0.7:
                newsroom.world.rest()
                check(newsroom)
        newsroom.world.rest()
        check(newsroom)


def decide(newsroom: Newsroom, rng: random.Random, pages: Sequence[PageId]) -> None:
    decisions, (a, b) = newsroom.world.store.decisions, rng.sample(pages, 2)
    standing = [one.id for one in decisions.all() if one.undone_at is None]
    match rng.choice(["merge", "split", "pin", "apart", "undo"]):
        case "merge":
            decisions.merge(a, b, T0)
        case "split" if sum(newsroom.story(a) == newsroom.story(page) for page in pages) > 1:
            decisions.split(a, T0)
        case "apart" if newsroom.story(a) != newsroom.story(b):
            decisions.keep_apart(a, b, T0)
        case "undo" if standing:
            decisions.undo(rng.choice(standing), T0)
        case _:
            decisions.pin(a, T0)


def check(newsroom: Newsroom) -> None:
    rows = [row for row in newsroom.world.rows(decided_pairs) if row.in_force]
    for row in rows:
        if row.says == "together":
            assert newsroom.story(row.low) == newsroom.story(row.high)
        elif row.says == "apart":
            assert newsroom.story(row.low) != newsroom.story(row.high)
    pinned = {row.low: row.decision_id for row in rows if row.says == "pinned"}
    for page in pinned:
        rivals = [other for other in pinned if newsroom.story(other) == newsroom.story(page)]
        assert newsroom.canonical(page) == max(rivals, key=lambda rival: pinned[rival])
    shown = newsroom.world.rows(stories, "id", "members", "canonical_id", "merged_into")
    assert {row.id: row.members for row in shown if row.members} == {
        story: [*newsroom.world.rows(articles, "story_id")].count(story) for story in newsroom.world.rows(articles, "story_id")
    }
    assert all(row.merged_into and row.canonical_id is None for row in shown if not row.members)


def test_a_database_of_the_first_tables_is_brought_up_to_date_with_what_it_holds(database_url: str) -> None:
    engine = connect_engine(database_url)
    with begin_write(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        command.upgrade(config, "0001")
        said = {"now": T0.timestamp() * 1e6}
        connection.execute(text(
            "INSERT INTO feeds (url, host, topics, status, next_due_at, added_at)"
            " VALUES ('https://g.example/f', 'g.example', '[]', 'active', :now, :now)"), said)  # fmt: skip
    engine.dispose()
    with open_store(database_url, settings=Settings()) as store:
        assert [feed.url for feed in store.feeds.all()] == ["https://g.example/f"]
        assert store.decisions.all() == []


def test_going_back_a_revision_leaves_the_first_tables(database_url: str) -> None:
    open_store(database_url, settings=Settings()).close()
    engine = connect_engine(database_url)
    with begin_write(engine) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        command.downgrade(config, "0001")
    with read(engine) as connection:
        assert not engine.dialect.has_table(connection, "decisions")
    engine.dispose()
    open_store(database_url, settings=Settings()).close()


def test_a_page_put_back_is_judged_though_its_partner_was_purged(newsroom: Newsroom) -> None:
    (a,), (b,) = newsroom.publish(versions(1)[:1], 0, "https://hub.example/feed"), newsroom.publish(versions(2)[:1], 3)
    store, before = newsroom.world.store, newsroom.story(b)
    store.decisions.merge(a, b, T0)
    newsroom.world.rest()
    store.feeds.remove(store.feeds.add(FollowedFeed(url="https://hub.example/feed"), T0)[0], purge=True)
    newsroom.world.rest()
    store.decisions.undo(None, T0)
    newsroom.world.rest()
    assert newsroom.story(b) == before
    assert dict(newsroom.world.rows(stories, "id", "why_canonical"))[before] == "the only version"
