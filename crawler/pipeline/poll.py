"""Poll one feed: ask with what it gave last time, parse what is new, record all of it at once.

    304 for a day ──> asked once more, without conditions, as some servers answer 304 to everything
    304, or the same body ──────────────────────────────> record_poll(None)
    200 ──> parse (worker process) ──> when due next? ──> record_poll(parsed)
             ├─ sitemap index: its parts ─┤
             └─ first poll: further pages ┘
    anything else ──────────────────> when due next? ──> record_failure

Entries, their pages, the validators and the due time are one transaction: an ETag saved without its entries would lose them.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from pydantic import SecretStr

from crawler.errors import BadInput, FetchError, ForbiddenAddress, NoWorker, StoreError, UsageError
from crawler.events import FeedFailed, FeedPartFailed, FeedPolled, Observer
from crawler.model import Feed, FeedLease, FeedPart, ParsedFeed, Validators
from crawler.pipeline import tasks
from crawler.pipeline.desk import Desk
from crawler.pipeline.paging import Further, joined_validators, with_credentials
from crawler.pipeline.ports import Clock, FeedFetcher, Fetched, NotModified, PollStore, TaskRunner
from crawler.pipeline.reasons import in_words
from crawler.polling import NextPoll, PollObservation, PollStatus, is_worth_probing, next_poll, validators_to_send
from crawler.settings import PollSettings

log = logging.getLogger(__name__)

DEADLINE_S = 170.0  # of a lease's least three minutes; three requests of 20 s, two waits of 60 s between them would be 180
RESERVE_S = 5.0  # of it, for recording what was had when a feed's further pages take too long
GONE, LIMITED, UNAVAILABLE = 410, 429, 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What a feed answered: its entries where they may have changed."""

    parsed: ParsedFeed | None
    validators: Validators
    body_hash: str | None
    freshness_s: int | None
    moved_to: str | None = None
    parts: tuple[FeedPart, ...] = ()  # of a sitemap index
    is_tested: bool = True  # a body came, or was asked for without conditions in vain
    belies_304: bool = False  # the body is another one, and came right after a 304


