"""When a feed is due next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Feed, FeedId, FeedStatus, Pace, PollWishes, Validators
from crawler.polling import NextPoll, PollObservation, is_worth_probing, next_poll, validators_to_send
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
    pace=Pace(entries=1.0, hours=1.0),
)
NEW = replace(FEED, last_ok_at=None, last_polled_at=None, interval_s=None, pace=None)


def seen(status: str = "unchanged", **values: Any) -> PollObservation:
    return PollObservation(now=NOW, status=status, **values)  # type: ignore[arg-type]


def decide(observation: PollObservation, feed: Feed = FEED, random01: float = 0.0) -> NextPoll:
    return next_poll(feed, observation, SETTINGS, random01)


def wait_s(poll: NextPoll) -> float:
    return (poll.due_at - NOW).total_seconds()


def settled(per_hour: float, hours: float = 80.0) -> Feed:
    """A feed known to bring so many entries an hour."""
    return replace(FEED, pace=Pace(entries=per_hour * hours, hours=hours))


@pytest.mark.parametrize(("per_hour", "minutes"), [(1.0, 60), (4.0, 30), (16.0, 15), (0.25, 120), (1 / 100, 600)])
def test_the_interval_is_as_the_square_root_of_the_time_between_entries(per_hour: float, minutes: float) -> None:
    poll = decide(seen("modified", new_entries=1, total_entries=30), settled(per_hour, hours=1e6))
    assert poll.interval_s == pytest.approx(minutes * 60, rel=0.01)


def test_news_shortens_the_interval_and_silence_lengthens_it() -> None:
    busy, silent = decide(seen("modified", new_entries=3, total_entries=30)), decide(seen())
    assert busy.interval_s < HOUR < silent.interval_s
    assert "3 of 30 entries were new" in busy.why
    assert "nothing was new" in silent.why
    assert busy.pace
    assert busy.pace.hours == pytest.approx(2, abs=0.05)
    assert busy.pace.entries == pytest.approx(4, abs=0.05)


def test_what_was_learned_fades_so_that_a_feed_that_falls_silent_is_asked_more_and_more_seldom() -> None:
    feed, waits = settled(4.0), []
    for _ in range(400):
        poll = decide(seen(), feed)
        waits.append(poll.interval_s)
        feed = replace(feed, pace=poll.pace, last_ok_at=NOW - timedelta(seconds=poll.interval_s))
    assert waits == sorted(waits)
    assert waits[-1] == SETTINGS.max_s


def test_a_window_mostly_new_halves_the_interval_and_says_that_some_may_be_missed() -> None:
    many, few = (decide(seen("modified", new_entries=number, total_entries=30), settled(1.0)) for number in (11, 10))
    assert many.interval_s == pytest.approx(few.interval_s / 2, rel=0.02)
    assert "may have been missed" in many.why
    assert "missed" not in few.why


def test_after_a_long_pause_a_window_of_news_is_no_sign_of_loss() -> None:
    late = replace(settled(1.0), last_ok_at=NOW - timedelta(days=3))
    poll = decide(seen("modified", new_entries=30, total_entries=30), late)
    assert "missed" not in poll.why
    assert poll.interval_s > HOUR  # 30 in three days, not 30 in an hour


def test_the_first_poll_learns_from_the_dates_that_entries_state() -> None:
    def first(*ages_h: float) -> float:
        dates = [NOW - timedelta(hours=age) for age in ages_h]
        return decide(seen("modified", new_entries=30, total_entries=30, published=dates), NEW).interval_s

    assert first() == first(1, 2) == HOUR  # two dates tell nothing
    assert first(*range(1, 25)) == pytest.approx(HOUR)
    assert first(*(age / 4 for age in range(1, 97))) == pytest.approx(HOUR / 2)
    assert first(*(age * 24 for age in range(1, 31))) == pytest.approx(HOUR * 24**0.5)
    assert first(*(5000 + age for age in range(30))) == pytest.approx(HOUR * 24**0.5)  # at most five hours on the word of dates
    assert first(*[0.0] * 100) == HOUR / 2  # a feed that stamps all with the time of the request
    assert first(*(-age for age in range(30))) == HOUR  # dates to come tell nothing


def test_the_interval_stays_within_the_settings() -> None:
    assert decide(seen("modified", new_entries=1, total_entries=9), settled(1000.0)).interval_s == SETTINGS.min_s
    assert decide(seen(), settled(0.0)).interval_s == SETTINGS.max_s


def test_a_server_without_validators_is_not_asked_more_than_hourly_for_nothing() -> None:
    assert wait_s(decide(seen(has_validators=False), settled(16.0))) == HOUR
    assert wait_s(decide(seen(has_validators=True), settled(16.0))) == pytest.approx(900, rel=0.02)


@pytest.mark.parametrize(
    ("kind", "words"), [("every_s", "the feed asks"), ("freshness_s", "stays fresh"), ("retry_after_s", "Retry-After")]
)
def test_what_the_server_asks_is_heard_up_to_a_day(kind: str, words: str) -> None:
    def told(seconds: float) -> PollObservation:
        return seen(wishes=PollWishes(every_s=int(seconds))) if kind == "every_s" else seen(**{kind: seconds})

    heard = decide(told(5 * HOUR))
    assert wait_s(heard) == 5 * HOUR
    assert words in heard.why.replace("The feed", "the feed")
    assert wait_s(decide(told(99 * DAY))) == DAY
    assert wait_s(decide(told(-5.0))) == wait_s(decide(seen()))


def test_a_feeds_own_interval_wins_but_never_over_retry_after() -> None:
    feed = replace(FEED, every_s=900)
    assert wait_s(decide(seen("modified", new_entries=9, total_entries=9, wishes=PollWishes(every_s=86_400)), feed)) == 900
    assert wait_s(decide(seen("held", retry_after_s=2 * HOUR), feed)) == 2 * HOUR


def test_a_limited_host_is_left_alone_counts_no_failure_and_is_asked_less_from_then_on() -> None:
    poll = decide(seen("limited", retry_after_s=5 * HOUR), replace(FEED, failures=2.0), random01=0.5)
    assert wait_s(poll) == 5 * HOUR + 1800  # so that a host's feeds do not return together
    assert poll.failures == 2.0
    assert poll.interval_s == pytest.approx(1.5 * HOUR)
    after = decide(seen(), replace(FEED, pace=poll.pace))
    assert after.interval_s > decide(seen()).interval_s


def test_a_host_that_is_unavailable_is_left_alone_and_counts_no_failure() -> None:
    poll = decide(seen("held", retry_after_s=5 * HOUR), replace(FEED, failures=2.0), random01=0.5)
    assert wait_s(poll) == pytest.approx(5.25 * HOUR)
    assert (poll.failures, poll.interval_s, poll.pace) == (2.0, HOUR, FEED.pace)


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
    def skipping(hours: set[int], days: set[int]) -> NextPoll:
        wishes = PollWishes(skip_hours=frozenset(hours), skip_days=frozenset(days))
        return next_poll(replace(FEED, every_s=4680), seen(wishes=wishes), SETTINGS, 0.0)

    due = skipping({13, 14}, set())
    assert due.due_at == datetime(2024, 3, 5, 15, 18, tzinfo=UTC)
    assert "skip" in due.why
    assert skipping(set(), {1}).due_at == datetime(2024, 3, 6, 0, 18, tzinfo=UTC)
    assert wait_s(skipping(set(range(24)), set())) == 4680
    assert wait_s(skipping(set(), {1, 2, 3})) == 4680 + DAY


def test_a_304_is_put_to_the_test_after_a_day_of_nothing_else_and_when_the_clock_was_set_back() -> None:
    for age_h, is_worth in ((23, False), (25, True), (-2, False), (-30, True)):
        assert is_worth_probing(replace(FEED, whole_at=NOW - timedelta(hours=age_h)), NOW) is is_worth
    assert is_worth_probing(FEED, NOW)


def test_validators_that_lied_are_not_sent_for_a_week() -> None:
    kept = Validators(etag='W/"x"')
    feed = replace(FEED, validators=kept)
    assert validators_to_send(feed, NOW) == kept
    assert validators_to_send(replace(feed, distrusted_at=NOW - timedelta(days=6)), NOW) == Validators()
    assert validators_to_send(replace(feed, distrusted_at=NOW - timedelta(days=8)), NOW) == kept


def test_what_a_week_of_429_taught_is_unlearned_within_days() -> None:
    feed = settled(4.0)
    for _ in range(60):
        feed = replace(feed, pace=next_poll(feed, seen("limited"), SETTINGS, 0.0).pace)
    assert next_poll(feed, seen("limited"), SETTINGS, 0.0).interval_s == DAY
    for days in range(3):
        now = NOW + timedelta(days=days)
        told = replace(seen("modified", new_entries=96, total_entries=400), now=now)
        poll = next_poll(replace(feed, last_ok_at=now - timedelta(days=1)), told, SETTINGS, 0.0)
        feed = replace(feed, pace=poll.pace)
    assert poll.interval_s < HOUR


def test_a_feed_that_is_asked_whole_as_it_lied_is_asked_once_an_hour_where_nothing_is_new() -> None:
    busy = replace(FEED, pace=Pace(entries=360.0, hours=10.0), last_ok_at=NOW - timedelta(minutes=10), interval_s=600.0)
    lied = replace(busy, distrusted_at=NOW - timedelta(days=6))
    assert wait_s(next_poll(busy, seen(), SETTINGS, 0.0)) < HOUR == wait_s(next_poll(lied, seen(), SETTINGS, 0.0))
    assert wait_s(next_poll(lied, seen(new_entries=2, total_entries=40), SETTINGS, 0.0)) < HOUR


OBSERVATIONS = st.builds(
    PollObservation,
    now=st.just(NOW),
    status=st.sampled_from(["modified", "unchanged", "failed", "held", "limited"]),
    new_entries=st.integers(0, 50),
    total_entries=st.integers(0, 50),
    published=st.lists(st.integers(-99, 9999).map(lambda hours: NOW - timedelta(hours=hours)), max_size=9),
    wishes=st.builds(
        PollWishes, every_s=st.none() | st.integers(-10, 10**9), skip_hours=st.frozensets(st.integers(0, 23)),
        skip_days=st.frozensets(st.integers(0, 6)),
    ),
    freshness_s=st.none() | st.floats(-10, 1e9),
    retry_after_s=st.none() | st.floats(-10, 1e9),
    hard_failure=st.booleans(),
    has_validators=st.booleans(),
)
FEEDS = st.builds(
    lambda every_s, interval_s, failures, ok_days, pace: replace(
        FEED,
        every_s=every_s,
        interval_s=interval_s,
        failures=failures,
        last_ok_at=None if ok_days is None else NOW - timedelta(days=ok_days),
        pace=pace,
    ),
    st.none() | st.integers(60, 90_000),
    st.none() | st.floats(60, DAY),
    st.floats(0, 2000),
    st.none() | st.integers(-3, 999),
    st.none() | st.builds(Pace, entries=st.floats(0, 1e6), hours=st.floats(0.5, 1e6)),
)


@given(FEEDS, OBSERVATIONS, st.floats(0, 1, exclude_max=True))
def test_jitter_is_added_never_subtracted_and_every_feed_has_a_next_poll(
    feed: Feed, observation: PollObservation, random01: float
) -> None:
    unskipped = decide(replace(observation, wishes=PollWishes(every_s=observation.wishes.every_s)), feed)
    plain, spread = decide(observation, feed, 0.0), decide(observation, feed, random01)
    assert min(spread.due_at, plain.due_at) >= unskipped.due_at >= NOW + timedelta(seconds=min(plain.interval_s, 60))
    assert wait_s(plain) >= plain.interval_s - 1
    assert wait_s(plain) >= min(max(observation.retry_after_s or 0, 0), DAY) - 1
    assert wait_s(spread) <= 1.1 * 30 * DAY + HOUR + DAY
    assert (plain.pace is None) == (observation.status in ("failed", "held", "limited") and feed.pace is None)
    assert plain.why.endswith(".")
    assert "\n" not in plain.why
