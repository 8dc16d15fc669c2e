"""Finding feeds: what is asked, in which order and how often, what is found, and which one is the one to follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from pipeline_fakes import FakeWeb, fetched
from pydantic import SecretStr

from crawler.errors import BadResponse, FetchError, Unreachable
from crawler.fetch.results import Fetched, NotModified
from crawler.model import FeedFormat, Validators
from crawler.pipeline.discovery import MOST_DECLARED, MOST_GUESSED, MOST_REQUESTS, MOST_SITEMAPS, Discoverer
from crawler.pipeline.found import FoundBy
from crawler.settings import PollSettings

Result = TypeVar("Result")
SITE = "https://paper.example"


@dataclass
class Site(FakeWeb):
    """A web that answers 404 to what it does not hold, with a robots.txt in parts."""

    named_sitemaps: tuple[str, ...] = ()
    robots_down: bool = False
    looked_up: list[str] = field(default_factory=list)  # in robots.txt

    async def get_feed(self, url: str, *, validators: Validators, auth: SecretStr | None = None) -> Fetched | NotModified:
        self.answers.setdefault(url, [BadResponse(f"{url}: answered 404", url=url, status=404)])
        return await super().get_feed(url, validators=validators, auth=auth)

    async def is_allowed(self, url: str) -> bool:
        self.looked_up.append(url)
        if self.robots_down:
            raise Unreachable("robots.txt cannot be had", url=url)
        return await super().is_allowed(url)

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        return self.named_sitemaps

    def feed(self, path: str, *stories: str, title: str = "A feed", site: str = "/nowhere") -> str:
        items = "".join(f"<item><title>{story}</title><link>{SITE}/{story}</link></item>" for story in stories)
        channel = f"<channel><title>{title}</title><link>{SITE}{site}</link>{items}</channel>"
        return self.serve(f"{SITE}{path}", f'<rss version="2.0">{channel}</rss>'.encode())

    def page(self, path: str, *declared: str, links: str = "") -> str:
        told = "".join(f'<link rel="alternate" type="application/rss+xml" href="{href}">' for href in declared)
        return self.serve(f"{SITE}{path}", f"<!doctype html><html><head>{told}</head><body>{links}</body></html>".encode())

    def news_sitemap(self, path: str) -> str:
        news = "<news:news><news:publication_date>2026-01-04</news:publication_date><news:title>T</news:title></news:news>"
        return self.serve(f"{SITE}{path}", f"<urlset><url><loc>{SITE}/n</loc>{news}</url></urlset>".encode())


class InPlace:
    """Runs a worker's task here and now."""

    async def run(self, task: Callable[[], Result], *, timeout_s: float) -> Result:
        return task()


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def discoverer(site: Site) -> Discoverer:
    return Discoverer(fetcher=site, workers=InPlace(), settings=PollSettings(), now=lambda: datetime(2026, 1, 5, tzinfo=UTC))


async def test_an_address_that_is_a_feed_is_the_answer(site: Site, discoverer: Discoverer) -> None:
    found = await discoverer.discover(site.feed("/rss", "1", "2", title="Paper"))
    (feed,) = found.feeds
    assert (feed.url, feed.title, feed.format, feed.entries, feed.found_by) == (
        f"{SITE}/rss", "Paper", FeedFormat.RSS, 2, FoundBy.ADDRESS,
    )  # fmt: skip
    assert found.best == feed
    assert site.urls() == [f"{SITE}/rss"]


async def test_what_a_page_declares_is_looked_at_and_what_is_none_told(site: Site, discoverer: Discoverer) -> None:
    site.feed("/a", "1", title="All")
    found = await discoverer.resolve(site.page("/", "/a", "/gone", "/"))
    assert [(feed.url, feed.title, feed.found_by) for feed in found.feeds] == [(f"{SITE}/a", "All", FoundBy.LINK)]
    assert found.broken == ((f"{SITE}/gone", f"{SITE}/gone: answered 404"),)
    assert site.urls() == [f"{SITE}/", f"{SITE}/a", f"{SITE}/gone"]