class Poller:
    """Polls leased feeds; every outcome but a broken store is recorded and told as an event."""

    def __init__(
        self, *, fetcher: FeedFetcher, store: PollStore, desk: Desk, workers: TaskRunner, settings: PollSettings,
        secrets: Mapping[str, SecretStr], observe: Observer, now: Clock, site_of: Callable[[str], str],
        random01: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.secrets = secrets
        self._fetcher = fetcher
        self._store = store
        self._desk = desk
        self._workers = workers
        self._observe = observe
        self._now = now
        self._site_of = site_of
        self._random01 = random01

    async def poll_feed(self, lease: FeedLease, answered: Callable[[], None]) -> None:
        """Poll and record; where cancelled, hand the lease back, as where the machine fails. Raises StoreError, NoWorker only."""
        try:
            async with asyncio.timeout(DEADLINE_S) as deadline:
                polled = await self._ask(lease.feed, answered)
                polled = await self._with_rest(lease.feed, polled, until=(deadline.when() or 0.0) - RESERVE_S)
        except (asyncio.CancelledError, StoreError, NoWorker):
            with suppress(StoreError):
                await self._desk.call(self._store.release, lease)
            raise
        except Exception as error:
            log.debug("polling %s", lease.feed.url, exc_info=error)
            await self._record_failure(lease, error)
        else:
            await self._record(lease, polled)

    async def _ask(self, feed: Feed, answered: Callable[[], None]) -> Polled:
        answer, is_tested = await self._ask_twice_in_a_while(feed)
        answered()
        if isinstance(answer, NotModified):
            return Polled(
                parsed=None, validators=joined_validators(feed.validators, answer.validators), body_hash=feed.body_hash,
                freshness_s=answer.freshness_s, moved_to=answer.moved_to, parts=feed.parts, is_tested=is_tested,
            )
        is_same = answer.body_hash == feed.body_hash
        parsed = None if is_same else await self._parse(answer, self.settings.max_entries)
        return Polled(
            parsed=parsed, validators=answer.validators, body_hash=answer.body_hash, freshness_s=answer.freshness_s,
            moved_to=answer.moved_to, parts=parsed.parts if parsed else feed.parts, belies_304=is_tested and not is_same,
        )

    async def _ask_twice_in_a_while(self, feed: Feed) -> tuple[Fetched | NotModified, bool]:
        """The answer that counts, and whether a 304 was put to the test before it, as where nothing else was said for a day."""
        now, secret = self._now(), self._secret(feed)
        answer = await self._fetcher.get_feed(feed.url, validators=validators_to_send(feed, now), auth=secret)
        if not isinstance(answer, NotModified) or not is_worth_probing(feed, now):
            return answer, False
        try:
            return await self._fetcher.get_feed(feed.url, validators=Validators(), auth=secret), True
        except FetchError as error:
            log.debug("asking %s without conditions", feed.url, exc_info=error)
            return answer, True  # the 304 stands for another day: some servers refuse who asks for the whole feed too often

    async def _with_rest(self, feed: Feed, polled: Polled, until: float) -> Polled:
        """With what lies beyond the first body, as far as it can be had by `until`: an index's parts, a new feed's next pages."""
        further = Further(
            url=polled.moved_to or feed.url, get=partial(self._get_further, feed), parse=self._parse,
            missed=partial(self._tell_missed, feed), site_of=self._site_of, until=until,
        )
        if polled.parts:
            parsed, parts = await further.read_parts(polled.parts, feed.parts, max_entries=self.settings.max_entries)
            return replace(polled, parsed=parsed, parts=parts)
        if polled.parsed is None or feed.last_ok_at is not None:
            return polled
        whole = await further.read_history(
            polled.parsed, max_pages=self.settings.max_pages, max_entries=self.settings.max_entries
        )
        return replace(polled, parsed=whole)

    async def _get_further(self, feed: Feed, url: str, validators: Validators) -> Fetched | NotModified:
        """Ask for another address that belongs to the feed; the feed's secret goes to its own origin only."""
        own = with_credentials(url, feed.url)
        return await self._fetcher.get_feed(own or url, validators=validators, auth=self._secret(feed) if own else None)

    def _tell_missed(self, feed: Feed, url: str, error: Exception) -> None:
        self._observe(FeedPartFailed(feed=feed.id, url=url, reason=in_words(error, DEADLINE_S)))

    async def _parse(self, answer: Fetched, max_entries: int) -> ParsedFeed:
        task = partial(
            tasks.parse_feed, answer.body, url=answer.url, content_type=answer.content_type, max_entries=max_entries,
            now=self._now(), sitemap_days=self.settings.sitemap_days,
        )
        return await self._workers.run(task, timeout_s=tasks.FEED_S)

    def _secret(self, feed: Feed) -> SecretStr | None:
        if feed.auth is None:
            return None
        if feed.auth not in self.secrets:
            raise UsageError(f"{feed.url} needs the secret {feed.auth!r}, which the settings do not have: add it under [secrets]")
        return self.secrets[feed.auth]

    async def _record(self, lease: FeedLease, polled: Polled) -> None:
        parsed, now = polled.parsed, self._now()
        keys = [entry.key for entry in parsed.entries] if parsed else []
        seen = PollObservation(
            now=now, status="modified" if parsed else "unchanged", total_entries=len(keys),
            new_entries=await self._desk.call(self._store.count_new, lease.feed.id, keys) if keys else 0,
            published=[entry.published.at for entry in parsed.entries if entry.published] if parsed else (),
            wishes=parsed.wishes if parsed else lease.feed.wishes, freshness_s=polled.freshness_s,
            has_validators=bool(polled.validators),
        )
        result = await self._desk.call(
            self._store.record_poll, lease, parsed, validators=polled.validators, body_hash=polled.body_hash,
            next_poll=next_poll(lease.feed, seen, self.settings, self._random01()), now=now, settings=self.settings,
            moved_to=polled.moved_to, parts=polled.parts, is_tested=polled.is_tested,
            lied=polled.belies_304 and seen.new_entries > 0,
        )
        self._observe(
            FeedPolled(
                feed=lease.feed.id, url=lease.feed.url, not_modified=parsed is None, result=result,
                left_out=parsed.left_out if parsed else 0,
            )
        )

    async def _record_failure(self, lease: FeedLease, error: Exception) -> None:
        now, status = self._now(), getattr(error, "status", None)
        retry_after_s = error.retry_after_s if isinstance(error, FetchError) else None
        seen = PollObservation(
            now=now, status=_status_of(status, retry_after_s), hard_failure=_is_hard(error), retry_after_s=retry_after_s,
            wishes=lease.feed.wishes,
        )
        due = next_poll(lease.feed, seen, self.settings, self._random01())
        reason = in_words(error, DEADLINE_S)
        await self._desk.call(self._store.record_failure, lease, reason=reason, status=status, next_poll=due, now=now)
        self._observe(FeedFailed(feed=lease.feed.id, url=lease.feed.url, reason=reason, next_try=_when(due)))


def _status_of(status: int | None, retry_after_s: float | None) -> PollStatus:
    """429 asks for patience, 503 where it says for how long; else it is a failure like any other 5xx, and backed off from."""
    if status == LIMITED:
        return "limited"
    return "held" if status == UNAVAILABLE and retry_after_s else "failed"


def _is_hard(error: Exception) -> bool:
    """Whether the failure is likely to stand (Media Cloud counts 404, 429, 5xx, DNS and parse errors a half: they pass)."""
    if isinstance(error, BadInput):
        return False
    return isinstance(error, ForbiddenAddress | UsageError) or getattr(error, "status", None) == GONE


def _when(due: NextPoll) -> str:
    return f"{due.due_at:%Y-%m-%d %H:%M} UTC"
