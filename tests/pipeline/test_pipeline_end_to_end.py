"""The whole engine, wired as it runs, against a web on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from local_web import LocalWeb
from pipeline_fakes import Told
from pydantic import SecretStr

from crawler.errors import AlreadyRunning
from crawler.events import PageFailed, RequestRetried
from crawler.pipeline.engine import CrawlRequest, Engine
from crawler.settings import CrawlerSettings, FetchSettings, Settings
from crawler.wiring import open_engine

BRIDGE = (
    "The town council of Lower Marsh voted on Tuesday to rebuild the footbridge over the Wend, which a barge struck in October.",
    "Councillors heard that the work would take eleven months and cost two million crowns, most of it paid by the river board.",
    "Ida Fenwick, who keeps the bakery at the eastern end, said that half of her customers had stopped coming since the closure.",
    "Engineers had proposed to raise the deck by ninety centimetres so that empty barges may pass beneath it at high water.",
    "A ferry rowed by volunteers carries schoolchildren across every morning, and will go on doing so until the bridge is open.",
)
HARVEST = (
    "Growers on the northern plateau expect the smallest plum harvest in a generation after frost killed the early blossom.",
    "The cooperative in Sedge said that its presses would run for nine days this year, where in other years they run for forty.",
    "Prices at the wholesale market have doubled since August, and makers of preserves are buying fruit from across the border.",
    "Tomas Brill, whose orchard has stood since his grandfather's time, is planting a variety that flowers two weeks later.",
    "The ministry has promised loans without interest, but applications may be handed in only after the year's books are closed.",
)


@dataclass(frozen=True)
class Carried:
    url: str
    title: str
    summary: str = ""


def page(title: str, paragraphs: tuple[str, ...]) -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    head = f"<!doctype html><html lang=en><head><title>{title}</title></head>"
    return f"{head}<body><article><h1>{title}</h1>{text}</article></body></html>"


def rss(*entries: Carried) -> str:
    items = "".join(
        f"<item><guid>{escape(entry.url)}</guid><link>{escape(entry.url)}</link><title>{escape(entry.title)}</title>"
        f"<description>{escape(entry.summary)}</description></item>" for entry in entries
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Paper</title>{items}</channel></rss>'


@dataclass
class Newsroom:
    """A web, a data directory, and feeds to follow."""

    web: LocalWeb
    data_dir: Path
    told: Told

    def feed(self, host: str, *entries: Carried) -> str:
        return self.web.serve(f"http://{host}/feed.xml", rss(*entries), type="application/rss+xml", etag='"feed"')

    def story(self, url: str, title: str, paragraphs: tuple[str, ...]) -> Carried:
        self.web.serve(url, page(title, paragraphs), etag='"page"')
        return Carried(url, title)

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        settings = Settings(crawler=CrawlerSettings(workers=1), fetch=FetchSettings(delay_s=0))
        async with open_engine(settings, self.data_dir, self.told, environ=self.web.environ) as engine:
            yield engine

    async def follow(self, engine: Engine, *urls: str) -> None:
        for url in urls:
            await engine.desk.call(engine.store.feeds.add, Followed(url), engine.now())  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Followed:
    url: str
    title: str | None = None
    site_url: str | None = None
    topics: tuple[str, ...] = ()


@pytest.fixture
def newsroom(local_web: LocalWeb, tmp_path: Path) -> Newsroom:
    return Newsroom(local_web, tmp_path / "data", Told())


async def test_a_copy_joins_its_story_and_a_second_crawl_changes_nothing(newsroom: Newsroom) -> None:
    bridge = newsroom.story("http://paper.example/bridge", "Council votes to rebuild bridge", BRIDGE)
    copy = newsroom.story("http://app.example/a/17", "Footbridge to be rebuilt", BRIDGE)
    other = newsroom.story("http://paper.example/plums", "Frost halves plum harvest", HARVEST)
    feeds = (newsroom.feed("paper.example", bridge, other), newsroom.feed("app.example", copy))
    async with newsroom.engine() as engine:
        await newsroom.follow(engine, *feeds)
        first = await engine.crawl(CrawlRequest())
        asked = newsroom.web.urls()
        second = await engine.crawl(CrawlRequest(all_feeds=True))
    assert (first.feeds_polled, first.pages_read, first.stories_new, first.copies_joined) == (2, 3, 2, 1)
    assert sorted(asked) == sorted([*feeds, bridge.url, copy.url, other.url])
    assert sorted(newsroom.web.urls()[len(asked) :]) == sorted(feeds)
    assert all(asked.is_conditional for asked in newsroom.web.asked[-2:])
    assert (second.feeds_not_modified, second.pages_taken) == (2, 0)


async def test_trouble_of_every_kind_is_accounted_for(newsroom: Newsroom) -> None:
    web = newsroom.web
    moved = Carried("http://paper.example/old", "Council votes to rebuild bridge")
    web.redirect(moved.url, newsroom.story("http://paper.example/new", moved.title, BRIDGE).url)
    secret = Carried("http://closed.example/members", "For members", "What the feed tells of the members' evening in the old hall.")
    web.serve("http://closed.example/robots.txt", "User-agent: *\nDisallow: /", type="text/plain")
    gone = Carried("http://paper.example/gone", "A note", "The note that was taken down again said nothing of any weight.")
    flaky = newsroom.story("http://paper.example/flaky", "Frost halves plum harvest", HARVEST)
    web.serve(flaky.url, page(flaky.title, HARVEST), failures=[0])
    feed = newsroom.feed("paper.example", moved, secret, gone, flaky)
    dead = web.fail("http://dead.example/feed.xml", 404)
    async with newsroom.engine() as engine:
        await newsroom.follow(engine, feed, dead)
        summary = await engine.crawl(CrawlRequest())
    assert secret.url not in web.urls()
    assert web.urls().count(flaky.url) == 2
    assert len(newsroom.told.of(RequestRetried)) == 1
    assert (summary.pages_read, summary.pages_from_feed, summary.pages_redirected, summary.pages_forbidden) == (2, 2, 1, 1)
    assert [failed.url for failed in newsroom.told.of(PageFailed)] == [gone.url]
    assert [failed.url for failed in summary.feeds_failed.values()] == [dead]
    assert summary.exit_code == 3
    assert summary.entries_new == summary.pages_queued + summary.pages_joined_known


async def test_a_page_without_a_word_and_a_feed_that_gives_only_a_headline_stop_no_crawl(newsroom: Newsroom) -> None:
    bare = newsroom.story("http://paper.example/bare", "", ())
    gone = Carried("http://paper.example/gone", "A note")
    bridge = newsroom.story("http://paper.example/bridge", "Council votes to rebuild bridge", BRIDGE)
    async with newsroom.engine() as engine:
        await newsroom.follow(engine, newsroom.feed("paper.example", bare, gone, bridge))
        summary = await engine.crawl(CrawlRequest())
    assert summary.pages_taken == 3
    assert (summary.text_states["empty"], summary.text_states["full"]) == (2, 1)


async def test_what_an_interrupt_cuts_off_is_done_by_the_next_crawl(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pipeline.engine.CRAWL_GRACE_S", 0.05)
    bridge = newsroom.story("http://paper.example/bridge", "Council votes to rebuild bridge", BRIDGE)
    gate = asyncio.Event()
    newsroom.web.serve(bridge.url, page(bridge.title, BRIDGE), gate=gate)
    stop = asyncio.Event()
    async with newsroom.engine() as engine:
        await newsroom.follow(engine, newsroom.feed("paper.example", bridge))
        crawl = asyncio.create_task(engine.crawl(CrawlRequest(), stop))
        async with asyncio.timeout(15):
            await newsroom.web.until_asked(bridge.url)
            stop.set()
            first = await crawl
        gate.set()
        second = await engine.crawl(CrawlRequest())
    assert (first.exit_code, first.pages_taken) == (130, 0)
    assert (second.exit_code, second.pages_read, second.stories_new) == (0, 1, 1)


async def test_a_second_engine_in_one_data_directory_is_refused(newsroom: Newsroom) -> None:
    async with newsroom.engine():
        with pytest.raises(AlreadyRunning, match="crawl"):
            async with newsroom.engine():
                pass


async def test_a_second_engine_on_one_database_is_refused_whatever_its_data_directory(newsroom: Newsroom, tmp_path: Path) -> None:
    """It would take the leases of the first for those of a killed process."""
    settings = Settings(crawler=CrawlerSettings(workers=1, database=SecretStr(f"sqlite:///{tmp_path}/shared/crawler.db")))
    async with open_engine(settings, tmp_path / "one", newsroom.told):
        with pytest.raises(AlreadyRunning):
            async with open_engine(settings, tmp_path / "other", newsroom.told):
                pass


async def test_the_service_crawls_until_it_is_told_to_stop(newsroom: Newsroom) -> None:
    bridge = newsroom.story("http://paper.example/bridge", "Council votes to rebuild bridge", BRIDGE)
    stop = asyncio.Event()
    async with newsroom.engine() as engine:
        await newsroom.follow(engine, newsroom.feed("paper.example", bridge))
        service = asyncio.create_task(engine.serve(stop))
        async with asyncio.timeout(15):
            await newsroom.web.until_asked(bridge.url)
            stop.set()
            summary = await service
    assert (summary.feeds_polled, summary.pages_read) == (1, 1)
