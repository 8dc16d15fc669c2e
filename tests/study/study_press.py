"""Invented papers that publish into a store as a crawl would bring it: feed, page, article, verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from stores_world import LEASE, body, entry, stamp
from texts import make_story

from crawler.dedup.words import tokenise
from crawler.feeds.opml import FollowedFeed
from crawler.model import Article, BlockMark, Metadata, OriginCue, PageId, RecordResult, TextSource, TextState, Validators
from crawler.polling import NextPoll
from crawler.settings import PollSettings
from crawler.stores import Store
from crawler.urls import host_of

__all__ = ["T0", "Press", "make_article", "make_story"]

T0 = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)  # the program goes by the clock: stories must be in its window


def make_article(
    url: str, blocks: Sequence[str], *, title: str | None = None, published: datetime | None = None, publisher: str | None = None,
    state: TextState = TextState.FULL, cues: Sequence[OriginCue] = (),
) -> Article:
    metadata = Metadata(
        title=title, titles=(title,) if title else (), publisher=publisher, published=stamp(published) if published else None
    )
    return Article(
        url=url, metadata=metadata, blocks=tuple(blocks), marks=BlockMark.TEXT.value * len(blocks), state=state,
        source=TextSource.PAGE, tokens=tokenise(blocks), cues=tuple(cues),
    )  # fmt: skip


@dataclass
class Press:
    """Each paper has a feed at /feed of its host; `also_in` are other feeds that carry the entry."""

    store: Store
    now: datetime = T0
    carried: dict[str, list[str]] = field(default_factory=dict)

    def publish(self, article: Article, *, also_in: Sequence[str] = ()) -> RecordResult:
        """After this the article is polled, claimed and judged, a minute after the one before."""
        self.now += timedelta(minutes=1)
        for feed in (f"https://{host_of(article.url)}/feed", *also_in):
            self._poll(feed, article.url)
        return self._record(article)

    def revise(self, article: Article, *, after: timedelta = timedelta(hours=2)) -> RecordResult:
        """The same address holds another text when it is asked again."""
        self.now += after
        return self._record(article)

    def rest(self) -> None:
        while self.store.articles.judge_due(self.now, 50)[0] or self.store.articles.settle_due(50):
            pass

    def page(self, url: str) -> PageId:
        found = self.store.reading.page(url)
        assert found is not None
        return found.id

    def stories(self) -> set[frozenset[str]]:
        """The addresses of each story's pages."""
        return {
            frozenset(member.url for member in (record.canonical, *record.copies)) for record in self.store.reading.records()
        }

    def _poll(self, feed: str, url: str) -> None:
        urls = self.carried.setdefault(feed, [])
        urls.append(url)
        number, _ = self.store.feeds.add(FollowedFeed(url=feed), self.now)
        (lease,) = self.store.feeds.claim_due(self.now, limit=1, lease_for=LEASE, ignore_due=True, only=[number])
        due = NextPoll(due_at=self.now + timedelta(hours=1), why="Asked every hour.", interval_s=3600.0, failures=0.0)
        self.store.feeds.record_poll(
            lease, body(*(entry(each, each) for each in urls)), validators=Validators(), body_hash=None, next_poll=due,
            now=self.now, settings=PollSettings(),
        )

    def _record(self, article: Article) -> RecordResult:
        leases = self.store.pages.claim_due(self.now, limit=100, lease_for=LEASE, per_host=100)
        for lease in leases:
            if lease.url != article.url:
                self.store.pages.release(lease)
        (lease,) = (lease for lease in leases if lease.url == article.url)
        return self.store.articles.record_article(
            lease, article, validators=Validators(), body_hash=str(hash(article.blocks)), now=self.now
        )
