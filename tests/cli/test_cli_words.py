"""The parts of the commands that put things into words."""

from datetime import UTC, datetime, timedelta

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.cli.comparing import compare_texts, longest_shared
from crawler.cli.console import due_text, span_text, table
from crawler.cli.evidence import render
from crawler.cli.logs import event_fields, event_name
from crawler.cli.options import Seconds, Since, parse_span
from crawler.cli.tally import Tally
from crawler.events import ArticleJudged, ArticleRead, FeedPolled, FeedsCounted, PageFailed, PageFetched, PageForbidden
from crawler.model import FeedId, PageId, PollResult, RecordResult, StoryId

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("7d", 604_800), ("1w", 604_800), ("1.5h", 5400)]
)
def test_spans_are_read(text: str, seconds: int) -> None:
    assert parse_span(text) == timedelta(seconds=seconds)


def test_a_time_without_a_zone_is_utc() -> None:
    assert Since().convert("2026-11-20T12:00", None, None) == NOW
    assert Since().convert("2026-11-20T13:00+01:00", None, None) == NOW


def test_an_interval_under_a_minute_is_refused() -> None:
    with pytest.raises(click.BadParameter):
        Seconds().convert("59s", None, None)
    assert Seconds().convert("15m", None, None) == 900


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (90_061, "1 d 1 h"), (-5, "5 s")]
)
def test_spans_are_put_into_two_units(seconds: int, words: str) -> None:
    assert span_text(timedelta(seconds=seconds)) == words


def test_what_is_overdue_is_due_now() -> None:
    assert due_text(NOW, NOW) == "now"
    assert due_text(NOW + timedelta(minutes=5), NOW) == "in 5 min"
    assert due_text(None, NOW) == "-"


def test_a_table_aligns_wide_characters_and_cleans_cells() -> None:
    lines = table(("NAME", "N"), [("東京\x1b[31m", 1), ("a", 22)], numbers=(1,)).splitlines()
    assert lines == ["NAME   N", "東京   1", "a     22"]


def test_two_texts_are_told_apart_in_stretches() -> None:
    shared = "the harbour will be closed for repairs until the end of the month"
    stretches = compare_texts(f"Breaking: {shared}", f"{shared} said the mayor")
    assert [(s.is_shared, s.here, s.there) for s in stretches] == [
        (False, "Breaking:", ""),
        (True, shared, shared),
        (False, "", "said the mayor"),
    ]
    assert longest_shared(stretches)[0].words == 13


@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.lists(st.sampled_from("abcdef"), max_size=30))
def test_stretches_hold_both_texts_whole(a: list[str], b: list[str]) -> None:
    stretches = compare_texts(" ".join(a), " ".join(b))
    assert " ".join(s.here for s in stretches if s.here).split() == a
    assert " ".join(s.there for s in stretches if s.there).split() == b


def test_evidence_of_any_rule_is_put_into_words() -> None:
    lines = list(
        render(
            {
                "url": "https://app.example/1",
                "title": "A title\x1b[2J",
                "relation": "excerpt",
                "surprise": 3,
                "nothing": None,
                "measures": {"reason": "contained", "jaccard": 0.5, "containment": 0.98, "shared": 40, "novel": 1},
                "cues": [{"kind": "credit_line", "name": "Harbour Post", "quote": "first appeared in the Harbour Post"}],
                "refused": [{"url": "https://b.example/2", "reason": "template", "jaccard": 0.9}],
                "longest_shared_runs": [{"words": 5, "text": "the harbour will be closed"}],
                "differences": [{"here": "Get the app", "there": "said the mayor"}],
            }
        )
    )
    text = "\n".join(lines)
    assert lines[0] == "A title"
    for words in (
        "surprise        3",
        "0.98  of its own text is in the other",
        "novel           1",
        "credit line: Harbour Post",
        "https://b.example/2  template: one template around other facts (jaccard 0.90)",
        "5 words: “the harbour will be closed”",
        "Get the app",
        "│ said the mayor",
    ):
        assert words in text
    assert "nothing" not in text


def test_a_tally_counts_every_stage() -> None:
    tally = Tally()
    page, feed = PageId(1), FeedId(1)
    result = RecordResult(page=page, story=StoryId("s1"), outcome="copy")
    for event in (
        FeedsCounted(total=2),
        FeedPolled(feed=feed, url="u", not_modified=False, result=PollResult(new_entries=3, pages_queued=3)),
        PageFetched(page=page, url="u", status=200, bytes=10),
        PageForbidden(page=page, url="u"),
        PageFailed(page=page, url="u", reason="r", will_retry=False),
        PageFailed(page=page, url="u", reason="r", will_retry=True),
        ArticleRead(page=page, url="u", state="consent_wall", words=3),
        ArticleJudged(url="u", result=result),
    ):
        tally(event)
    assert tally.rows() == [
        ("feeds", 1, 2, "1 read"),
        ("pages", 3, 3, "1 fetched · 1 robots · 1 failed"),
        ("text", 1, 1, "1 consent wall"),
        ("stories", 1, 1, "1 copy joined"),
    ]


def test_events_have_stable_names_and_flat_fields() -> None:
    event = FeedPolled(feed=FeedId(3), url="u", not_modified=False, result=PollResult(new_entries=2))
    assert event_name(event) == "feed_polled"
    assert event_fields(event) == {"feed": 3, "url": "u", "not_modified": False, "new_entries": 2, "left_out": 0}
