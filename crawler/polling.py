"""When a feed is due next, decided from what its last poll showed.

    what was seen ─► interval (adapted to what polls yield) ─► wait = the longest of it and what the server asked for
                  ─► + jitter, never less ─► out of skipHours and skipDays ─► due

Sources: shared rules of Media Cloud, Miniflux, NewsBlur and Rachel by the Bay's feed reader scoring (jitter is added, never
subtracted: a re-poll after 59 minutes of an hour counts as one too early). No failure ever ends the polling of a feed.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Literal

from crawler.model import Feed
from crawler.settings import PollSettings

DAY_S = 86_400.0
HINT_CAP_S = DAY_S  # Miniflux: a wrong ttl or max-age must not silence a feed
JITTER = 0.1  # of the wait
HELD_JITTER_S = 3600.0  # Media Cloud: 0 to 60 minutes after a 429, so that a host's feeds do not return together
FASTER, MUCH_FASTER, SLOWER, HELD_SLOWER = 0.7, 0.5, 1.3, 1.5
LOSS_SHARE = 1 / 3  # where more of the window is new, entries may have come and gone between two polls
UNVALIDATED_S = 3600.0  # the least interval for a server that always sends the whole unchanged feed
MANY_FAILURES, MANY_FAILURES_S = 30, 7 * DAY_S
LONG_SILENCE, LONG_SILENCE_S = timedelta(days=90), 30 * DAY_S

PollStatus = Literal["modified", "unchanged", "failed", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollObservation:
    """What one poll showed. `held` is a 429 or a 503 with which the server asked for patience; it is no failure of the feed."""

    now: datetime
    status: PollStatus
    new_entries: int = 0  # ids never seen before
    total_entries: int = 0
    hint_s: float | None = None  # the feed's words: ttl, sy:updatePeriod
    freshness_s: float | None = None  # max-age less Age, or Expires less Date
    retry_after_s: float | None = None
    hard_failure: bool = False  # no such host, 410, a body that is no feed for good; soft ones count a half
    has_validators: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPoll:
    """When a feed is due, why (one sentence for a person), and what to remember for the poll after."""

    due_at: datetime
    why: str
    interval_s: float
    failures: float


def next_poll(
    feed: Feed,
    seen: PollObservation,
    settings: PollSettings,
    random01: float,
    skip_hours: AbstractSet[int] = frozenset(),
    skip_days: AbstractSet[int] = frozenset(),
) -> NextPoll:
    """The next poll of a feed; `random01` in [0, 1) spreads feeds that would else return together."""
    interval_s, reason = _interval(feed, seen, settings)
    failures = _failures(feed, seen)
    wait_s, reason = max(_waits(feed, seen, interval_s, failures, reason), key=itemgetter(0))
    jitter_s = HELD_JITTER_S if seen.status == "held" else wait_s * JITTER
    due_at = seen.now + timedelta(seconds=wait_s + jitter_s * random01)
    moved_at = _out_of_skipped(due_at, skip_hours, skip_days)
    if moved_at != due_at:
        reason += ", moved out of the hours or days that the feed asks to skip"
    return NextPoll(due_at=moved_at, why=_sentence(reason), interval_s=interval_s, failures=failures)


def _interval(feed: Feed, seen: PollObservation, settings: PollSettings) -> tuple[float, str]:
    """The interval that polls so far make, and why."""
    if feed.every_s is not None:
        return float(feed.every_s), f"asked every {_span(feed.every_s)} as set for this feed"
    before_s = feed.interval_s or float(settings.every_s)
    factor, reason = _factor(feed, seen, before_s)
    interval_s = min(max(before_s * factor, settings.min_s), settings.max_s)
    if seen.status in ("modified", "unchanged") and not seen.has_validators and not seen.new_entries:
        interval_s = max(interval_s, min(UNVALIDATED_S, settings.max_s))
    return interval_s, f"asked every {_span(interval_s)}: {reason}"


def _factor(feed: Feed, seen: PollObservation, interval_s: float) -> tuple[float, str]:
    if seen.status == "held":
        return HELD_SLOWER, "the server asked for fewer requests"
    if seen.status == "failed":
        return 1.0, "the poll failed"
    if feed.last_ok_at is None:
        return 1.0, "this was its first poll"
    elapsed_s = (seen.now - (feed.last_polled_at or feed.last_ok_at)).total_seconds()
    if not seen.new_entries:
        return (SLOWER, "nothing was new") if elapsed_s >= interval_s / 2 else (1.0, "nothing was new, but it was asked early")
    found = f"{seen.new_entries} of {seen.total_entries} entries were new"
    if elapsed_s > 2 * interval_s:
        return 1.0, f"{found} after a longer pause"
    if seen.new_entries > seen.total_entries * LOSS_SHARE:
        return MUCH_FASTER, f"{found}, so some may have been missed"
    return FASTER, found


def _failures(feed: Feed, seen: PollObservation) -> float:
    if seen.status == "failed":
        return feed.failures + (1.0 if seen.hard_failure else 0.5)
    return feed.failures if seen.status == "held" else 0.0


def _waits(feed: Feed, seen: PollObservation, interval_s: float, failures: float, reason: str) -> list[tuple[float, str]]:
    """Every lower bound on the wait with its reason; the longest holds."""
    waits = [(interval_s, reason)]
    if seen.status == "failed":
        waits.append(_backoff(feed, seen.now, interval_s, failures))
    if seen.retry_after_s is not None:
        waits.append((_capped(seen.retry_after_s), f"the server asked to wait {_span(_capped(seen.retry_after_s))} (Retry-After)"))
    if seen.freshness_s is not None:
        waits.append((_capped(seen.freshness_s), f"the answer stays fresh for {_span(_capped(seen.freshness_s))} (Cache-Control)"))
    if seen.hint_s is not None and feed.every_s is None:
        waits.append((_capped(seen.hint_s), f"the feed asks for one poll in {_span(_capped(seen.hint_s))}"))
    return waits


def _backoff(feed: Feed, now: datetime, interval_s: float, failures: float) -> tuple[float, str]:
    counted = f"{failures:g} failures in a row (soft ones count a half)"
    if now - (feed.last_ok_at or feed.added_at) > LONG_SILENCE:
        return LONG_SILENCE_S, f"no answer for over {LONG_SILENCE.days} days, so asked once in {_span(LONG_SILENCE_S)}"
    if failures >= MANY_FAILURES:
        return MANY_FAILURES_S, f"{counted}, so asked once in {_span(MANY_FAILURES_S)}"
    doublings = max(min(failures - 1.0, MANY_FAILURES), 0.0)
    wait_s = max(min(interval_s * 2.0**doublings, DAY_S), interval_s)
    return wait_s, f"{counted}, so asked again after {_span(wait_s)}"


def _capped(asked_s: float) -> float:
    return min(max(asked_s, 0.0), HINT_CAP_S)


def _out_of_skipped(due_at: datetime, skip_hours: AbstractSet[int], skip_days: AbstractSet[int]) -> datetime:
    """The first time from `due_at` in steps of an hour that the feed does not ask to skip, at most a day later."""
    for hours in range(25):
        moved_at = (due_at + timedelta(hours=hours)).astimezone(UTC)
        if moved_at.hour not in skip_hours and moved_at.weekday() not in skip_days:
            return moved_at if hours else due_at
    return due_at if len(skip_hours) >= 24 or len(skip_days) >= 7 else due_at + timedelta(hours=24)


def _span(seconds: float) -> str:
    """A span of time as a person says it, rounded to its largest unit and one below."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)} s"
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 2 * 1440:
        return f"{minutes / 60:.1f} h".replace(".0 ", " ")
    return f"{minutes / 1440:.1f} days".replace(".0 ", " ")


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:] + "."