async def test_links_are_asked_only_where_nothing_is_declared_and_guesses_only_where_nothing_is_linked(
    site: Site, discoverer: Discoverer
) -> None:
    site.feed("/feed", "1")
    site.feed("/x/rss.xml", "2")
    linked = await discoverer.resolve(site.page("/linked", links='<a href="/x/rss.xml">RSS</a>'))
    assert [(feed.url, feed.found_by) for feed in linked.feeds] == [(f"{SITE}/x/rss.xml", FoundBy.ANCHOR)]
    guessed = await discoverer.resolve(site.page("/bare"))
    assert [(feed.url, feed.found_by) for feed in guessed.feeds] == [(f"{SITE}/feed", FoundBy.PATH)]
    assert f"{SITE}/rss" not in site.urls()


async def test_guesses_and_requests_are_bounded(site: Site, discoverer: Discoverer) -> None:
    found = await discoverer.discover(site.page("/blog/page"))
    assert found.feeds == ()
    assert len(site.urls()) == 1 + MOST_GUESSED + MOST_SITEMAPS
    assert "is no feed but a web page" in found.broken[0][1]
    site.asked.clear()
    site.named_sitemaps = tuple(f"{SITE}/s{number}.xml" for number in range(20))
    links = "".join(f'<a href="/{number}/feed">f</a>' for number in range(20))
    await discoverer.discover(site.page("/busy", *(f"/gone{number}" for number in range(30)), links=links))
    assert len(site.urls()) == len(set(site.urls())) <= MOST_REQUESTS


async def test_declared_feeds_beyond_the_bound_are_listed_and_not_asked(site: Site, discoverer: Discoverer) -> None:
    paths = [site.feed(f"/section{number}", str(number)) for number in range(MOST_DECLARED + 3)]
    found = await discoverer.resolve(site.page("/", *paths))
    assert [feed.url for feed in found.feeds] == paths
    assert [feed.format for feed in found.feeds[MOST_DECLARED:]] == [None] * 3
    assert found.best is None
    assert len(site.urls()) == 1 + MOST_DECLARED


async def test_the_page_and_guesses_obey_robots_and_declared_feeds_are_subscriptions(site: Site, discoverer: Discoverer) -> None:
    site.feed("/a", "1")
    site.feed("/feed", "2")
    site.forbidden = {f"{SITE}/private", f"{SITE}/a", f"{SITE}/feed", f"{SITE}/direct"}
    assert (await discoverer.discover(site.page("/", "/a"))).best is not None
    assert (await discoverer.discover(site.page("/bare"))).feeds == ()
    assert f"{SITE}/feed" not in site.urls()
    site.asked.clear()
    with pytest.raises(FetchError, match=r"robots\.txt forbids"):
        await discoverer.discover(site.page("/private", "/a"))
    assert site.urls() == []
    with pytest.raises(FetchError, match=r"robots\.txt forbids"):
        await discoverer.resolve(site.page("/private", "/a"))
    assert site.urls() == [f"{SITE}/private"]
    assert (await discoverer.resolve(site.feed("/direct", "1"))).best is not None


async def test_where_robots_cannot_be_had_a_named_feed_still_can(site: Site, discoverer: Discoverer) -> None:
    site.robots_down = True
    assert (await discoverer.resolve(site.feed("/a", "1"))).best is not None
    with pytest.raises(FetchError, match=r"is no feed but a web page.*robots\.txt cannot be had") as refused:
        await discoverer.resolve(site.page("/"))
    assert not refused.value.transient
    with pytest.raises(Unreachable):
        await discoverer.discover(site.page("/"))


