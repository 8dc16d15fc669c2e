"""The invented newsroom: every address of its sites, and what it holds at each tick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from crawler.demo.editions import HOUSES, LAST_TICK, Publication, publications
from crawler.demo.pages import feed_type
from crawler.demo.server import Resource
from crawler.demo.syndication import Item, write_feed
from crawler.feeds.opml import FollowedFeed

ROBOTS = "User-agent: *\nDisallow: /login\nDisallow: /search\n"


class Newsroom:
    """All sites as they stand at `tick`; its `find` is what a local proxy serves."""

    def __init__(self) -> None:
        self.publications = tuple(publications())
        self.tick = 0
        self._resources = [dict(_resources(self.publications, tick)) for tick in range(LAST_TICK + 1)]

    def find(self, url: str) -> Resource | None:
        """What an address holds now, None where there is nothing (yet)."""
        return self._resources[self.tick].get(url)

    @property
    def feeds(self) -> list[FollowedFeed]:
        return [FollowedFeed(url=house.feed_url, title=house.name, site_url=house.url("/")) for house in HOUSES]


def _resources(every: Sequence[Publication], tick: int) -> Iterator[tuple[str, Resource]]:
    for house in HOUSES:
        there = [publication for publication in every if publication.house is house and publication.tick <= tick]
        newest = max(publication.text.published_at for publication in there)
        feed = write_feed(house, [Item(url=publication.url, text=publication.text) for publication in there])
        yield house.feed_url, _resource(feed, feed_type(house), newest)
        yield house.url("/robots.txt"), _resource(ROBOTS, "text/plain", newest)
        for publication in there:
            yield publication.url, _resource(publication.html, "text/html; charset=utf-8", publication.text.published_at)


def _resource(body: str, content_type: str, modified_at: datetime) -> Resource:
    return Resource(body=body.encode(), content_type=content_type, modified_at=modified_at)
