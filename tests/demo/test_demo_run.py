"""The demo end to end: real engine, real sockets, real worker processes."""

from __future__ import annotations

from collections import Counter

from demo_played import Played, members

from crawler.demo.editions import BRANNOCK, FENWICK, HOUSES, POST, SALTRY, TIDE, TIDINGS, WEATHER, WIRE
from crawler.model import Relation, TextState

FERRIES, FERRIES_IN_APP = POST.url("/2026/03/30/ferry-yard"), TIDINGS.url("/read/ferry-yard-4108")
ARCHIVE, ARCHIVE_IN_APP = POST.url("/2026/03/29/archive-flood"), TIDINGS.url("/read/archive-flood-4109")
BRIDGES = WIRE.url("/2026/03/30/rail-bridge")
BRIDGES_PRINTED = {
    FENWICK.url("/2026/03/30/northline-bridges"): Relation.COPY,
    BRANNOCK.url("/2026/03/30/northline-bridges"): Relation.EXCERPT,
    SALTRY.url("/2026/03/30/northline-bridges"): Relation.EDITED,
}


def relations(played: Played, url: str) -> dict[str, Relation | None]:
    return {copy.url: copy.relation for copy in played.story(url).copies}


def test_copy_stands_for_its_story_until_the_original_appears(played: Played) -> None:
    for copy in (FERRIES_IN_APP, ARCHIVE_IN_APP):
        assert members(played.story(copy, tick=0)) == [copy]


def test_late_original_is_promoted_and_its_story_keeps_its_id(played: Played) -> None:
    for original, copy in ((FERRIES, FERRIES_IN_APP), (ARCHIVE, ARCHIVE_IN_APP), (BRIDGES, next(iter(BRIDGES_PRINTED)))):
        assert played.story(original).canonical.url == original
        assert played.story(original).id == played.story(copy, tick=0).id
        assert "promoted" in [change.event for change in played.view(original).history]
    assert played.summaries[1].originals_promoted == 3
    assert {record.id for record in played.stories[0]} == {record.id for record in played.stories[1]}


def test_app_s_cut_copy_is_an_excerpt_whose_own_text_is_all_in_the_original(played: Played) -> None:
    [copy] = played.story(FERRIES).copies
    assert (copy.url, copy.relation, copy.state) == (FERRIES_IN_APP, Relation.EXCERPT, TextState.GATED)
    assert (copy.measure("containment") or 0) >= 0.9
    assert (copy.measure("coverage") or 1) <= 0.6


def test_app_s_whole_copy_is_a_copy_despite_its_wrapper(played: Played) -> None:
    assert relations(played, ARCHIVE) == {ARCHIVE_IN_APP: Relation.COPY}


def test_app_s_furniture_is_cut_from_what_is_compared(played: Played) -> None:
    for url in (FERRIES, ARCHIVE):
        [copy] = played.story(url).copies
        compared = [block.text for block in played.blocks(copy) if block.mark == "t"]
        assert not [text for text in compared if "Tidings" in text or "UPDATED" in text]
    assert "c" in [block.mark for block in played.blocks(copy)]


def test_app_names_the_publisher_as_the_origin(played: Played) -> None:
    [copy] = played.story(FERRIES).copies
    assert [cue["name"] for cue in copy.evidence["cues"]] == [POST.name]


def test_agency_s_version_is_canonical_and_its_customers_are_its_copies(played: Played) -> None:
    assert played.story(BRIDGES).canonical.url == BRIDGES
    assert relations(played, BRIDGES) == BRIDGES_PRINTED
    assert "named as the origin" in played.view(BRIDGES).why_canonical


def test_customers_make_one_story_before_the_agency_is_seen(played: Played) -> None:
    [story] = {played.story(url, tick=0).id for url in BRIDGES_PRINTED}
    assert story == played.story(BRIDGES).id


def test_originals_known_from_the_start_are_canonical_at_once(played: Played) -> None:
    for slug, day in (("school-kitchens", "27"), ("tower-clock", "26")):
        story = played.story(POST.url(f"/2026/03/{day}/{slug}"), tick=0)
        assert story.canonical.site == POST.host
        assert [(copy.site, copy.relation) for copy in story.copies] == [(TIDINGS.host, Relation.EXCERPT)]


def test_forecasts_and_the_briefing_stay_apart(played: Played) -> None:
    for stories in played.stories:
        alone = Counter(record.canonical.site for record in stories if not record.copies)
        assert alone[WEATHER.host] == 5
        assert alone[TIDE.host] == 1


def test_every_story_is_what_it_is_and_nothing_is_lost(played: Played) -> None:
    first, second = played.summaries
    assert first.pages_read == sum(len(members(record)) for record in played.stories[0]) == 21
    assert second.pages_read + 21 == sum(len(members(record)) for record in played.stories[1]) == 24
    assert len(played.stories[1]) == 16
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert not first.pages_failed
    assert not second.pages_failed


def test_second_crawl_asks_feeds_conditionally_and_no_page_twice(played: Played) -> None:
    feeds = {house.feed_url for house in HOUSES}
    for url in feeds:
        first, second = [request for request in played.asked if request.url == url]
        assert (first.is_conditional, first.status) == (False, 200)
        assert (second.is_conditional, second.status) == (True, 200 if url in (POST.feed_url, WIRE.feed_url) else 304)
    others = Counter(request.url for request in played.asked if request.url not in feeds)
    assert set(others.values()) == {1}
    assert {request.status for request in played.asked} == {200, 304}
