"""An origin that an article names is asked for once, joins its story where the texts agree, and is nobody's story where not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from stores_world import DAY, HOUR, MINUTE, T0, World, article, body, entry

from crawler.model import Article, CueKind, OriginCue, PageLease, PageState, RecordResult, TextState, Validators
from crawler.settings import DedupSettings, Settings
from crawler.stores import open_store
from crawler.stores.records import read_records
from crawler.stores.schema import articles, pages, stories

COPY = "https://readall.example/story/991"
ORIGIN = "https://gazette.example/2031/05/ferry-yard-closes"
WORDS = [
    "harbour", "council", "approved", "budget", "tuesday", "ferry", "bridge", "repairs", "delayed", "winter", "storm", "mayor",
    "opponents", "vote", "residents", "island", "timetable", "contract", "engineers", "found", "cracks", "beneath", "northern",
]  # fmt: skip


def text(seed: int) -> str:
    """A long text of invented words; of other seeds, another text."""
    words = [f"{WORDS[(seed * 7 + place * (seed + 3)) % len(WORDS)]}{place * seed % 97}" for place in range(180)]
    return "\n".join(" ".join(words[start : start + 30]) for start in range(0, 180, 30))


def cue(url: str, kind: CueKind = CueKind.CANONICAL) -> OriginCue:
    return OriginCue(kind=kind, weight=3, url=url, quote=url)


def judge(world: World, lease: PageLease, words: str, *cues: OriginCue, now: datetime = T0, **changes: Any) -> RecordResult:
    made: Article = replace(article(lease.url, words), cues=cues, **changes)
    return world.store.articles.record_article(lease, made, validators=Validators(), body_hash=words[:9], now=now)


def copy(world: World, *cues: OriginCue, words: str | None = None, **changes: Any) -> RecordResult:
    """A feed brings a copy, which is read and judged."""
    world.poll(world.follow("https://readall.example/feed"), body(entry("991", COPY)))
    (lease,) = world.claim()
    return judge(world, lease, text(1) if words is None else words, *cues, **changes)


def ask(world: World, now: datetime = T0) -> PageLease:
    """The one origin that waits to be asked for."""
    assert world.store.pages.ask_origins(now, 10) == 1
    (lease,) = world.claim(now)
    return lease


def known(world: World) -> list[str]:
    return list(world.rows(pages, "url"))


@pytest.fixture
def quiet(database_url: str) -> Iterator[World]:
    """A store that is told not to ask for origins."""
    with open_store(database_url, settings=Settings(dedup=DedupSettings(chase_origins=False))) as opened:
        yield World(opened, database_url)


def test_an_unknown_origin_becomes_a_page_that_owes_nothing_until_it_is_asked_for(world: World) -> None:
    copy(world, cue(ORIGIN))
    assert (world.claim(), known(world)) == ([], [COPY, ORIGIN])
    lease = ask(world)
    assert (lease.url, lease.chased, lease.is_asked_once, lease.entry) == (ORIGIN, True, True, None)
    assert world.rows(pages, "why_due")[1] == f"named as its origin by {COPY}"


def test_an_origin_that_was_named_and_not_asked_for_stays_unasked_where_settings_forbid_it(quiet: World) -> None:
    copy(quiet, cue(ORIGIN))
    assert known(quiet) == [COPY]


@pytest.mark.parametrize(
    "unasked",
    [
        cue(ORIGIN, CueKind.OG_URL),
        cue(ORIGIN, CueKind.FEED_SOURCE),
        cue(ORIGIN, CueKind.JSONLD_PUBLISHER),
        cue("https://gazette.example/"),
        cue("https://gazette.example/feed.xml"),
        cue("https://gazette.example/news/rss"),
        cue("https://gazette.example/pictures/4108.jpg"),
        cue("https://gazette.example/us-news", CueKind.JSONLD_BASED_ON),
        cue("https://gazette.example/about", CueKind.CREDIT_LINE),
        cue("https://www.readall.example/story/17-another-address"),
        cue("http://readall.example/story/991"),
        OriginCue(kind=CueKind.CREDIT_LINE, weight=3, name="The Gazette"),
    ],
)
def test_what_is_no_unknown_article_of_another_site_is_not_asked_for(world: World, unasked: OriginCue) -> None:
    copy(world, unasked)
    assert known(world) == [COPY]


@pytest.mark.parametrize("kind", [CueKind.CANONICAL, CueKind.ORIGINAL_SOURCE, CueKind.JSONLD_BASED_ON, CueKind.CREDIT_LINE])
def test_each_kind_of_cue_that_names_an_article_is_followed(world: World, kind: CueKind) -> None:
    copy(world, cue(ORIGIN, kind))
    assert known(world) == [COPY, ORIGIN]


def test_an_article_has_two_origins_asked_for_at_most(world: World) -> None:
    copy(world, *(cue(f"https://paper{number}.example/a/{number}") for number in range(5)))
    assert len(known(world)) == 3


def test_a_wall_names_no_origin(world: World) -> None:
    copy(world, cue(ORIGIN), state=TextState.CONSENT_WALL)
    assert known(world) == [COPY]


def test_the_other_scheme_of_a_known_address_is_not_asked_for(world: World) -> None:
    world.poll(world.follow(), body(entry("ferry", ORIGIN.replace("https", "http"))))
    world.claim()
    copy(world, cue(ORIGIN))
    assert world.store.pages.ask_origins(T0, 10) == 0


def test_an_origin_that_was_asked_for_is_never_asked_for_again_whatever_failed(world: World) -> None:
    copy(world, cue(ORIGIN))
    world.store.pages.record_failure(ask(world), reason="404", retry_at=None, now=T0)
    world.poll(world.follow("https://other.example/feed"), body(entry("2", "https://other.example/2")), T0 + DAY)
    (lease,) = world.claim(T0 + DAY, exclude_hosts=["readall.example"])
    judge(world, lease, text(1), cue(ORIGIN), now=T0 + DAY)
    assert world.store.pages.ask_origins(T0 + DAY, 10) == 0
    assert world.rows(pages, "state")[1] == PageState.FAILED
    assert world.store.reading.health(T0 + DAY).failing_pages == ()


def test_an_origin_with_the_copys_text_becomes_the_canonical_version_of_its_story(world: World) -> None:
    story = copy(world, cue(ORIGIN)).story
    result = judge(world, ask(world), text(1), now=T0 + MINUTE)
    assert (result.story, result.outcome) == (story, "promoted")
    world.rest()
    with world.store.reading._engine.connect() as connection:
        (record,) = read_records(connection)
    assert (record.canonical.url, [copied.url for copied in record.copies]) == (ORIGIN, [COPY])


def test_an_origin_with_another_text_is_no_story_and_is_not_asked_for_again(world: World) -> None:
    copy(world, cue(ORIGIN))
    result = judge(world, ask(world), text(2), now=T0 + MINUTE)
    assert (result.story, result.outcome) == (None, "unmatched")
    world.rest()
    assert len(world.rows(stories, "id")) == 1
    assert world.store.pages.recheck_all(T0 + HOUR) == 1
    assert [lease.url for lease in world.claim(T0 + HOUR)] == [COPY]


def test_an_origin_set_aside_is_found_by_a_later_copy_of_its_text(world: World) -> None:
    copy(world, cue(ORIGIN))
    judge(world, ask(world), text(2), now=T0 + MINUTE)
    world.poll(world.follow("https://other.example/feed"), body(entry("2", "https://other.example/2")), T0 + HOUR)
    (lease,) = world.claim(T0 + HOUR, exclude_hosts=["readall.example"])
    judge(world, lease, text(2), now=T0 + HOUR)
    world.rest()
    assert sorted(world.rows(stories, "members")) == [1, 2]
    assert all(world.rows(articles, "story_id"))


def test_an_origin_set_aside_is_a_story_once_a_feed_brings_it(world: World) -> None:
    copy(world, cue(ORIGIN))
    judge(world, ask(world), text(2), now=T0 + MINUTE)
    result = world.poll(world.follow(), body(entry("ferry", ORIGIN)), T0 + 2 * MINUTE)
    world.rest(T0 + 2 * MINUTE)
    assert (result.new_entries, result.pages_queued, world.claim(T0 + 2 * MINUTE)) == (1, 0, [])
    assert len(world.rows(stories, "id")) == 2


@pytest.mark.parametrize("was_asked", [False, True])
def test_an_origin_that_a_feed_brings_later_is_a_page_like_any_other_as_the_feed_spells_it(world: World, was_asked: bool) -> None:
    copy(world, cue(ORIGIN))
    if was_asked:
        world.store.pages.record_failure(ask(world), reason="no TLS here", retry_at=None, now=T0)
    plain = ORIGIN.replace("https", "http")
    result = world.poll(world.follow(), body(entry("ferry", plain, summary=None)), T0 + MINUTE)
    (lease,) = world.claim(T0 + MINUTE)
    assert (result.pages_queued, lease.url, lease.chased, lease.attempts) == (1, plain, False, 1)
    assert world.store.pages.ask_origins(T0 + MINUTE, 10) == 0


def test_an_origin_that_a_feed_brings_while_it_is_asked_for_is_asked_again_where_that_fails(world: World) -> None:
    copy(world, cue(ORIGIN))
    asking = ask(world)
    plain = ORIGIN.replace("https", "http")
    world.poll(world.follow(), body(entry("ferry", plain)), T0 + MINUTE)
    world.store.pages.record_failure(asking, reason="no TLS here", retry_at=None, now=T0 + MINUTE)
    (lease,) = world.claim(T0 + MINUTE)
    assert (lease.url, lease.chased) == (plain, False)


def test_where_an_origin_leads_is_asked_for_once_too(world: World) -> None:
    copy(world, cue(ORIGIN))
    world.store.pages.record_redirect(ask(world), "https://gazette.example/a/4108", T0)
    (lease,) = world.claim()
    assert (lease.url, lease.is_asked_once, lease.hops) == ("https://gazette.example/a/4108", True, 1)


def test_a_feeds_page_that_leads_to_a_failed_origin_has_it_asked_again(world: World) -> None:
    copy(world, cue(ORIGIN))
    world.store.pages.record_failure(ask(world), reason="404", retry_at=None, now=T0)
    world.poll(world.follow(), body(entry("short", "https://gazette.example/s/1")))
    (short,) = world.claim()
    world.store.pages.record_redirect(short, ORIGIN, T0)
    (lease,) = world.claim()
    assert (lease.url, lease.chased, lease.entry is None) == (ORIGIN, False, False)


def test_an_origin_to_which_a_feeds_page_leads_is_asked_as_the_redirect_spells_it(world: World) -> None:
    copy(world, cue(ORIGIN))
    world.store.pages.record_failure(ask(world), reason="HTTP 502", retry_at=None, now=T0)
    world.poll(world.follow("https://feeds.example/f"), body(entry("r", "https://feeds.example/r/1")))
    (leading,) = world.claim()
    world.store.pages.record_redirect(leading, ORIGIN.replace("https", "http"), T0)
    (lease,) = world.claim()
    assert lease.url == ORIGIN.replace("https", "http")


def test_a_story_goes_with_the_last_page_that_a_feed_brought(world: World) -> None:
    copy(world, cue(ORIGIN))
    judge(world, ask(world), text(1), now=T0 + MINUTE)
    world.rest()
    feed = world.store.feeds.find("https://readall.example/feed")
    assert feed is not None
    assert world.store.feeds.remove(feed.id, purge=True) == 1
    assert (world.rows(stories), world.rows(articles)) == ([], [])


def test_what_was_set_aside_is_pruned_with_the_old_stories(world: World) -> None:
    copy(world, cue(ORIGIN))
    judge(world, ask(world), text(2), now=T0 + MINUTE)
    world.rest()
    world.store.pruning.prune(T0 + 40 * DAY, 30, window_days=30)
    assert world.rows(articles) == []


def test_where_a_copy_leaves_its_origin_the_story_stays_with_the_page_that_a_feed_brought(world: World) -> None:
    story = copy(world, cue(ORIGIN)).story
    judge(world, ask(world), text(1), now=T0 + MINUTE)
    world.rest(T0 + MINUTE)
    world.store.pages.recheck_all(T0 + HOUR)
    (lease,) = world.claim(T0 + HOUR, exclude_hosts=["gazette.example"])
    result = judge(world, lease, text(2), now=T0 + HOUR)
    world.rest(T0 + HOUR)
    assert (result.outcome, result.story, world.rows(stories, "id", "members")) == ("revision", story, [(story, 1)])
    assert dict(world.rows(articles, "page_id", "story_id")) == {1: story, 2: None}
