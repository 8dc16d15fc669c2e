"""Feeds taken from a file a person gives: OPML, or one address a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.errors import UsageError
from crawler.model import FeedId

if TYPE_CHECKING:
    from crawler.stores import Store


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


def follow(
    store: Store, url: str, *, topics: Sequence[str], every_s: int | None, text_only: bool | None, auth: str | None
) -> tuple[FeedId, bool]:
    """Follow one address, or change the options of the feed it is; whether it is new. Raises UsageError for no http(s) address."""
    from crawler.feeds.opml import FollowedFeed, feed_address
    from crawler.publish.plain import mask

    address = feed_address(url if "://" in url else f"https://{url}")
    if address is None:
        raise UsageError(f"{mask(url)} is not an http(s) address")
    wanted = FollowedFeed(url=address, topics=tuple(topics))
    return store.feeds.add(wanted, datetime.now(UTC), every_s=every_s, text_only=text_only, auth=auth)
