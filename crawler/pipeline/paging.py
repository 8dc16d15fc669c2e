"""What belongs to a feed beyond its first body: the pages that follow it, and the parts of a sitemap index.

A feed in pages (RFC 5005, JSON Feed's next_url) is followed when it is first polled, so that its history comes along, once:
so many pages, so many entries in sum, no page twice. The parts of an index, chosen when it was parsed, are asked at every poll:
with what they gave last time, and not at all where the index dates them to the minute and the date stands.

All of it on the feed's own site, and within the poll's deadline. What cannot be had is told and done without.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from crawler.errors import BadInput, BadResponse, FetchError, NotAFeed, WorkerFailed
from crawler.model import FeedEntry, FeedPart, ParsedFeed, Validators
from crawler.pipeline.ports import Fetched, NotModified
from crawler.urls import address_key, is_one_origin

MISSES = (FetchError, BadInput, WorkerFailed, TimeoutError)  # what one page or part may come to; the poll goes on without it
_TO_THE_MINUTE = re.compile(r"T(?!00:00(?::00)?(?:\D|$))\d\d:\d\d")  # a clock at midnight is a day written as an instant


@dataclass(frozen=True, slots=True, kw_only=True)
class _PartRead:
    """A part as it is to be asked next time, and its entries where they may have changed."""

    part: FeedPart
    parsed: ParsedFeed | None = None
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Asks for what one feed has beyond the body that its address `url` gave.

    `get` asks for an address with validators, `parse` reads at most so many entries of an answer; both raise MISSES, or what
    is the machine's fault (StoreError, NoWorker): that ends the poll, as a feed's further pages are asked for but once.
    `missed` is told of what could not be had; `site_of` names the site of an address (`crawler.urls.Sites(families).of`);
    `until`, on the loop's clock, is when time is up.
    """

    url: str
    get: Callable[[str, Validators], Awaitable[Fetched | NotModified]]
    parse: Callable[[Fetched, int], Awaitable[ParsedFeed]]
    missed: Callable[[str, Exception], None]
    site_of: Callable[[str], str]
    until: float

    async def read_history(self, first: ParsedFeed, *, max_pages: int, max_entries: int) -> ParsedFeed:
        """The feed with the entries of the pages that follow its first, at most `max_pages` in all."""
        whole, seen = first, {address_key(self.url)}
        for _ in range(max_pages - 1):
            here, room = whole.next_url, max_entries - len(whole.entries)
            if here is None or room < 1 or address_key(here) in seen:
                break
            seen.add(address_key(here))
            try:
                page = await self._read_page(here, room)
            except MISSES as error:
                self.missed(here, error)
                break
            longer = _joined(whole, page)
            if len(longer.entries) == len(whole.entries):  # a server that answers every page with its first
                break
            whole = longer
        return whole

    async def read_parts(
        self, named: Sequence[FeedPart], known: Sequence[FeedPart], *, max_entries: int
    ) -> tuple[ParsedFeed | None, tuple[FeedPart, ...]]:
        """The newest entries of the parts that changed, None where none did, and all parts as they are to be asked next time.

        `known`: the parts as the last poll left them. Raises what the first part raised where none could be had.
        """
        before = {part.url: part for part in known}
        reads = [await self._read_part(part, before.get(part.url, part), max_entries) for part in named]
        errors = [read.error for read in reads if read.error is not None]
        if errors and len(errors) == len(reads):
            raise errors[0]
        parsed = [read.parsed for read in reads if read.parsed is not None]
        return (_newest(parsed, max_entries) if parsed else None), tuple(read.part for read in reads)

    async def _read_page(self, url: str, room: int) -> ParsedFeed:
        answer = await self._get(url, Validators())
        if isinstance(answer, NotModified):
            raise BadResponse(f"{url}: answered 304 to what asked without conditions", url=url, status=304)
        return await self._parse(answer, room)

    async def _read_part(self, named: FeedPart, last: FeedPart, max_entries: int) -> _PartRead:
        """What a part holds now; one that is no sitemap is looked at again when it has changed, one that failed next time."""
        if last.body_hash is not None and last.changed_at == named.changed_at and _TO_THE_MINUTE.search(named.changed_at or ""):
            return _PartRead(part=last)
        now = last
        try:
            answer = await self._get(named.url, last.validators)
            if isinstance(answer, NotModified):
                told = joined_validators(last.validators, answer.validators)
                return _PartRead(part=replace(last, changed_at=named.changed_at, validators=told))
            now = replace(named, validators=answer.validators, body_hash=answer.body_hash)
            is_same = answer.body_hash == last.body_hash
            return _PartRead(part=now, parsed=None if is_same else await self._parse(answer, max_entries))
        except MISSES as error:
            self.missed(named.url, error)
            return _PartRead(part=now if isinstance(error, BadInput) else last, error=error)

    async def _get(self, url: str, validators: Validators) -> Fetched | NotModified:
        if self.site_of(url) != self.site_of(self.url):
            raise NotAFeed(f"{url} is named as a part of {self.url} but lies on another site")
        async with asyncio.timeout_at(self.until):
            return await self.get(url, validators)

    async def _parse(self, answer: Fetched, max_entries: int) -> ParsedFeed:
        async with asyncio.timeout_at(self.until):
            parsed = await self.parse(answer, max_entries)
        if parsed.parts:
            raise NotAFeed(f"{answer.url} is an index of sitemaps within an index, of which only one level is read")
        return parsed


def with_credentials(address: str, url: str) -> str | None:
    """The address with the user and password that `url` holds; None where the two are not of one origin."""
    if not is_one_origin(address, url):
        return None
    user, at, host = urlsplit(url).netloc.rpartition("@")
    return urlunsplit(urlsplit(address)._replace(netloc=f"{user}{at}{host}"))


def joined_validators(kept: Validators, told: Validators) -> Validators:
    """A 304 updates the validators that it carries, and only those (RFC 9110 §15.4.5)."""
    return replace(kept, etag=told.etag or kept.etag, last_modified=told.last_modified or kept.last_modified)


def _joined(whole: ParsedFeed, page: ParsedFeed) -> ParsedFeed:
    """Of entries with one key the first, which is the newer, stays."""
    known = {entry.key for entry in whole.entries}
    new = tuple(entry for entry in page.entries if entry.key not in known)
    return replace(whole, entries=whole.entries + new, left_out=whole.left_out + page.left_out, next_url=page.next_url)


def _newest(parts: Sequence[ParsedFeed], max_entries: int) -> ParsedFeed:
    """One feed of several, with the newest of their entries."""
    once: dict[str, FeedEntry] = {}
    for part in parts:
        for entry in part.entries:
            once.setdefault(entry.key, entry)
    newest = sorted(once.values(), key=_age)
    left_out = sum(part.left_out for part in parts) + max(0, len(newest) - max_entries)
    title = next(filter(None, (part.title for part in parts)), None)
    return replace(parts[0], title=title, entries=tuple(newest[:max_entries]), left_out=left_out)


def _age(entry: FeedEntry) -> float:
    stated = entry.published or entry.updated
    return -stated.at.timestamp() if stated else 0.0
