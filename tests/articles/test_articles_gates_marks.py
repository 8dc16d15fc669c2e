"""Lines that are no prose, and how much of an article a text holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trafilatura import load_html

from crawler.articles.bylines import is_byline, is_date_line
from crawler.articles.feedtext import read_feed_text, stand_in
from crawler.articles.gates import judge_state
from crawler.articles.head import Head
from crawler.articles.marks import is_gate, is_promotion, mark_blocks
from crawler.articles.phrases import count_words
from crawler.articles.read import read_entry
from crawler.model import BlockMark, FeedEntry, TextSource, TextState

PROSE = (
    "The harbour council voted on Tuesday evening to close the northern breakwater for eleven weeks, "
    "after divers found that two of its footings had been washed out during the storms."
)
OTHER = (
    "Engineers had warned in March that the stones were moving, "
    "but a first survey was postponed twice because the only barge with a long crane was at work further down the coast."
)


def lines(name: str) -> list[str]:
    return (Path(__file__).parent / "cases" / name).read_text(encoding="utf-8").splitlines()


def bare_head() -> Head:
    return Head(url="https://courier.example/a", tree=load_html("<html><body><p>a</p><p>b</p></body></html>"))


@pytest.mark.parametrize("line", lines("lines_gates.txt"))
def test_a_gate_is_known_in_many_languages(line: str) -> None:
    assert is_gate(line)


@pytest.mark.parametrize("line", lines("lines_no_gates.txt"))
def test_prose_and_newsletters_are_no_gates(line: str) -> None:
    assert not is_gate(line)


@pytest.mark.parametrize("line", lines("lines_promotions.txt"))
def test_a_promotion_is_known_in_many_languages(line: str) -> None:
    assert is_promotion(line)


@pytest.mark.parametrize(
    "line",
    [
        PROSE,
        "Related parties must be named in the report, the court said.",
        "More than forty boats came.",
        "Shares of the yard rose by three percent.",
        "Lesen lernen ist schwer.",
    ],
)
def test_prose_is_no_promotion(line: str) -> None:
    assert not is_promotion(line)


@pytest.mark.parametrize(
    "line",
    [
        "UPDATED: 30 MAR 2023 01:37 PM EST",
        "Stand: 12.05.2024, 14:30 Uhr",
        "Publié le 3 mai 2024 à 12h30",
        "3 min read",
        "2024年5月3日 12:30",
        "Monday, May 5, 2025",
        "5 мая 2024 в 12:30",
    ],
)
def test_a_line_that_only_says_when_is_a_date_line(line: str) -> None:
    assert is_date_line(line)


@pytest.mark.parametrize("line", ["In 2024 the council voted.", "5 killed in 2 days", "The May 5 vote", "Tuesday"])
def test_a_line_that_says_more_is_no_date_line(line: str) -> None:
    assert not is_date_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "By Ada Example",
        "Von Hanne Vossberg und Jo Kern",
        "By Ada Example, Bo de Sample | Staff Writer",
        "Par Inès Durand",
        "文/李明",
    ],
)
def test_a_byline_names_people_and_nothing_else(line: str) -> None:
    assert is_byline(line)


@pytest.mark.parametrize("line", ["By then it was too late for the boats", "From the harbour came a noise.", PROSE])
def test_a_line_that_says_more_is_no_byline(line: str) -> None:
    assert not is_byline(line)


def test_the_title_is_marked_where_it_opens_the_text() -> None:
    marks = mark_blocks(
        ["Breakwater to close for eleven weeks", PROSE, OTHER], titles=["Breakwater to close for eleven weeks"], names=()
    )

    assert marks == "htt"


def test_a_deck_that_a_page_calls_a_title_stays_text() -> None:
    deck = "Two footings had been washed out during the storms, and divers found them only now."

    assert mark_blocks([deck, PROSE], titles=["Breakwater to close for eleven weeks", deck], names=()) == "tt"


def test_everything_behind_a_gate_belongs_to_it() -> None:
    blocks = [PROSE, "Register to continue reading", "Forty papers of the coast", "From the same coast", "Regatta moved to June"]

    assert mark_blocks(blocks, titles=(), names=()) == "tgggg"


def test_a_gate_cuts_nothing_where_prose_goes_on_behind_it() -> None:
    assert BlockMark.GATE not in mark_blocks([PROSE, "Subscribe to continue reading", OTHER], titles=(), names=())


def test_a_text_of_nothing_but_promotions_keeps_its_lines_unmarked() -> None:
    assert mark_blocks(["Register to continue reading", "Follow us on Instagram"], titles=(), names=()) == "tt"


@given(
    st.lists(
        st.sampled_from([PROSE, OTHER, "Read more", "Register to continue reading", "By Ada Example", "May 5, 2025", "x"]),
        max_size=12,
    )
)
def test_every_block_has_one_mark_and_some_text_is_left(blocks: list[str]) -> None:
    marks = mark_blocks(blocks, titles=["x"], names=["Ada Example"])

    assert len(marks) == len(blocks)
    assert not blocks or BlockMark.TEXT in marks


def test_a_script_without_spaces_is_counted_in_words_too() -> None:
    assert count_words("港の防波堤は十一週間閉鎖されると町議会は火曜日の夜に決めた") >= 12
    assert count_words("seven words stand in this short line") == 7


def test_a_gate_behind_the_text_on_the_page_is_seen_though_the_extractor_left_it_out() -> None:
    around = f"Home\n{PROSE}\n\n{OTHER}\n\nSubscribe to continue reading\n\nSport"

    judged = judge_state([PROSE, OTHER], "tt", head=bare_head(), html="<html>", around=around)

    assert judged.state is TextState.GATED


def test_a_prompt_under_a_long_text_does_not_cut_it_but_a_line_that_says_more_follows_does() -> None:
    blocks = [PROSE, OTHER] * 8

    prompted = judge_state([*blocks, "Already a subscriber? Log in"], "t" * 16 + "g", head=bare_head(), html="<html>")
    cut = judge_state([*blocks, "Register to continue reading"], "t" * 16 + "g", head=bare_head(), html="<html>")

    assert (prompted.state, cut.state) == (TextState.FULL, TextState.GATED)
    assert prompted.reasons


def test_an_ellipsis_alone_is_no_sign_of_a_cut() -> None:
    blocks = [PROSE, OTHER, "And then the lights went out…"]

    assert judge_state(blocks, "ttt", head=bare_head(), html="<html>").state is TextState.FULL
    assert judge_state(blocks, "ttt", head=bare_head(), html='<div class="paywall">').state is TextState.TRUNCATED


def entry(**fields: str) -> FeedEntry:
    return FeedEntry(key="e", url="https://courier.example/a", title="Breakwater to close", **fields)


def test_an_entry_alone_gives_its_full_content_or_says_that_it_has_only_a_summary() -> None:
    whole = read_entry(
        entry(content="\n".join([PROSE, OTHER] * 3)), url="https://courier.example/a", reason="robots.txt forbids the page"
    )
    summary = read_entry(entry(summary=PROSE), url="https://courier.example/a", reason="the page answered 403")
    nothing = read_entry(entry(), url="https://courier.example/a", reason="the page answered 403")

    assert (whole.state, summary.state, nothing.state) == (TextState.FULL, TextState.TRUNCATED, TextState.EMPTY)
    assert {whole.source, summary.source, nothing.source} == {TextSource.FEED}
    assert whole.reasons[0] == "robots.txt forbids the page"
    assert whole.metadata.title == "Breakwater to close"
    assert summary.text == PROSE


def test_content_that_ends_cut_is_no_full_text() -> None:
    assert read_feed_text(entry(content="\n".join([PROSE, OTHER] * 3) + "\nAnd then…")).state is TextState.TRUNCATED


def test_a_page_that_lacks_what_its_feed_carries_gives_way_to_it() -> None:
    carried = entry(
        content="\n".join(
            [PROSE, OTHER, *(f"In week {n} the divers went down to footing {n} and measured it again by hand." for n in range(9))]
        )
    )

    assert stand_in(carried, TextState.FULL, [PROSE, OTHER]) is not None
    assert stand_in(carried, TextState.FULL, ["Another story stands here, " * 20]) is None
    assert stand_in(carried, TextState.FULL, carried.content.splitlines() if carried.content else []) is None
    assert stand_in(None, TextState.EMPTY, []) is None
