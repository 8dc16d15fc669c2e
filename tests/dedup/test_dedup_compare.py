import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from texts import make_document, make_story, make_word, minutes

from crawler.dedup.compare import Bounds, compare
from crawler.dedup.document import Comparison, Document
from crawler.model import PageId, TextState

FORMS = json.loads((Path(__file__).parent / "forms.json").read_text(encoding="utf-8"))  # words, not numbers, are filled in
NONE = np.empty(0, dtype=np.uint64)


def judged(a: Document, b: Document, *, named: bool = False, bounds: Bounds | None = None) -> Comparison:
    return compare(a, b, low_chrome=NONE, high_chrome=NONE, bounds=bounds or Bounds(), named=named)


def test_the_same_words_are_exactly_one_story() -> None:
    result = judged(make_document(1, make_story(1)), make_document(2, make_story(1)))
    assert (result.joined, result.reason) == (True, "exact")


def test_a_copy_cut_to_a_third_is_contained_with_its_beginning() -> None:
    story = make_story(1, paragraphs=9)
    result = judged(make_document(1, story), make_document(2, story[:3]))
    assert (result.joined, result.reason) == (True, "contained")
    assert result.measures.jaccard < 0.4
    assert result.share_of(PageId(2)) > 0.99


def test_two_articles_that_quote_one_letter_stay_apart() -> None:
    letter = make_story(9, paragraphs=6)
    a = make_document(1, make_story(1, paragraphs=2) + letter)
    b = make_document(2, make_story(2, paragraphs=2) + letter)
    result = judged(a, b, bounds=Bounds(jaccard=0.7))
    assert result.measures.containment > 0.7
    assert (result.joined, result.reason) == (False, "no_lead")


def test_a_long_letter_under_other_beginnings_is_no_copy() -> None:
    letter = make_story(9, paragraphs=5, words=60)
    a = make_document(1, make_story(1, paragraphs=1, words=60) + letter)
    b = make_document(2, make_story(2, paragraphs=1, words=60) + letter)
    result = judged(a, b)
    assert 0.6 < result.measures.jaccard < 0.75
    assert (result.joined, result.reason) == (False, "no_lead")


def test_a_page_that_names_what_it_quotes_under_its_own_beginning_is_no_copy() -> None:
    story = make_story(9, paragraphs=10)
    column = make_story(1, paragraphs=2) + story[:3]
    assert not judged(make_document(1, story), make_document(2, column), named=True).joined


def test_two_reports_of_one_event_stay_apart() -> None:
    assert not judged(make_document(1, make_story(1)), make_document(2, make_story(2))).joined


def test_a_template_around_other_numbers_is_no_copy() -> None:
    def snapshot(net: str, share: str, revenue: str, year: str) -> list[str]:
        return [
            f"The company reported net income of {net} million in its latest quarter and said it had earned {share} cents a share.",
            f"It posted revenue of {revenue} million in the period, which also beat what analysts had expected before the report.",
            f"Its shares have risen {year} percent since the beginning of the year and were last traded near their highest price.",
        ]

    a = make_document(1, snapshot("12.5", "31", "140.2", "8"))
    b = make_document(2, snapshot("88.1", "65", "920.7", "14"))
    result = judged(a, b)
    assert result.measures.jaccard > 0.4
    assert (result.joined, result.reason) == (False, "template")


@pytest.mark.parametrize("name", FORMS)
def test_one_form_filled_in_with_other_words_is_no_copy(name: str) -> None:
    form, *fillings = FORMS[name]["form"], FORMS[name]["one"], FORMS[name]["other"]
    a, b = (
        make_document(page, form.format(*words).split("\n"), title=f"What is known of {words[0]} and {words[1]} so far")
        for page, words in enumerate(fillings, start=1)
    )
    result = judged(a, b)
    assert result.measures.containment > 0.7
    assert not result.joined


def test_a_short_notice_edited_with_care_is_a_copy_under_another_headline() -> None:
    story = make_story(1, paragraphs=4)
    words = " ".join(story).split()
    for place in (17, 58, 99, 140):
        words[place] = "otherwise"
    original = make_document(1, story, title="A headline of the paper for it")
    assert judged(original, make_document(2, [" ".join(words)], title="What the app calls it")).joined


def test_corrected_figures_make_no_template_of_a_long_text() -> None:
    story = " ".join(make_story(1, paragraphs=12)).split()
    figures = {50: ("41", "43"), 180: ("7.2", "7.9"), 300: ("1911", "1919"), 420: ("600", "60")}
    texts = [" ".join(figures[at][side] if at in figures else word for at, word in enumerate(story)) for side in (0, 1)]
    result = judged(make_document(1, [texts[0]]), make_document(2, [texts[1]]))
    assert (result.joined, result.measures.changed_numbers) == (True, 4)


