"""The invented newsroom is as real as it must be: feeds that parse, pages that are read as what they are."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from crawler.articles.read import read_page
from crawler.demo.editions import CREDIT, HOUSES, LAST_TICK, POST, TIDINGS, WIRE, Publication
from crawler.demo.newsroom import Newsroom
from crawler.feeds.parse import parse_feed
from crawler.model import Article, CueKind, ParsedFeed, TextState

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    newsroom = Newsroom()
    newsroom.tick = LAST_TICK
    return newsroom


def read_feed(newsroom: Newsroom, url: str) -> ParsedFeed:
    resource = newsroom.find(url)
    assert resource is not None
    return parse_feed(resource.body, url=url, content_type=resource.content_type, max_entries=100, now=NOW)


def read(newsroom: Newsroom, publication: Publication) -> Article:
    resource = newsroom.find(publication.url)
    assert resource is not None
    content_type = resource.content_type
    return read_page(resource.body, url=publication.url, content_type=content_type, entry=None, fetched_at=NOW)


def of(newsroom: Newsroom, host: str, slug: str = "") -> list[Publication]:
    """What a host (empty: any) publishes under addresses that hold the slug."""
    return [each for each in newsroom.publications if host in ("", each.house.host) and slug in each.url]


def test_every_feed_lists_every_article_with_its_author_and_time(newsroom: Newsroom) -> None:
    for house in HOUSES:
        entries = {entry.url: entry for entry in read_feed(newsroom, house.feed_url).entries}
        assert entries.keys() == {publication.url for publication in of(newsroom, house.host)}
        for publication in of(newsroom, house.host):
            entry = entries[publication.url]
            assert (entry.title, entry.author) == (publication.text.title, publication.text.author)
            assert entry.published is not None
            assert entry.published.at == publication.text.published_at


def test_three_originals_are_missing_at_first(newsroom: Newsroom) -> None:
    first = Newsroom()
    late = [publication for publication in newsroom.publications if first.find(publication.url) is None]
    assert {publication.house for publication in late} == {POST, WIRE}
    assert len(late) == 3
    assert all(newsroom.find(publication.url) for publication in late)
    for house in (POST, WIRE):
        assert len(read_feed(first, house.feed_url).entries) == 2 if house is POST else 1


def test_feeds_without_news_keep_their_etag(newsroom: Newsroom) -> None:
    first = Newsroom()
    changed = {
        house
        for house in HOUSES
        if (before := first.find(house.feed_url)) and (now := newsroom.find(house.feed_url)) and before.etag != now.etag
    }
    assert changed == {POST, WIRE}


def test_every_site_is_invented_and_has_a_robots_txt(newsroom: Newsroom) -> None:
    for house in HOUSES:
        assert house.host.endswith(".example")
        assert newsroom.find(house.url("/robots.txt")) is not None
    assert {urlsplit(feed.url).hostname for feed in newsroom.feeds} == {house.host for house in HOUSES}


def test_originals_are_read_word_for_word_with_their_metadata(newsroom: Newsroom) -> None:
    for publication in [*of(newsroom, POST.host), *of(newsroom, WIRE.host)]:
        article = read(newsroom, publication)
        assert article.blocks == publication.text.paragraphs
        assert article.state is TextState.FULL
        assert article.metadata.title == publication.text.title
        assert article.metadata.authors == (publication.text.author,)
        assert article.metadata.publisher == publication.house.name
        assert article.metadata.published is not None
        assert article.metadata.published.at == publication.text.published_at
        assert not article.cues


def test_app_names_the_publisher_and_puts_its_own_furniture_around_the_text(newsroom: Newsroom) -> None:
    pages = of(newsroom, TIDINGS.host)
    assert len(pages) >= 5
    for publication in pages:
        article = read(newsroom, publication)
        assert [cue for cue in article.cues if cue.kind is CueKind.PUBLISHER_LABEL]
        assert sum("Tidings" in block for block in article.blocks) >= 2
        assert any(block.startswith("UPDATED: ") for block in article.blocks)


def test_app_cuts_some_stories_off_behind_a_gate(newsroom: Newsroom) -> None:
    [ferries] = of(newsroom, TIDINGS.host, "ferry-yard")
    article = read(newsroom, ferries)
    assert article.state is TextState.GATED
    assert "UPDATED: 30 MAR 2026 01:37 PM EST" in article.blocks
    assert "g" in article.marks
    assert ferries.text.paragraphs[-1] not in article.blocks


def test_customers_print_the_dateline_and_credit_the_agency(newsroom: Newsroom) -> None:
    customers = of(newsroom, "", "northline-bridges")
    assert len(customers) == 3
    for publication in customers:
        article = read(newsroom, publication)
        assert article.blocks[0].startswith("LINDHAVEN (Meridian) — ")
        assert article.blocks[-1] == CREDIT
        assert (CueKind.CREDIT_LINE, WIRE.name) in [(cue.kind, cue.name) for cue in article.cues]


def test_prose_is_no_filler_and_no_page_is_another_ones_twin(newsroom: Newsroom) -> None:
    for publication in of(newsroom, POST.host):
        assert 250 <= sum(len(paragraph.split()) for paragraph in publication.text.paragraphs) <= 450
    assert len({publication.html for publication in newsroom.publications}) == len(newsroom.publications)
