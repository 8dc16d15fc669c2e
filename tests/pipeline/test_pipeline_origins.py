"""Origins that articles name: asked for once the feeds are at rest, once ever, and no failure where they are not to be had."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from local_web import LocalWeb
from pipeline_bench import Bench
from pipeline_fakes import Told

from crawler.cli.accounts import account
from crawler.errors import BadResponse, CrawlerError, Unreachable
from crawler.events import OriginAnswered, PageFailed, PageForbidden
from crawler.feeds.opml import FollowedFeed
from crawler.fetch.results import Redirected
from crawler.pipeline.engine import MOST_ORIGINS, CrawlRequest, Engine
from crawler.settings import CrawlerSettings, DedupSettings, FetchSettings, Settings
from crawler.stores.views import StoryRecord
from crawler.wiring import open_engine

ORIGIN = "http://gazette.example/2031/05/footbridge-to-be-rebuilt"
COPY = "http://app.example/a/17"
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


def page(title: str, paragraphs: tuple[str, ...], canonical: str | None = None) -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    head = f"<!doctype html><html lang=en><head><title>{title}</title>{link}</head>"
    return f"{head}<body><article><h1>{title}</h1>{text}</article></body></html>"


@dataclass
class Web:
    """A web where an app's feed carries a copy that names its origin."""

    web: LocalWeb
    data_dir: Path
    told: Told = field(default_factory=Told)

    def copy(self, url: str = COPY, origin: str = ORIGIN, paragraphs: tuple[str, ...] = BRIDGE) -> None:
        self.web.serve(url, page("Footbridge to be rebuilt", paragraphs, origin), etag='"copy"')
        self.feed("http://app.example/feed.xml", url)

    def feed(self, feed: str, *urls: str) -> str:
        items = "".join(f"<item><guid>{url}</guid><link>{url}</link><title>Footbridge to be rebuilt</title></item>" for url in urls)
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title>{items}</channel></rss>'
        return self.web.serve(feed, body, type="application/rss+xml")

    @asynccontextmanager
    async def engine(self, *, chase: bool = True) -> AsyncIterator[Engine]:
        settings = Settings(
            crawler=CrawlerSettings(workers=1), fetch=FetchSettings(delay_s=0), dedup=DedupSettings(chase_origins=chase)
        )
        async with open_engine(settings, self.data_dir, self.told, environ=self.web.environ) as engine:
            await engine.desk.call(engine.store.feeds.add, FollowedFeed(url="http://app.example/feed.xml"), engine.now())  # type: ignore[attr-defined]
            yield engine

    def stories(self, engine: Engine) -> list[StoryRecord]:
        return list(engine.store.reading.records())  # type: ignore[attr-defined]


@pytest.fixture
def web(local_web: LocalWeb, tmp_path: Path) -> Web:
    return Web(local_web, tmp_path / "data")


async def test_the_origin_that_a_copy_names_and_no_feed_carries_becomes_the_canonical_version(web: Web) -> None:
    web.copy()
    web.web.serve(ORIGIN, page("Council votes to rebuild footbridge", BRIDGE))
    async with web.engine() as engine:
        summary = await engine.crawl(CrawlRequest())
        (story,) = web.stories(engine)
    assert (story.canonical.url, [copy.url for copy in story.copies]) == (ORIGIN, [COPY])
    assert (summary.origins_asked, summary.origins_found, summary.originals_promoted) == (1, 1, 1)
    assert summary.pages_taken == summary.pages_read == 2
    assert any(line.startswith("origins") and "1 asked for · 1 found" in line for line in account(summary))


async def test_an_origin_with_another_text_is_in_no_story(web: Web) -> None:
    web.copy()
    web.web.serve(ORIGIN, page("Frost halves plum harvest", HARVEST))
    async with web.engine() as engine:
        summary = await engine.crawl(CrawlRequest())
        assert [story.canonical.url for story in web.stories(engine)] == [COPY]
    assert (summary.origins_asked, summary.origins_found, summary.pages_read) == (1, 0, 2)


