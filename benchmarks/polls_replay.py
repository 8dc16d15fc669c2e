"""Polling rules on real polls: benchmarks/polls_replay.py POLLS.jsonl.gz [--news NAME,NAME…] [--rounds 24].

POLLS holds one poll a line: {"feed", "t" (seconds), "body" (hash), "ids" (where they changed since the poll before)}. Between
two polls at most 20 minutes apart the feed is taken to have been as the earlier one found it. In longer gaps the clock stands
still, and what a gap brought or took is nobody's to catch. On that clock every feed is polled as crawler.polling decides, and at
fixed intervals: first at a random moment of its first hour, the same for both, so many rounds over. An entry is caught by the
first poll that finds it, its delay is counted from its appearance; it is missed where it comes and goes between two polls. After
the end each method polls once more.

News feeds are those named, else those that bring at least 12 new entries a day. They are compared with polling at the one interval
that makes as many requests; the others with polling every 60 minutes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.model import Feed, FeedId, FeedStatus, Validators
from crawler.polling import PollObservation, next_poll
from crawler.settings import PollSettings

GAP_S = 1200
NEWS_A_DAY = 12
HOUR_S, DAY_S = 3600.0, 86_400.0
START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Record:
    """What was seen of one feed, on the clock that stands still in gaps (seconds from its first poll)."""

    at: list[float] = field(default_factory=list)
    ids: list[frozenset[str]] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    came_at: dict[str, float] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)  # there at the start, or brought by a gap
    taken: set[str] = field(default_factory=set)  # by a gap, for good

    @property
    def wanted(self) -> set[str]:
        return self.came_at.keys() - self.given - self.taken

    @property
    def per_day(self) -> float:
        return len(self.came_at.keys() - self.given) / max(self.at[-1] / DAY_S, 1e-9)


@dataclass(slots=True)
class Tally:
    requests: int = 0
    caught: int = 0
    missed: int = 0
    delays: list[float] = field(default_factory=list)

    def line(self, rounds: int) -> str:
        median = f"{statistics.median(self.delays) / 60:.1f} min" if self.delays else "-"
        return f"{self.requests / rounds:.0f} | {self.caught / rounds:.1f} | {self.missed / rounds:.1f} | {median}"


Wait = Callable[[float, bool, int, int], float]
"""Seconds until the next poll, given the time, whether the body changed, how many ids were new, and how many there were."""


def read_records(file: Path) -> dict[str, Record]:
    polls: dict[str, list[dict[str, object]]] = defaultdict(list)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            poll = json.loads(line)
            polls[poll["feed"]].append(poll)
    return {name: record_of(sorted(rows, key=lambda row: row["t"])) for name, rows in polls.items()}


def record_of(rows: Iterable[dict[str, object]]) -> Record:
    record, now, before, ids = Record(), 0.0, None, frozenset[str]()
    for row in rows:
        there = frozenset(row["ids"]) if "ids" in row else ids
        is_gap = before is None or row["t"] - before > GAP_S
        if is_gap:
            record.given |= there - record.came_at.keys()
            record.taken |= ids - there
        else:
            now += row["t"] - before
        record.taken -= there
        for id in there:
            record.came_at.setdefault(id, now)
        record.at.append(now)
        record.ids.append(there)
        record.body.append(row["body"])
        before, ids = row["t"], there
    return record


def play(record: Record, first_at: float, wait: Wait, tally: Tally) -> None:
    """Poll the record from `first_at` on, to its end and once more."""
    wanted = {id for id in record.wanted if record.came_at[id] > first_at}
    given = sorted((record.came_at[id], id) for id in record.given)
    known, body, now, is_over = set[str](), None, first_at, False
    while not is_over:
        place = bisect_right(record.at, now) - 1
        there, is_over = record.ids[place], now > record.at[-1]
        known.update(id for came_at, id in given if came_at <= now)
        new = there - known if body is not None else frozenset[str]()
        caught = wanted & (there - known)
        tally.delays += [now - record.came_at[id] for id in caught]
        tally.caught += len(caught)
        tally.requests += not is_over
        wanted -= caught
        known |= there
        now += wait(now, record.body[place] != body, len(new), len(there))
        body = record.body[place]
    tally.missed += len(wanted)


def fixed(interval_s: float, rng: random.Random) -> Wait:
    return lambda now, changed, new, total: interval_s * (1 + 0.1 * rng.random())


def adaptive(settings: PollSettings, rng: random.Random) -> Wait:
    """What crawler.polling makes of each poll; the feeds' dates, hints and failures are not in the data."""
    feed = Feed(
        id=FeedId(1), url="", title=None, site_url=None, topics=(), status=FeedStatus.ACTIVE, every_s=None, text_only=False,
        auth=None, validators=Validators(etag="1"), body_hash=None, interval_s=None, next_due_at=START, why_due="",
        last_polled_at=None, last_ok_at=None, failures=0.0, last_error=None, added_at=START,
    )

    def wait(now: float, changed: bool, new: int, total: int) -> float:
        nonlocal feed
        at = START + timedelta(seconds=now)
        seen = PollObservation(now=at, status="modified" if changed else "unchanged", new_entries=new, total_entries=total)
        due = next_poll(feed, seen, settings, rng.random())
        feed = replace(feed, last_polled_at=at, last_ok_at=at, interval_s=due.interval_s, pace=due.pace)
        return (due.due_at - at).total_seconds()

    return wait


def replay(records: Sequence[Record], rounds: int, make: Callable[[random.Random], Wait]) -> Tally:
    tally = Tally()
    for number in range(rounds):
        rng = random.Random(number)
        for record in records:
            first_at = rng.random() * HOUR_S
            play(record, first_at, make(random.Random(rng.random())), tally)
    return tally


def interval_for(requests: float, records: Sequence[Record], rounds: int) -> float:
    """The fixed interval in seconds that makes as many requests a round, to half a per cent."""
    low, high = 60.0, 10 * DAY_S
    while high / low > 1.005:
        middle = (low * high) ** 0.5
        made = replay(records, rounds, lambda rng, every=middle: fixed(every, rng)).requests / rounds
        low, high = (middle, high) if made > requests else (low, middle)
    return high


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("polls", type=Path)
    parser.add_argument("--news", default="", help="names of the news feeds, with commas between them")
    parser.add_argument("--rounds", type=int, default=24)
    options = parser.parse_args()
    records = read_records(options.polls)
    named = set(filter(None, options.news.split(",")))
    news = [name for name in records if (name in named if named else records[name].per_day >= NEWS_A_DAY)]
    groups = {"news": [records[name] for name in news], "others": [record for name, record in records.items() if name not in news]}
    settings, rounds = PollSettings(), options.rounds
    print("| feeds | polled | requests | new entries caught | missed | median delay |\n|---|---|---|---|---|---|")
    for name, group in groups.items():
        own = replay(group, rounds, lambda rng: adaptive(settings, rng))
        every_s = interval_for(own.requests / rounds, group, rounds) if name == "news" else HOUR_S
        other = replay(group, rounds, lambda rng, every=every_s: fixed(every, rng))
        hours = sum(record.at[-1] for record in group) / HOUR_S
        print(f"| {len(group)} {name}, {hours:.0f} h | by their pace | {own.line(rounds)} |")
        print(f"| | every {every_s / 60:.0f} min | {other.line(rounds)} |")


if __name__ == "__main__":
    main()
