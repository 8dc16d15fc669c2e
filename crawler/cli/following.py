"""Feeds that a person names: by their addresses, by pages that offer them, or in a file (OPML, or one address a line)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import CrawlerError, UsageError
from crawler.model import FeedId
from crawler.urls import is_one_origin

if TYPE_CHECKING:
    from pydantic import SecretStr

    from crawler.pipeline.discovery import Discoverer
    from crawler.pipeline.found import Discovery, FoundFeed
    from crawler.settings import Settings
    from crawler.stores import Store

AT_ONCE = 8  # addresses that are looked at together


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The feeds of a list, in its order, each once, and how many of them are new."""

    feeds: tuple[FeedId, ...]
    added: int


def follow_list(store: Store, file: Path, data: bytes) -> Followed:
    """Follow every feed of a list. Raises BadOpml, naming the file, where it is none."""
    from crawler.errors import BadOpml
    from crawler.feeds.opml import read_feed_list

    try:
        listed = read_feed_list(data)
    except BadOpml as error:
        raise BadOpml(f"{file}: {error}") from error
    results = store.feeds.add_all(listed, datetime.now(UTC))
    return Followed(feeds=tuple(dict.fromkeys(feed for feed, _ in results)), added=sum(is_new for _, is_new in results))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a feed is followed with; None leaves that of a feed which is followed already."""

    topics: tuple[str, ...] = ()
    every_s: int | None = None
    text_only: bool | None = None
    auth: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an address that a person said to follow.

    `feed` is its address where it is followed now; `is_new`: and was not before. `offered` is what a page offers that leaves the
    choice to the person; `trouble` says why the address could not be had. `kept_back`: the secret is not for this feed, which lies
    at another origin than the address that the person gave with it.
    """

    asked: str
    feed: str | None = None
    title: str | None = None
    is_new: bool = False
    offered: Discovery | None = None
    trouble: str | None = None
    kept_back: bool = False


def address_of(text: str) -> str:
    """The address that a person means, https where no scheme is given. Raises UsageError for no http(s) address."""
    from crawler.feeds.opml import feed_address
    from crawler.publish.plain import mask

    address = feed_address(text if "://" in text else f"https://{text}")
    if address is None:
        raise UsageError(f"{mask(text)} is not an http(s) address")
    return address


def follow(store: Store, address: str, options: Options, *, found: FoundFeed | None = None) -> Outcome:
    """Follow an address, or the feed that was found there; of one that is followed already, the options given are changed."""
    from crawler.feeds.opml import FollowedFeed

    wanted = FollowedFeed(
        url=found.url if found else address, title=found.title if found else None, site_url=found.site_url if found else None,
        topics=options.topics,
    )  # fmt: skip
    _, is_new = store.feeds.add(
        wanted, datetime.now(UTC), every_s=options.every_s, text_only=options.text_only, auth=options.auth
    )
    return Outcome(asked=address, feed=wanted.url, title=wanted.title, is_new=is_new)


def look_and_follow(store: Store, settings: Settings, addresses: Sequence[str], options: Options) -> list[Outcome]:
    """Ask each new address what it is, once, and follow the feed that it is, or the one that its page leaves no doubt about."""
    outcomes = {address: follow(store, address, options) for address in addresses if store.feeds.find(address) is not None}
    if new := [address for address in addresses if address not in outcomes]:
        outcomes |= zip(new, asyncio.run(_look_at_all(store, settings, new, options)), strict=True)
    return [outcomes[address] for address in addresses]


async def _look_at_all(store: Store, settings: Settings, addresses: Sequence[str], options: Options) -> list[Outcome]:
    from crawler.wiring import open_discoverer

    at_once = asyncio.Semaphore(AT_ONCE)
    auth = settings.secrets[options.auth] if options.auth else None

    async def look(discoverer: Discoverer, address: str) -> Outcome:
        async with at_once:
            return await _look(store, discoverer, address, options, auth)

    async with open_discoverer(settings, store) as discoverer:
        return await asyncio.gather(*(look(discoverer, address) for address in addresses))


async def _look(store: Store, discoverer: Discoverer, address: str, options: Options, auth: SecretStr | None) -> Outcome:
    """What cannot be had for now is followed as it was named, and said to be; what is no feed for good is not."""
    try:
        offered = await discoverer.resolve(address, auth)
    except CrawlerError as error:
        if error.transient:
            return replace(follow(store, address, options), trouble=str(error))
        return Outcome(asked=address, trouble=str(error))
    if offered.best is None:
        return Outcome(asked=address, offered=offered)
    kept_back = options.auth is not None and not is_one_origin(offered.best.url, address)  # so was it when it was looked at
    given = replace(options, auth=None) if kept_back else options
    return replace(follow(store, address, given, found=offered.best), offered=offered, kept_back=kept_back)