async def test_only_sitemaps_of_news_are_listed_and_one_in_an_index_is_found(site: Site, discoverer: Discoverer) -> None:
    site.feed("/a", "1")
    page = site.page("/", "/a")
    site.named_sitemaps = (f"{SITE}/sitemap.xml", f"{SITE}/index.xml")
    site.serve(f"{SITE}/sitemap.xml", f"<urlset><url><loc>{SITE}/1</loc><lastmod>2026-01-04</lastmod></url></urlset>".encode())
    site.serve(f"{SITE}/index.xml", f"<sitemapindex><sitemap><loc>{SITE}/news.xml</loc></sitemap></sitemapindex>".encode())
    site.news_sitemap("/news.xml")
    found = await discoverer.discover(page)
    assert [(feed.url, feed.format) for feed in found.feeds] == [
        (f"{SITE}/a", FeedFormat.RSS), (f"{SITE}/news.xml", FeedFormat.NEWS_SITEMAP),
    ]  # fmt: skip
    assert found.best == found.feeds[0]
    site.asked.clear()
    await discoverer.resolve(page)
    assert site.urls() == [page, f"{SITE}/a"]


async def test_a_news_sitemap_at_a_usual_address_is_found_where_robots_names_none(site: Site, discoverer: Discoverer) -> None:
    site.feed("/a", "1")
    site.news_sitemap("/sitemap-news.xml")
    found = await discoverer.discover(site.page("/", "/a"))
    assert [feed.found_by for feed in found.feeds] == [FoundBy.LINK, FoundBy.ROBOTS]
    alone = await discoverer.resolve(site.page("/bare"))
    assert [(feed.url, feed.found_by) for feed in alone.feeds] == [(f"{SITE}/sitemap-news.xml", FoundBy.ROBOTS)]


async def test_one_feed_in_two_formats_is_one_and_comments_are_none(site: Site, discoverer: Discoverer) -> None:
    site.feed("/rss", "1", "2", "3")
    site.feed("/atom", "1", "2", "3")
    site.feed("/comments/feed", "9")
    best = (await discoverer.resolve(site.page("/", "/comments/feed", "/rss", "/atom"))).best
    assert best is not None
    assert best.url == f"{SITE}/rss"


async def test_of_several_the_only_one_that_names_the_page_is_the_best(site: Site, discoverer: Discoverer) -> None:
    site.feed("/rss", "1", site="/")
    site.feed("/sport.rss", "2", site="/sport/")
    both = ("/rss", "/sport.rss")
    for path, expected in (("/", f"{SITE}/rss"), ("/sport", f"{SITE}/sport.rss")):
        best = (await discoverer.resolve(site.page(path, *both))).best
        assert best is not None
        assert best.url == expected
    assert (await discoverer.resolve(site.page("/about", *both))).best is None


async def test_a_feed_of_comments_alone_is_listed_but_never_the_best(site: Site, discoverer: Discoverer) -> None:
    comments = site.feed("/comments/feed", "1")
    found = await discoverer.resolve(site.page("/", "/comments/feed"))
    assert ([feed.url for feed in found.feeds], found.best) == ([comments], None)
    site.feed("/rss", "2")
    found = await discoverer.resolve(site.page("/", "/comments/feed"))
    assert found.best is not None
    assert found.best.found_by is FoundBy.PATH


async def test_the_address_to_follow_is_where_a_permanent_redirect_leads_but_keeps_its_credentials(
    site: Site, discoverer: Discoverer
) -> None:
    body = b"<rss><channel><title>T</title><item><title>1</title></item></channel></rss>"
    moved = fetched(f"{SITE}/new", body)
    moved = Fetched(**{name: getattr(moved, name) for name in moved.__slots__} | {"moved_to": f"{SITE}/new"})
    for asked, expected in ((f"{SITE}/old", f"{SITE}/new"), ("https://me:word@paper.example/old",) * 2):
        best = (await discoverer.resolve(site.serve(asked, moved))).best
        assert best is not None
        assert best.url == expected


async def test_a_secret_is_sent_to_the_origin_that_the_person_named_only(site: Site, discoverer: Discoverer) -> None:
    site.feed("/a", "1")
    page = site.page("/", "/a", "https://other.example/feed")
    await discoverer.resolve(page, SecretStr("reader:word"))
    assert [secret is not None for secret in site.secrets] == [True, True, False]