def test_a_text_too_short_to_judge_joins_nothing() -> None:
    story = make_story(1)
    assert judged(make_document(1, story), make_document(2, [story[0].split(".")[0][:60]])).reason == "short"


def test_a_sentence_under_two_headlines_is_not_one_story() -> None:
    line = ["Read the full story in our app."]
    a = make_document(1, line, title="Harbour bridge to close for a year")
    b = make_document(2, line, title="School board votes on longer days")
    assert judged(a, b).reason == "short"


def test_pages_of_one_site_join_only_under_one_headline_or_nearly_whole() -> None:
    story = make_story(1, paragraphs=10)
    other = [*story[:8], *make_story(2, paragraphs=2)]
    a = make_document(1, story, url="https://paper.example/a", title="Harbour bridge to close for a year")
    retitled = make_document(2, other, url="https://paper.example/b", title="School board votes on longer days")
    same = make_document(3, story[:9], url="https://paper.example/c", title="Harbour bridge to close for a year")
    assert judged(a, retitled).reason == "same_site"
    assert judged(a, same).joined


def test_a_column_that_recurs_is_a_story_each_time() -> None:
    frame = make_story(1, paragraphs=8)
    first = [*frame, *make_story(2, paragraphs=1)]
    second = [*frame, *make_story(3, paragraphs=1)]
    a = make_document(1, first, url="https://paper.example/1", title="Our weekend guide to the city", published=minutes(0))
    b = make_document(2, second, url="https://paper.example/2", title="Our weekend guide to the city", published=minutes(7 * 1440))
    assert judged(a, b).reason == "recurring"


def test_a_named_origin_needs_less_and_still_needs_text() -> None:
    story = make_story(1, paragraphs=12)
    rewritten = [*make_story(3, paragraphs=1), *story[:7], *make_story(2, paragraphs=4)]
    a, b = make_document(1, story), make_document(2, rewritten)
    assert not judged(a, b).joined
    assert judged(a, b, named=True).reason == "named"
    assert not judged(a, make_document(3, make_story(4)), named=True).joined


def test_a_named_origin_makes_up_for_lines_that_a_page_has_before_the_text() -> None:
    story = make_story(9, paragraphs=6)
    a = make_document(1, make_story(1, paragraphs=2) + story)
    b = make_document(2, make_story(2, paragraphs=2) + story)
    bounds = Bounds(jaccard=0.7)
    assert judged(a, b, bounds=bounds).reason == "no_lead"
    assert judged(a, b, bounds=bounds, named=True).reason == "named"


def test_a_cut_copy_over_left_over_lines_of_its_page_begins_as_its_original() -> None:
    story, other = make_story(1, paragraphs=12), make_story(2, paragraphs=4)
    assert judged(make_document(1, story), make_document(2, [*story[:5], *other])).reason == "opening"


def test_two_reports_under_one_agency_paragraph_stay_apart() -> None:
    lede = make_story(9, paragraphs=2, words=32)
    a = make_document(1, [*lede, *make_story(1, paragraphs=1, words=50)])
    b = make_document(2, [*lede, *make_story(2, paragraphs=1, words=45)])
    assert judged(a, b).measures.containment > 0.5
    assert not judged(a, b).joined


def test_what_came_a_window_apart_is_not_compared() -> None:
    a = make_document(1, make_story(1), first_seen_at=minutes(0))
    b = make_document(2, make_story(1), first_seen_at=minutes(31 * 1440))
    assert judged(a, b).reason == "window"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 8), st.integers(1, 8))
def test_comparing_is_symmetric(seed_a: int, seed_b: int, cut_a: int, cut_b: int) -> None:
    a, b = make_document(1, make_story(seed_a)[:cut_a]), make_document(2, make_story(seed_b)[:cut_b])
    assert judged(a, b) == judged(b, a)


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_light_word_edits_leave_a_copy(share: float) -> None:
    rng = random.Random(4)
    story = make_story(1)
    edited = [" ".join(make_word(rng) if rng.random() < share else word for word in block.split()) for block in story]
    assert judged(make_document(1, story), make_document(2, edited)).joined


@pytest.mark.parametrize("state", [TextState.CONSENT_WALL, TextState.ERROR_PAGE])
@pytest.mark.parametrize("site", ["paper", "other"])
def test_pages_behind_one_wall_stay_apart(state: TextState, site: str) -> None:
    wall = make_story(1, paragraphs=2)
    a = make_document(1, wall, url="https://paper.example/a", title="The bridge over the river fell", state=state)
    b = make_document(2, wall, url=f"https://{site}.example/b", title="A harbour is won again today", state=state)
    assert (judged(a, b).joined, judged(a, b).reason) == (False, "wall")