async def test_an_origin_that_is_not_there_is_asked_for_once_ever_and_is_no_failure(web: Web) -> None:
    web.copy()
    async with web.engine() as engine:
        summary = await engine.crawl(CrawlRequest())
        again = await engine.crawl(CrawlRequest(all_feeds=True, recheck=True))
    assert web.web.urls().count(ORIGIN) == 1
    assert (summary.origins_asked, summary.origins_found, summary.exit_code, summary.pages_failed) == (1, 0, 0, {})
    assert summary.pages_taken == 2
    assert again.origins_asked == 0


async def test_no_origin_is_asked_for_where_settings_say_so(web: Web) -> None:
    web.copy()
    async with web.engine(chase=False) as engine:
        await engine.crawl(CrawlRequest())
    assert ORIGIN not in web.web.urls()


async def test_an_origin_that_a_feed_brings_in_the_same_crawl_is_not_asked_for_under_another_scheme(web: Web) -> None:
    web.copy(origin=ORIGIN.replace("http:", "https:"))
    web.web.serve(ORIGIN, page("Council votes to rebuild footbridge", BRIDGE))
    late = web.feed("http://gazette.example/feed.xml", ORIGIN)
    async with web.engine() as engine:
        await engine.desk.call(engine.store.feeds.add, FollowedFeed(url=late), engine.now())  # type: ignore[attr-defined]
        summary = await engine.crawl(CrawlRequest())
        (story,) = web.stories(engine)
    assert (story.canonical.url, summary.origins_asked) == (ORIGIN, 0)
    assert web.web.urls().count(ORIGIN) == 1


async def test_a_crawl_asks_for_a_bounded_number_of_origins_and_the_next_one_goes_on(bench: Bench) -> None:
    for number in range(MOST_ORIGINS + 5):
        url = f"http://paper{number}.example/a/{number}"
        bench.web.serve(url, Unreachable("no such host", url=url, transient=False))
        bench.store.pages.queue(url, chased=True)
        bench.store.pages.due_at[url] = None
    first = await bench.engine(delay_s=0).crawl(CrawlRequest())
    second = await bench.engine(delay_s=0).crawl(CrawlRequest())
    assert (first.origins_asked, second.origins_asked) == (MOST_ORIGINS, 5)


async def ask(bench: Bench, **changes: Any) -> str:
    bench.store.pages.queue(ORIGIN, None, **{"chased": True, **changes})
    (lease,) = bench.store.pages.claim_due(bench.clock(), limit=1, lease_for=timedelta(minutes=15), per_host=1)
    await bench.engine().ingester.ingest_page(lease, lambda: None)
    return bench.store.pages.outcomes[ORIGIN]


@pytest.mark.parametrize(
    "error",
    [
        BadResponse("answered 404", url=ORIGIN, status=404),
        BadResponse("answered 503", url=ORIGIN, status=503, transient=True),
        Unreachable("the proxy refused to connect (502)", url=ORIGIN, transient=True),
        TimeoutError(),
    ],
)
async def test_whatever_fails_ends_an_origin_for_good(bench: Bench, error: CrawlerError) -> None:
    bench.web.serve(ORIGIN, error)
    assert (await ask(bench)).startswith("failed")
    assert bench.store.pages.due_at[ORIGIN] is None
    assert (len(bench.told.of(OriginAnswered)), bench.told.of(PageFailed)) == (1, [])


async def test_what_is_no_page_ends_an_origin(bench: Bench) -> None:
    bench.web.serve(ORIGIN, b"\x89PNG")
    assert (await ask(bench)).startswith("failed: a picture")


async def test_robots_are_heard_for_origins_too(bench: Bench) -> None:
    bench.web.forbidden.add(ORIGIN)
    assert await ask(bench) == "failed: robots.txt forbids this page"
    assert (bench.web.asked, bench.told.of(PageForbidden)) == ([], [])


async def test_an_origin_that_leads_to_a_front_page_is_none(bench: Bench) -> None:
    bench.web.serve(ORIGIN, Redirected(target="http://gazette.example/", permanent=False))
    assert (await ask(bench)).startswith("failed: it redirects to http://gazette.example/")


async def test_an_origin_that_was_read_is_re_checked_like_any_page(bench: Bench) -> None:
    bench.web.serve(ORIGIN, BadResponse("answered 503", url=ORIGIN, status=503, transient=True))
    await ask(bench, judged=True, body_hash="ab")
    assert bench.store.pages.due_at[ORIGIN] is not None
