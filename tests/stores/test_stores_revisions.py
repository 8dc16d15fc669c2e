"""A known address with new text is a revision of its story, and copies stay tied to the revision they were taken from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from stores_world import DAY, HOUR, T0, World, article, body, entry

from crawler.model import PageId, PageLease, RecordResult, StoryId, TextState, Validators
from crawler.stores.schema import pages, revisions, stories

ORIGINAL, COPY = "https://gazette.example/ferry", "https://readall.example/story/991"
PARAGRAPHS = (
    "The night ferry between Aldmouth and Port Wyre will stop for good in March, its owner said on Friday in a short statement.",
    "Passengers fell by half in four years, and the ship needs a new engine that nobody on either shore wants to pay for now.",
    "The mayor of Aldmouth called the decision a disgrace, and asked the ministry to step in before the last crossing is made.",
    "Twelve sailors lose their work, among them two who have served on the line since it was opened by the old king himself.",
    "A committee of residents means to buy the ship and to run it by themselves, as was done on the southern isles long ago.",
)
FIRST = "\n".join(PARAGRAPHS)
CORRECTED = FIRST.replace("Twelve sailors", "Forty sailors and cooks")


def read(
    world: World, url: str, text: str, now: datetime, *, title: str = "Night ferry to stop for good",
    state: TextState = TextState.FULL, marks: str | None = None,
) -> RecordResult:
    """The page is asked, and holds this."""
    lease = claim(world, url, now)
    made = article(url, text)
    made = replace(made, state=state, marks=marks or made.marks, metadata=replace(made.metadata, title=title))
    return world.store.articles.record_article(lease, made, validators=Validators(etag='"1"'), body_hash=text[-9:], now=now)


def claim(world: World, url: str, now: datetime) -> PageLease:
    leases = world.claim(now)
    for lease in leases:
        if lease.url != url:
            world.store.pages.release(lease)
    return next(lease for lease in leases if lease.url == url)


@pytest.fixture
def story(world: World) -> StoryId:
    """The original's story, once read."""
    world.poll(world.follow(), body(entry("ferry", ORIGINAL)))
    result = read(world, ORIGINAL, FIRST, T0)
    world.rest()
    assert result.story is not None
    return result.story


def add_copy(world: World, text: str, now: datetime) -> PageId:
    world.poll(world.follow("https://readall.example/feed"), body(entry("991", COPY)), now)
    page = read(world, COPY, text, now).page
    world.rest(now)
    return page


def page_of(world: World, url: str) -> PageId:
    found = world.store.reading.page(url)
    assert found is not None
    return found.id


def test_new_text_at_a_known_address_is_a_revision_of_its_story_and_never_another_story(world: World, story: StoryId) -> None:
    result = read(world, ORIGINAL, CORRECTED, T0 + HOUR)
    world.rest(T0 + HOUR)
    assert (result.outcome, result.story, world.rows(stories, "id")) == ("revision", story, [story])
    view = world.store.reading.story(story)
    assert view is not None
    assert view.record.text == CORRECTED
    assert view.record.changed_at == T0 + HOUR


def test_a_text_rewritten_through_and_through_is_a_revision_all_the_same(world: World, story: StoryId) -> None:
    other = "\n".join(f"Of {name} nothing had been said before this evening, when {name} spoke at length." for name in "abcdefgh")
    result = read(world, ORIGINAL, other, T0 + HOUR)
    assert (result.outcome, result.story, len(world.rows(stories, "id"))) == ("revision", story, 1)


def test_a_new_headline_is_a_revision(world: World, story: StoryId) -> None:
    assert read(world, ORIGINAL, FIRST, T0 + HOUR, title="Night ferry saved").outcome == "revision"


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        (FIRST, "ttttt"),
        (f"{FIRST}\nRead also: how to fold a map", "tttttp"),
        (f"{FIRST}\n1,204 comments", "tttttt"),
        (f"5 min read\n{FIRST}", "tttttt"),
        (FIRST.replace("its owner", "its  owner").replace("Aldmouth", "ALDMOUTH"), "ttttt"),
        (FIRST.replace(" - ", "\u2014"), "ttttt"),
    ],
)
def test_the_same_words_under_another_promotion_or_counter_are_unchanged(
    world: World, story: StoryId, text: str, marks: str
) -> None:
    assert read(world, ORIGINAL, text, T0 + HOUR, marks=marks).outcome == "unchanged"
    assert len(world.rows(revisions, "id")) == 1


def test_other_chrome_of_the_site_is_no_revision(world: World, story: StoryId) -> None:
    chrome = "Tonight on the harbour wave you hear old sailors' songs, the tide tables and what the lighthouse keeper has seen."
    addresses = [f"https://gazette.example/{number}" for number in range(6)]
    world.poll(world.follow("https://gazette.example/all"), body(*(entry(url, url) for url in addresses)), T0 + HOUR)
    for number, url in enumerate(addresses):
        tales = [f"Number {number} tells of {word} {number * 7} and of {word}s elsewhere too." for word in ("rain", "wind", "hail")]
        own = "\n".join(tales)
        read(world, url, f"{own}\n{chrome}", T0 + HOUR, title=f"Weather of the day number {number}")
    world.rest(T0 + HOUR)
    assert read(world, ORIGINAL, f"{FIRST}\n{chrome}", T0 + HOUR).outcome == "unchanged"


