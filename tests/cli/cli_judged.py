"""A data directory with stories that were judged, as a crawl leaves it: nothing in it is made up but the texts."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from crawler.dedup.words import tokenise
from crawler.feeds.opml import FollowedFeed
from crawler.model import Article, FeedEntry, Metadata, ParsedFeed, Precision, TextSource, TextState, Timestamp, Validators
from crawler.polling import NextPoll
from crawler.settings import PollSettings, Settings
from crawler.stores import Store, open_store

NOW = datetime(2031, 5, 6, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
SYLLABLES = ("bel", "dor", "fen", "gal", "hin", "jor", "kes", "lum", "mar", "nok", "pra", "qui", "ros", "sti", "tul", "vam")


def lines(seed: int, count: int) -> list[str]:
    """Lines of invented words; two seeds share no three words in a row worth speaking of."""
    rng = random.Random(seed)
    return [" ".join("".join(rng.choices(SYLLABLES, k=3)) for _ in range(14)) for _ in range(count)]


def url(name: str) -> str:
    return f"https://{name}.example/a"


TEXTS: Mapping[str, Sequence[str]] = {
    "harbour": (harbour := lines(1, 10)),
    "mirror": harbour,
    "digest": harbour[:6],
    "ferry": (ferry := lines(2, 10)),
    "echo": ferry,
    # Two that share most of their text but not its opening: a near miss.
    "council": [*lines(3, 4), *(shared := lines(4, 10))],
    "borough": [*lines(5, 4), *shared],
    # Two that share their opening and little more than the bound asks for: a weak join.
    "market": [*(opening := lines(6, 11)), *lines(7, 3)],
    "trader": [*opening, *lines(8, 3)],
}


def fill(folder: Path) -> None:
    """Crawl the texts into folder/crawler.db; the earlier in the list, the earlier published."""
    folder.mkdir(exist_ok=True)
    with open_store(f"sqlite:///{folder}/crawler.db", settings=Settings()) as store:
        feed = store.feeds.add(FollowedFeed(url="https://all.example/feed"), NOW)[0]
        (lease,) = store.feeds.claim_due(NOW, limit=1, lease_for=LEASE, only=[feed], ignore_due=True)
        entries = tuple(FeedEntry(key=name, url=url(name), title=name, content_hash=name) for name in TEXTS)
        parsed = ParsedFeed(title="All", site_url=None, language="en", entries=entries)
        due = NextPoll(due_at=NOW + timedelta(hours=1), why="Asked every hour.", interval_s=3600.0, failures=0.0)
        store.feeds.record_poll(
            lease, parsed, validators=Validators(), body_hash="b", next_poll=due, now=NOW, settings=PollSettings()
        )
        _judge_pages(store)


def _judge_pages(store: Store) -> None:
    leases = {lease.url: lease for lease in store.pages.claim_due(NOW, limit=50, lease_for=LEASE, per_host=9)}
    for number, (name, text) in enumerate(TEXTS.items()):
        published = Timestamp(at=NOW + timedelta(minutes=number), precision=Precision.SECOND, zone_known=True, source="feed")
        article = Article(
            url=url(name), metadata=Metadata(title=f"What the {name} says", publisher=name.title(), published=published),
            blocks=tuple(text), marks="t" * len(text), state=TextState.FULL, source=TextSource.PAGE, tokens=tokenise(text),
        )  # fmt: skip
        store.articles.record_article(leases[url(name)], article, validators=Validators(), body_hash="b", now=NOW)
    while store.articles.judge_due(NOW, 50)[0] or store.articles.settle_due(50):
        pass
