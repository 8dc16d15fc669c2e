"""The feeds that a page names: each page in pages/ beside what must be found on it, and what hostile pages may cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cpu_time import within_cpu_s
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.feeds.discovery import feeds_on_page
from crawler.feeds.places import NamedFeed, likely_news_sitemaps, usual_addresses

PAGES = Path(__file__).parent / "pages"
URL = "https://quay.example/index.html"


def shown(feeds: tuple[NamedFeed, ...]) -> list[list[object]]:
    return [[feed.url, feed.title, feed.is_comments] for feed in feeds]


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda path: path.name)
def test_a_page_names_what_its_case_expects(page: Path) -> None:
    found = feeds_on_page(page.read_bytes(), url=URL, content_type="text/html; charset=utf-8")
    assert {"declared": shown(found.declared), "linked": shown(found.linked)} == json.loads(page.with_suffix(".json").read_text())


def test_a_title_is_read_in_the_pages_own_encoding() -> None:
    page = '<meta charset="koi8-r"><link rel=alternate type=application/rss+xml href=/rss title="Море">'
    assert feeds_on_page(page.encode("koi8-r"), url=URL, content_type="text/html").declared[0].title == "Море"


@pytest.mark.parametrize("body", [b"", b"\x89PNG\x00\x01", b'{"a": 1}', b"<rss><channel/></rss>", b"\xff\xfe<\x00"])
def test_what_is_no_page_names_nothing(body: bytes) -> None:
    found = feeds_on_page(body, url=URL, content_type=None)
    assert (found.declared, found.linked) == ((), ())


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 400_000,
        "<a href='" * 200_000,
        '<link rel="alternate" ' + "a=b " * 500_000,
        "<a " * 600_000,
        "<script>" * 250_000,
        "<!--" * 500_000,
        "<link rel=alternate type=application/rss+xml href=/{}>" * 30_000,
        '<a href="/rss?' + "x" * 1_900_000,
        "<base href='" + "//[" * 600_000,
        "<a href=/feed title=" + "&lt;" * 400_000,
    ],
    ids=["nested", "quotes", "attributes", "openings", "scripts", "comments", "links", "long", "base", "entities"],
)
def test_hostile_pages_take_no_long_time(page: str) -> None:
    found = within_cpu_s(2, lambda: feeds_on_page(page.encode(), url=URL, content_type="text/html; charset=utf-8"))
    assert len(found.declared) <= 50


FRAGMENTS = st.sampled_from(
    """<link |<a |<base |rel=alternate |type="application/rss+xml" |href= |"|'|>|<|</|//[|http://|feed:|/rss|&#x110000;|&amp;|<!--|-->
    |<script|</script|\x00|é|\ud7ff|=|title=""".split("|")  # noqa: SIM905
)


@settings(max_examples=80, deadline=None)
@given(st.lists(FRAGMENTS, max_size=30).map("".join), st.none() | st.sampled_from(["text/html; charset=utf-16", "x"]))
def test_any_page_gives_addresses_that_can_be_asked(page: str, content_type: str | None) -> None:
    found = feeds_on_page(page.encode("utf-8", "surrogatepass"), url=URL, content_type=content_type)
    assert all(feed.url.startswith(("http://", "https://")) for feed in (*found.declared, *found.linked))


def test_the_usual_addresses_begin_with_the_pages_own_folder() -> None:
    assert usual_addresses("https://quay.example/sport/today")[:3] == [
        "https://quay.example/sport/feed", "https://quay.example/feed", "https://quay.example/rss",
    ]  # fmt: skip
    assert usual_addresses("https://quay.example/today")[0] == "https://quay.example/feed"


def test_sitemaps_of_news_come_first_and_the_usual_ones_only_where_none_is_named() -> None:
    named = ["https://quay.example/sitemap.xml", "/google-news.xml", "mailto:a@quay.example"]
    assert likely_news_sitemaps(named, URL) == ["https://quay.example/google-news.xml", "https://quay.example/sitemap.xml"]
    assert "https://quay.example/news-sitemap.xml" in likely_news_sitemaps([], URL)
