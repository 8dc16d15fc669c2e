"""Find the feeds that an address offers: the address itself, else what its page declares, links, or is likely to have.

    address ──> a feed? ──> that is the answer
                └─ a page ──> link elements ──> links that look like feeds ──> the usual addresses      each looked at,
                          └─> sitemaps named in robots.txt, else the usual ones: those of news          MOST_REQUESTS in all

A weaker source is asked only where a stronger one gave nothing. What a person names and what a page declares for readers to
subscribe to is asked as a followed feed is; the page itself and what is guessed obey robots.txt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

from crawler.errors import CrawlerError, FetchError, NotAFeed
from crawler.feeds.places import NamedFeed, PageFeeds, is_news_by_name, likely_news_sitemaps, usual_addresses
from crawler.model import FeedFormat, ParsedFeed, Validators
from crawler.pipeline import tasks
from crawler.pipeline.found import Discovery, FoundBy, FoundFeed, found_feed
from crawler.pipeline.paging import with_credentials
from crawler.pipeline.ports import FeedFetcher, Fetched, NotModified, TaskRunner
from crawler.settings import PollSettings
from crawler.urls import address_key, normalise

MOST_REQUESTS = 10  # for one address, beside robots.txt; redirects of a feed are followed within one
MOST_DECLARED = 6  # looked at; sites that declare more have one for each section
MOST_LINKED = 3
MOST_GUESSED = 5  # feeds; and then MOST_SITEMAPS
DEADLINE_S = 120.0  # a person waits for it; ten requests to one site are spaced over 18 s by default
PAGE_S = 10.0  # for finding the links of a page; what is made to be slow takes under 2 s
MOST_SITEMAPS = 3


class DiscoveryFetcher(FeedFetcher, Protocol):
    """Raises FetchError."""

    async def is_allowed(self, url: str) -> bool: ...

    async def sitemaps(self, url: str) -> tuple[str, ...]: ...


class Discoverer:
    """Looks at addresses for a person who waits."""

    def __init__(
        self, *, fetcher: DiscoveryFetcher, workers: TaskRunner, settings: PollSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._settings = settings
        self._now = now

    async def discover(self, url: str) -> Discovery:
        """All that an address offers, sitemaps of news included. Raises FetchError where it cannot be had or must not be asked."""
        await self._require_allowed(url)
        return await _Search(self, url, None, is_thorough=True).run()

    async def resolve(self, url: str, auth: SecretStr | None = None) -> Discovery:
        """What to follow where a person said to follow this address, which is asked as a feed is: once, without robots.txt.

        Sitemaps are looked at only where the page has no feed. Raises as `discover` does.
        """
        return await _Search(self, url, auth, is_thorough=False).run()

    async def is_allowed(self, url: str) -> bool:
        """Whether robots.txt permits a guess; where it cannot be had, none is made."""
        try:
            return await self._fetcher.is_allowed(url)
        except FetchError:
            return False

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        try:
            return await self._fetcher.sitemaps(url)
        except FetchError:
            return ()

    async def get(self, url: str, auth: SecretStr | None) -> Fetched:
        answer = await self._fetcher.get_feed(url, validators=Validators(), auth=auth)
        if isinstance(answer, NotModified):
            raise FetchError(f"{url}: answered 304 to what asked without conditions", url=url, status=304)
        return answer

    async def parse(self, answer: Fetched) -> ParsedFeed:
        task = partial(
            tasks.parse_feed, answer.body, url=answer.url, content_type=answer.content_type, now=self._now(),
            max_entries=self._settings.max_entries, sitemap_days=self._settings.sitemap_days,
        )
        return await self._workers.run(task, timeout_s=tasks.FEED_S)

    async def named_on(self, page: Fetched) -> PageFeeds:
        """The feeds that a page names. Raises FetchError where robots.txt forbids the page."""
        await self._require_allowed(page.url)
        task = partial(tasks.find_feeds, page.body, url=page.url, content_type=page.content_type)
        return await self._workers.run(task, timeout_s=PAGE_S)

    async def _require_allowed(self, url: str) -> None:
        if not await self._fetcher.is_allowed(url):
            raise FetchError(f"robots.txt forbids {url}: name its feed's own address, with `feeds add`", url=url)


@dataclass
class _Search:
    """One address's search, with what it may still ask and what it has found."""

    by: Discoverer
    url: str
    auth: SecretStr | None
    is_thorough: bool
    left: int = MOST_REQUESTS
    guesses_left: int = MOST_GUESSED
    asked: set[str] = field(default_factory=set)
    found: list[FoundFeed] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)

    async def run(self) -> Discovery:
        page = await self._get(self.url)
        try:
            parsed = await self.by.parse(page)
        except NotAFeed as error:
            try:
                async with asyncio.timeout(DEADLINE_S):
                    await self._search(page, error)
            except TimeoutError:
                pass  # what was found by then is the answer
            return Discovery(url=page.url, feeds=tuple(self.found), broken=tuple(self.broken))
        itself = found_feed(parsed, self._followed(self.url, page), FoundBy.ADDRESS, None)
        return Discovery(url=page.url, feeds=(itself,))

    @property
    def _has_one(self) -> bool:
        return any(not feed.is_comments for feed in self.found)

    async def _search(self, page: Fetched, why_none: NotAFeed) -> None:
        try:
            named = await self.by.named_on(page)
        except FetchError as error:  # for good, whatever robots.txt will say: the address is no feed
            raise FetchError(f"{why_none}; {error}", url=page.url) from error
        await self._look_at(named.declared[:MOST_DECLARED], FoundBy.LINK)
        self.found += [
            FoundFeed(url=feed.url, title=feed.title, found_by=FoundBy.LINK, is_comments=feed.is_comments)
            for feed in named.declared[MOST_DECLARED:]
        ]
        if not self._has_one:
            await self._look_at(named.linked[:MOST_LINKED], FoundBy.ANCHOR)
        if not self._has_one:
            await self._guess(page.url)
        if self.is_thorough or not self._has_one:
            await self._look_for_news(page.url)
        if not self.found:
            self.broken.append((page.url, str(why_none)))

    async def _look_at(self, named: Iterable[NamedFeed], found_by: FoundBy) -> None:
        for feed in named:
            if address_key(feed.url) in self.asked:  # a page that declares itself
                continue
            try:
                await self._look(feed, found_by)
            except CrawlerError as error:
                self.broken.append((feed.url, str(error)))

    async def _guess(self, url: str) -> None:
        """The usual addresses, until one is a feed: the others would be the same one."""
        for guess in usual_addresses(url):
            if self._has_one or not await self._may_guess(guess):
                continue
            try:
                await self._look(NamedFeed(url=guess), FoundBy.PATH)
            except CrawlerError:
                continue  # nobody said that it was there

    async def _look_for_news(self, url: str) -> None:
        """Sitemaps that hold news: named in robots.txt, or in an index that is named there, else the usual addresses."""
        named = await self.by.sitemaps(url)
        self.guesses_left = MOST_SITEMAPS
        waiting = likely_news_sitemaps(named, url)
        while waiting:
            sitemap = waiting.pop(0)
            if not await self._may_guess(sitemap):
                continue
            try:
                parsed = await self._look(NamedFeed(url=sitemap), FoundBy.ROBOTS)
            except CrawlerError:
                continue
            waiting[:0] = [part.url for part in parsed.parts if is_news_by_name(part.url)][:1]

    async def _may_guess(self, url: str) -> bool:
        if not self.left or not self.guesses_left or address_key(url) in self.asked or not await self.by.is_allowed(url):
            return False
        self.guesses_left -= 1
        return True

    async def _look(self, named: NamedFeed, found_by: FoundBy) -> ParsedFeed:
        """Look at one address, and note the feed that it is; of sitemaps that nobody declared only one of news."""
        answer = await self._get(named.url)
        parsed = await self.by.parse(answer)
        url = self._followed(named.url, answer)
        is_wanted = found_by is not FoundBy.ROBOTS or parsed.format is FeedFormat.NEWS_SITEMAP
        if is_wanted and address_key(url) not in {address_key(feed.url) for feed in self.found}:
            self.found.append(found_feed(parsed, url, found_by, named))
        return parsed

    async def _get(self, url: str) -> Fetched:
        if not self.left:
            raise FetchError(f"{url} was not asked: {MOST_REQUESTS} requests were made for {self.url}", url=url)
        self.left -= 1
        self.asked.add(address_key(url))
        own = self._own(url)
        return await self.by.get(own or url, self.auth if own else None)

    def _own(self, url: str) -> str | None:
        """The address with the credentials that the person gave, where it is of the same origin."""
        return url if url == self.url else with_credentials(url, self.url)

    def _followed(self, url: str, answer: Fetched) -> str:
        """The address to follow: where a permanent redirect leads, but never less the credentials that it needs."""
        own = self._own(url)
        if own is not None and "@" in urlsplit(own).netloc:
            return own
        return (answer.moved_to and normalise(answer.moved_to)) or url
