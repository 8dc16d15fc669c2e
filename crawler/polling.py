"""When a feed is due next, decided from what its last poll showed.

    what was seen ─► pace (new entries an hour) ─► interval = every_s / √pace ─► wait = the longest of it and what the
    server asked for ─► + jitter, never less ─► out of skipHours and skipDays ─► due

Why the square root: entries of a feed that brings λ an hour wait half an interval on the mean, so all feeds together wait Σ λ·T/2
while they cost Σ 1/T requests; for a given cost the wait is least where every T is in proportion to 1/√λ. `poll.every_s` is the
interval of a feed that brings one an hour. benchmarks/polls_replay.py measures it on real polls.

Sources of the rest: shared rules of Media Cloud, Miniflux, NewsBlur and Rachel by the Bay's feed reader scoring (jitter is added,
never subtracted: a re-poll after 59 minutes of an hour counts as one too early). No failure ever ends the polling of a feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from operator import itemgetter
from typing import Literal

from crawler.model import Feed, Pace, PollWishes, Validators
from crawler.settings import PollSettings

HOUR_S = 3600.0
DAY = timedelta(days=1)
DAY_S = 86_400.0
HINT_CAP_S = DAY_S  # Miniflux: a wrong ttl or max-age must not silence a feed
JITTER = 0.1  # of the wait
LIMITED_JITTER_S = 3600.0  # Media Cloud: 0 to 60 minutes after a 429, so that a host's feeds do not return together

FADES_H = 24.0  # half-life of what polls taught: a day, so that a night and its day are remembered together
PRIOR_H = 1.0  # how many hours of watching a feed's own dates, or the settings, count for
STATED_LEAST, STATED_WITHIN = 3, timedelta(days=7)  # dated entries from which a feed's pace is believed, and how far back
STATED_SLOWEST, STATED_FASTEST = 1 / 24, 4.0  # an hour: dates can all be wrong, or all be the time of the request
LIMITED_PACE = 1.5**-2  # of its pace is believed after a 429, which makes its interval half as long again
LOSS_SHARE = 1 / 3  # where more of the window is new, entries may have come and gone between two polls
UNVALIDATED_S = HOUR_S  # the least interval where the whole unchanged feed is sent each time: no validators, or none believed

MANY_FAILURES, MANY_FAILURES_S = 30, 7 * DAY_S
LONG_SILENCE, LONG_SILENCE_S = timedelta(days=90), 30 * DAY_S
PROBED_AFTER = DAY  # Rachel by the Bay: at most one unconditional request in 24 hours
DISTRUSTED_FOR = timedelta(days=7)
NO_WISHES = PollWishes()

# "limited": a 429; "held": a 503 with a Retry-After. Both ask for patience and are no failure of the feed.
PollStatus = Literal["modified", "unchanged", "failed", "held", "limited"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PollObservation:
    """What one poll showed."""

    now: datetime
    status: PollStatus
    new_entries: int = 0  # ids never seen before
    total_entries: int = 0
    published: Sequence[datetime] = ()  # the dates that its entries state
    wishes: PollWishes = NO_WISHES  # of the body just read, or the last one read
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
    pace: Pace | None = None


def next_poll(feed: Feed, seen: PollObservation, settings: PollSettings, random01: float) -> NextPoll:
    """The next poll of a feed; `random01` in [0, 1) spreads feeds that would else return together."""
    pace = _pace(feed, seen)
    interval_s, reason = _interval(feed, seen, pace, settings)
    failures = _failures(feed, seen)
    wait_s, reason = max(_waits(feed, seen, interval_s, failures, reason), key=itemgetter(0))
    jitter_s = LIMITED_JITTER_S if seen.status == "limited" else wait_s * JITTER
    due_at = seen.now + timedelta(seconds=wait_s + jitter_s * random01)
    moved_at = _out_of_skipped(due_at, seen.wishes)
    if moved_at != due_at:
        reason += ", moved out of the hours or days that the feed asks to skip"
    return NextPoll(due_at=moved_at, why=_sentence(reason), interval_s=interval_s, failures=failures, pace=pace)


def validators_to_send(feed: Feed, now: datetime) -> Validators:
    """What to ask with: what the feed gave last, or nothing for a while after a 304 of it was caught hiding entries."""
    return Validators() if _is_distrusted(feed, now) else feed.validators


def is_worth_probing(feed: Feed, now: datetime) -> bool:
    """Whether a 304 is to be checked by asking for the whole feed: where nothing but 304 was heard for a day, nor tested."""
    return feed.whole_at is None or abs(now - feed.whole_at) >= PROBED_AFTER  # from the future: the clock was set back


def _is_distrusted(feed: Feed, now: datetime) -> bool:
    return feed.distrusted_at is not None and abs(now - feed.distrusted_at) < DISTRUSTED_FOR


def _pace(feed: Feed, seen: PollObservation) -> Pace | None:
    """What all polls so far tell, this one included; None where none has gone well yet."""
    if seen.status in ("failed", "held"):
        return feed.pace
    if seen.status == "limited":
        return feed.pace and Pace(entries=feed.pace.entries * LIMITED_PACE, hours=feed.pace.hours)
    if feed.pace is None or feed.last_ok_at is None:
        return Pace(entries=_stated_per_hour(seen.published, seen.now) * PRIOR_H, hours=PRIOR_H)
    watched_h = max((seen.now - feed.last_ok_at).total_seconds(), 0.0) / HOUR_S
    kept = 0.5 ** (watched_h / FADES_H)
    return Pace(entries=feed.pace.entries * kept + seen.new_entries, hours=feed.pace.hours * kept + watched_h)


def _stated_per_hour(published: Sequence[datetime], now: datetime) -> float:
    """How many entries an hour a feed's own dates tell of; 1.0, the pace of `poll.every_s`, where they tell nothing."""
    past = [at for at in published if at <= now]
    if len(past) < STATED_LEAST:
        return 1.0
    recent = sum(now - at <= STATED_WITHIN for at in past)
    span = min(max(now - min(past), timedelta(hours=1)), STATED_WITHIN)
    return min(max(recent * HOUR_S / span.total_seconds(), STATED_SLOWEST), STATED_FASTEST)


