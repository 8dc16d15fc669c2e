"""What went wrong in a run, by the host that did it: how often, why, and what comes of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from crawler.events import FeedFailed, FeedPartFailed, PageFailed
from crawler.urls import host_of

Kind = Literal["feed_failed", "part_failed", "page_failed", "page_waiting", "page_from_feed", "repeated", "remarked"]

WHAT_NEXT: Mapping[Kind, str] = {  # in the order of their weight; a feed's says when
    "feed_failed": "",
    "part_failed": "its feed was read without it",
    "page_failed": "given up",
    "page_waiting": "tried again later",
    "page_from_feed": "the feed's text stands in",
    "repeated": "asked again, then well",
    "remarked": "used all the same",
}
_WEIGHT = {kind: place for place, kind in enumerate(WHAT_NEXT)}
_ADDRESS_FIRST = re.compile(r"'?(https?://[^\s']+?)'?:? (?=\S)")

ByHost = Mapping[tuple[str, str], int]  # (host, what it did): how often


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One fault of one host; `where` is the address of the feed, part or page, or the host where they are several."""

    host: str
    where: str
    kind: Kind
    count: int  # feeds, parts of feeds, pages or requests
    reason: str
    next: str


def troubles_of(
    feeds: Iterable[FeedFailed], others: Mapping[Kind, Iterable[PageFailed | FeedPartFailed]], repeated: ByHost, remarked: ByHost
) -> list[Trouble]:
    """The heaviest first. A request that was repeated is not told where the same is told as a failure of its host."""
    failed = _grouped("feed_failed", ((feed.url, feed.reason, f"polled again {feed.next_try}") for feed in feeds))
    for kind, failures in others.items():
        failed += _grouped(kind, ((failure.url, failure.reason, WHAT_NEXT[kind]) for failure in failures))
    told: dict[str, list[str]] = {}
    for trouble in failed:
        told.setdefault(trouble.host, []).append(trouble.reason)
    well = {(host, what): n for (host, what), n in repeated.items() if not any(why.startswith(what) for why in told.get(host, ()))}
    survived = _survived("remarked", remarked)
    survived += _survived("repeated", well)
    return sorted(failed + survived, key=lambda trouble: (_WEIGHT[trouble.kind], -trouble.count, trouble.where, trouble.reason))


def without_address(reason: str, url: str) -> str:
    """The reason less the address that it begins with, as its host is named beside it; robots.txt stays named."""
    first = _ADDRESS_FIRST.match(reason)
    if first is None or host_of(first[1]) != host_of(url):
        return reason
    rest = reason[first.end() :]
    return f"robots.txt {rest}" if first[1].endswith("/robots.txt") else rest


def _grouped(kind: Kind, failures: Iterable[tuple[str, str, str]]) -> list[Trouble]:
    """One trouble for each host and reason; of several times the first."""
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for url, reason, next_step in failures:
        key = host_of(url), without_address(reason, url)
        counts[key] += 1
        first[key] = min(first.get(key, (next_step, url)), (next_step, url))
    return [
        Trouble(
            host=host, where=first[host, reason][1] if count == 1 else host, kind=kind, count=count, reason=reason,
            next=first[host, reason][0],
        )
        for (host, reason), count in counts.items()
    ]


def _survived(kind: Kind, by_host: ByHost) -> list[Trouble]:
    return [
        Trouble(host=host, where=host, kind=kind, count=count, reason=reason, next=WHAT_NEXT[kind])
        for (host, reason), count in by_host.items()
    ]
