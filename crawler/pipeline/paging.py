"""A feed in pages (RFC 5005, JSON Feed's next_url): followed when it is first polled, so that its history comes along, once.

Bounded: so many pages, so many entries in sum, one registrable domain, no page twice, within the poll's deadline. A page that
cannot be had ends the way; what was had stands.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from crawler.errors import CrawlerError, NotAFeed
from crawler.model import ParsedFeed
from crawler.urls import address_key, host_of, registrable_domain

Read = Callable[[str, int], Awaitable[ParsedFeed]]
"""Asks for an address and parses it, given how many entries may be read; raises CrawlerError, and TimeoutError when time is up."""

Missed = Callable[[str, Exception], None]
"""Told of the address that could not be had, and why."""


async def read_history(
    first: ParsedFeed, url: str, *, max_pages: int, max_entries: int, read: Read, missed: Missed
) -> ParsedFeed:
    """The feed with the entries of the pages that follow its first, at most `max_pages` in all."""
    whole, seen = first, {address_key(url)}
    for _ in range(max_pages - 1):
        here, room = whole.next_url, max_entries - len(whole.entries)
        if here is None or room < 1 or address_key(here) in seen:
            break
        seen.add(address_key(here))
        try:
            refuse_other_site(here, url)
            page = await read(here, room)
        except (CrawlerError, TimeoutError) as error:
            missed(here, error)
            break
        longer = _joined(whole, page)
        if len(longer.entries) == len(whole.entries):  # a server that answers every page with its first
            break
        whole = longer
    return whole


def refuse_other_site(address: str, url: str) -> None:
    """Raises NotAFeed where what the feed at `url` names as a part of itself lies on another site."""
    if registrable_domain(host_of(address)) != registrable_domain(host_of(url)):
        raise NotAFeed(f"{address} is named as a part of {url} but lies on another site")


def with_credentials(address: str, url: str) -> str | None:
    """The address with the user and password that `url` holds; None where the two are not of one origin."""
    here, feed = urlsplit(address), urlsplit(url)
    user, at, host = feed.netloc.rpartition("@")
    if (here.scheme, here.netloc) != (feed.scheme, host):
        return None
    return urlunsplit(here._replace(netloc=f"{user}{at}{host}"))


def _joined(whole: ParsedFeed, page: ParsedFeed) -> ParsedFeed:
    """Of entries with one key the first, which is the newer, stays."""
    known = {entry.key for entry in whole.entries}
    new = tuple(entry for entry in page.entries if entry.key not in known)
    return replace(whole, entries=whole.entries + new, left_out=whole.left_out + page.left_out, next_url=page.next_url)
