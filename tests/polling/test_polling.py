"""When a feed is due next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Feed, FeedId, FeedStatus, Validators
from crawler.polling import NextPoll, PollObservation, next_poll
from crawler.settings import PollSettings

NOW = datetime(2024, 3, 5, 12, 0, tzinfo=UTC)  # a Tuesday
HOUR = 3600.0
DAY = 86_400.0
SETTINGS = PollSettings()
FEED = Feed(
    id=FeedId(1),
    url="https://a.example/feed",
    title=None,
    site_url=None,
    topics=(),
    status=FeedStatus.ACTIVE,
    every_s=None,
    text_only=False,
    auth=None,
    validators=Validators(),
    body_hash=None,
    interval_s=HOUR,
    next_due_at=NOW,
    why_due="",
    last_polled_at=NOW - timedelta(hours=1),
    last_ok_at=NOW - timedelta(hours=1),
    failures=0.0,
    last_error=None,
    added_at=NOW - timedelta(days=9),
)


def seen(status: str = "unchanged", **values: Any) -> PollObservation:
    return PollObservation(now=NOW, status=status, **values)  # type: ignore[arg-type]


def decide(observation: PollObservation, feed: Feed = FEED, random01: float = 0.0, **skips: Any) -> NextPoll:
    return next_poll(feed, observation, SETTINGS, random01, **skips)


def wait_s(poll: NextPoll) -> float:
    return (poll.due_at - NOW).total_seconds()


def test_a_poll_with_news_shortens_the_interval() -> None:
    poll = decide(seen("modified", new_entries=3, total_entries=30))
    assert wait_s(poll) == poll.interval_s == pytest.approx(0.7 * HOUR)
    assert "3 of 30 entries were new" in poll.why


def test_a_window_mostly_new_shortens_it_more_and_says_that_some_may_be_missed() -> None:
    poll = decide(seen("modified", new_entries=20, total_entries=30))
    assert poll.interval_s == pytest.approx(0.5 * HOUR)
    assert "may have been missed" in poll.why


@pytest.mark.parametrize("status", ["unchanged", "modified"])
def test_a_poll_without_news_lengthens_the_interval(status: str) -> None:
    assert decide(seen(status)).interval_s == pytest.approx(1.3 * HOUR)


def test_the_first_poll_teaches_nothing_though_all_is_new() -> None:
    feed = replace(FEED, last_ok_at=None, last_polled_at=None, interval_s=None)
    assert decide(seen("modified", new_entries=30, total_entries=30), feed).interval_s == HOUR


def test_a_poll_asked_by_hand_right_after_another_teaches_nothing() -> None:
    assert decide(seen(), replace(FEED, last_polled_at=NOW - timedelta(minutes=1))).interval_s == HOUR
    late = replace(FEED, last_polled_at=NOW - timedelta(days=3))
    assert decide(seen("modified", new_entries=30, total_entries=30), late).interval_s == HOUR


def test_the_interval_stays_within_the_settings() -> None:
    assert decide(seen("modified", new_entries=1, total_entries=9), replace(FEED, interval_s=600.0)).interval_s == SETTINGS.min_s
    assert decide(seen(), replace(FEED, interval_s=DAY, last_polled_at=NOW - timedelta(days=1))).interval_s == SETTINGS.max_s


def test_a_server_without_validators_is_not_asked_more_than_hourly_for_nothing() -> None:
    feed = replace(FEED, interval_s=600.0)
    assert wait_s(decide(seen(has_validators=False), feed)) == HOUR
    assert wait_s(decide(seen(has_validators=True), feed)) == pytest.approx(780)


@pytest.mark.parametrize(
    ("name", "words"), [("hint_s", "the feed asks"), ("freshness_s", "stays fresh"), ("retry_after_s", "Retry-After")]
)
def test_what_the_server_asks_is_heard_up_to_a_day(name: str, words: str) -> None:
    heard = decide(seen(**{name: 5 * HOUR}))
    assert wait_s(heard) == 5 * HOUR
    assert words in heard.why.replace("The feed", "the feed")
    assert wait_s(decide(seen(**{name: 99 * DAY}))) == DAY
    assert wait_s(decide(seen(**{name: -5.0}))) == pytest.approx(1.3 * HOUR)


def test_a_feeds_own_interval_wins_but_never_over_retry_after() -> None:
    feed = replace(FEED, every_s=900)
    assert wait_s(decide(seen("modified", new_entries=9, total_entries=9, hint_s=DAY), feed)) == 900
    assert wait_s(decide(seen("held", retry_after_s=2 * HOUR), feed)) == 2 * HOUR


def test_a_held_host_is_left_alone_and_counts_no_failure() -> None:
    poll = decide(seen("held", retry_after_s=5 * HOUR), replace(FEED, failures=2.0), random01=0.5)
    assert wait_s(poll) == 5 * HOUR + 1800
    assert poll.failures == 2.0
    assert poll.interval_s == 1.5 * HOUR


def test_failures_back_off_and_count_soft_ones_half() -> None:
    soft, hard = decide(seen("failed")), decide(seen("failed", hard_failure=True), replace(FEED, failures=2.0))
    assert (soft.failures, wait_s(soft)) == (0.5, HOUR)
    assert (hard.failures, wait_s(hard)) == (3.0, 4 * HOUR)
    assert wait_s(decide(seen("failed", hard_failure=True), replace(FEED, failures=12.0))) == DAY
    assert "failures in a row" in hard.why


def test_a_feed_that_fails_for_long_is_still_asked() -> None:
    assert wait_s(decide(seen("failed"), replace(FEED, failures=30.0))) == 7 * DAY
    assert wait_s(decide(seen("failed"), replace(FEED, failures=500.0, last_ok_at=NOW - timedelta(days=91)))) == 30 * DAY


def test_an_answer_ends_the_failures() -> None:
    assert decide(seen(), replace(FEED, failures=7.5)).failures == 0.0


def test_skipped_hours_and_days_are_avoided() -> None:
    due = decide(seen(), skip_hours={13, 14}, skip_days=set())
    assert due.due_at == datetime(2024, 3, 5, 15, 18, tzinfo=UTC)
    assert "skip" in due.why
    assert decide(seen(), skip_days={1}).due_at == datetime(2024, 3, 6, 0, 18, tzinfo=UTC)
    assert wait_s(decide(seen(), skip_hours=set(range(24)))) == pytest.approx(1.3 * HOUR)
    assert wait_s(decide(seen(), skip_days={1, 2, 3})) == pytest.approx(1.3 * HOUR + DAY)


OBSERVATIONS = st.builds(
    PollObservation,
    now=st.just(NOW),
    status=st.sampled_from(["modified", "unchanged", "failed", "held"]),
    new_entries=st.integers(0, 50),
    total_entries=st.integers(0, 50),
    hint_s=st.none() | st.floats(-10, 1e9),
    freshness_s=st.none() | st.floats(-10, 1e9),
    retry_after_s=st.none() | st.floats(-10, 1e9),
    hard_failure=st.booleans(),
    has_validators=st.booleans(),
)
FEEDS = st.builds(
    lambda every_s, interval_s, failures, ok_days: replace(
        FEED,
        every_s=every_s,
        interval_s=interval_s,
        failures=failures,
        last_ok_at=None if ok_days is None else NOW - timedelta(days=ok_days),
    ),
    st.none() | st.integers(60, 90_000),
    st.none() | st.floats(60, DAY),
    st.floats(0, 2000),
    st.none() | st.integers(0, 999),
)


@given(FEEDS, OBSERVATIONS, st.floats(0, 1, exclude_max=True))
def test_jitter_is_added_never_subtracted_and_every_feed_has_a_next_poll(
    feed: Feed, observation: PollObservation, random01: float
) -> None:
    plain, spread = decide(observation, feed, 0.0), decide(observation, feed, random01)
    assert spread.due_at >= plain.due_at >= NOW + timedelta(seconds=min(plain.interval_s, 60))
    assert wait_s(plain) >= plain.interval_s - 1
    assert wait_s(plain) >= min(max(observation.retry_after_s or 0, 0), DAY) - 1
    assert wait_s(spread) <= 1.1 * 30 * DAY + HOUR
    assert plain.why.endswith(".")
    assert "\n" not in plain.why