@pytest.mark.parametrize("state", [TextState.TRUNCATED, TextState.GATED, TextState.CONSENT_WALL, TextState.ERROR_PAGE])
def test_a_gate_or_a_wall_does_not_take_the_place_of_a_whole_text(world: World, story: StoryId, state: TextState) -> None:
    assert read(world, ORIGINAL, PARAGRAPHS[0], T0 + HOUR, state=state).outcome == "unchanged"
    view = world.store.reading.story(story)
    assert view is not None
    assert view.record.text == FIRST


def test_a_whole_text_takes_the_place_of_a_part(world: World) -> None:
    world.poll(world.follow(), body(entry("ferry", ORIGINAL)))
    read(world, ORIGINAL, PARAGRAPHS[0], T0, state=TextState.TRUNCATED)
    assert read(world, ORIGINAL, FIRST, T0 + HOUR).outcome == "revision"


def test_rechecks_thin_out_and_end(world: World, story: StoryId) -> None:
    asked = []
    for now in (T0 + timedelta(minutes=15 * step) for step in range(4 * 30)):
        for lease in world.claim(now):
            asked.append((now - T0, bool(lease.validators)))
            world.store.pages.record_unchanged(lease, validators=Validators(), now=now)
    assert asked == [(HOUR, True), (6 * HOUR, True), (DAY, True)]


def test_a_recheck_of_all_asks_within_the_schedules_reach_at_once_and_conditionally(world: World, story: StoryId) -> None:
    assert world.store.pages.recheck_all(T0 + timedelta(minutes=10)) == 1
    (lease,) = world.claim(T0 + timedelta(minutes=10))
    assert (lease.url, lease.validators.etag, lease.judged) == (ORIGINAL, '"1"', True)
    world.store.pages.record_unchanged(lease, validators=Validators(), now=T0 + timedelta(minutes=10))
    assert world.store.pages.recheck_all(T0 + 2 * DAY) == 0


def test_a_copy_stays_tied_to_the_revision_it_was_taken_from(world: World, story: StoryId) -> None:
    shorter = "\n".join(PARAGRAPHS[:4])
    copy = add_copy(world, shorter, T0)
    read(world, ORIGINAL, CORRECTED, T0 + HOUR)
    world.rest(T0 + HOUR)
    (kept,) = world.store.revisions.of(copy)
    assert (kept.base_url, kept.base_number) == (ORIGINAL, 1)
    assert [(row.number, row.base_number) for row in world.store.revisions.of(page_of(world, ORIGINAL))] == [(1, None), (2, None)]
    assert world.store.revisions.text(copy, 1) == shorter


def test_a_copy_that_comes_after_a_correction_is_tied_to_the_revision_that_it_is_nearest_to(world: World, story: StoryId) -> None:
    read(world, ORIGINAL, CORRECTED, T0 + HOUR)
    world.rest(T0 + HOUR)
    copy = add_copy(world, FIRST, T0 + HOUR)
    assert [row.base_number for row in world.store.revisions.of(copy)] == [1]


def test_a_copy_that_follows_a_correction_has_a_revision_tied_to_it(world: World, story: StoryId) -> None:
    copy = add_copy(world, FIRST, T0)
    read(world, ORIGINAL, CORRECTED, T0 + HOUR)
    read(world, COPY, CORRECTED, T0 + HOUR)
    world.rest(T0 + HOUR)
    assert [row.base_number for row in world.store.revisions.of(copy)] == [1, 2]
    assert [world.store.revisions.text(copy, number) for number in (1, 2)] == [FIRST, CORRECTED]


def test_older_revisions_of_a_canonical_page_stay_whole_when_it_was_a_copy_before(world: World) -> None:
    world.poll(world.follow("https://readall.example/feed"), body(entry("991", COPY)))
    read(world, COPY, FIRST, T0)
    world.poll(world.follow(), body(entry("ferry", ORIGINAL)), T0)
    read(world, ORIGINAL, FIRST + "\nAnd one line more, of those who came to wave from the pier.", T0)
    world.rest()
    read(world, COPY, CORRECTED, T0 + HOUR)
    world.rest(T0 + HOUR)
    canonical = world.rows(stories, "canonical_id")[0]
    whole = [row for row in world.rows(revisions, "page_id", "text") if row.page_id == canonical]
    assert all(row.text is not None for row in whole)
    for page in world.rows(pages, "id"):
        assert [bool(world.store.revisions.text(page, row.number)) for row in world.store.revisions.of(page)]


def test_the_stale_copies_of_one_story_are_told(world: World, story: StoryId) -> None:
    add_copy(world, FIRST, T0)
    read(world, ORIGINAL, CORRECTED, T0 + HOUR)
    world.rest(T0 + HOUR)
    (corrected,) = world.store.reporting.corrected(only=story)
    assert ([revision.number for revision in corrected.revisions], [copy.url for copy in corrected.copies]) == ([1, 2], [COPY])
    assert list(world.store.reporting.corrected(only=StoryId("sother"))) == []