def _interval(feed: Feed, seen: PollObservation, pace: Pace | None, settings: PollSettings) -> tuple[float, str]:
    """The interval that polls so far make, and why."""
    if feed.every_s is not None:
        return float(feed.every_s), f"asked every {_span(feed.every_s)} as set for this feed"
    wanted_s = settings.every_s / sqrt(max(pace.entries / pace.hours, 1e-6)) if pace else float(settings.every_s)
    reason = _reason(feed, seen, pace)
    if _may_have_lost(feed, seen):
        wanted_s /= 2
        reason += ", and so many at once that some may have been missed"
    interval_s = min(max(wanted_s, settings.min_s), settings.max_s)
    is_asked_whole = not seen.has_validators or _is_distrusted(feed, seen.now)
    if seen.status in ("modified", "unchanged") and is_asked_whole and not seen.new_entries:
        interval_s = max(interval_s, min(UNVALIDATED_S, settings.max_s))
    return interval_s, f"asked every {_span(interval_s)}: {reason}"


def _reason(feed: Feed, seen: PollObservation, pace: Pace | None) -> str:
    if seen.status == "limited":
        return "the server asked for fewer requests"
    if seen.status in ("failed", "held"):
        return "the poll failed"
    found = f"{seen.new_entries} of {seen.total_entries} entries were new" if seen.new_entries else "nothing was new"
    if pace is None or feed.last_ok_at is None:
        return "this was its first poll"
    return f"{found}, and it brings {_rate(pace)}"


def _may_have_lost(feed: Feed, seen: PollObservation) -> bool:
    """Whether so much is new that entries may have come and gone unseen; a long pause explains it otherwise."""
    if feed.last_ok_at is None or seen.new_entries <= seen.total_entries * LOSS_SHARE:
        return False
    return (seen.now - feed.last_ok_at).total_seconds() <= 2 * (feed.interval_s or DAY_S)


def _failures(feed: Feed, seen: PollObservation) -> float:
    if seen.status == "failed":
        return feed.failures + (1.0 if seen.hard_failure else 0.5)
    return feed.failures if seen.status in ("held", "limited") else 0.0


def _waits(feed: Feed, seen: PollObservation, interval_s: float, failures: float, reason: str) -> list[tuple[float, str]]:
    """Every lower bound on the wait with its reason; the longest holds."""
    waits = [(interval_s, reason)]
    if seen.status == "failed":
        waits.append(_backoff(feed, seen.now, interval_s, failures))
    if seen.retry_after_s is not None:
        waits.append((_capped(seen.retry_after_s), f"the server asked to wait {_span(_capped(seen.retry_after_s))} (Retry-After)"))
    if seen.freshness_s is not None:
        waits.append((_capped(seen.freshness_s), f"the answer stays fresh for {_span(_capped(seen.freshness_s))} (Cache-Control)"))
    if seen.wishes.every_s is not None and feed.every_s is None:
        wished_s = _capped(seen.wishes.every_s)
        waits.append((wished_s, f"the feed asks for one poll in {_span(wished_s)}"))
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


def _out_of_skipped(due_at: datetime, wishes: PollWishes) -> datetime:
    """The first time from `due_at` in steps of an hour that the feed does not ask to skip, at most a day later."""
    skip_hours, skip_days = wishes.skip_hours, wishes.skip_days
    for hours in range(25):
        moved_at = (due_at + timedelta(hours=hours)).astimezone(UTC)
        if moved_at.hour not in skip_hours and moved_at.weekday() not in skip_days:
            return moved_at if hours else due_at
    return due_at if len(skip_hours) >= 24 or len(skip_days) >= 7 else due_at + timedelta(hours=24)


def _rate(pace: Pace) -> str:
    """A pace as a person says it."""
    per_hour = pace.entries / pace.hours
    for number, unit in ((per_hour, "an hour"), (per_hour * 24, "a day")):
        if number >= 0.95:
            return f"about {number:.0f} {unit}"
    return "less than one a day"


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
