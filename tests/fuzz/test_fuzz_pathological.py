"""Made pages and feeds cost at most two seconds; one over a limit says which. benchmarks/pathological_pages.py runs them all."""

from __future__ import annotations

from functools import partial

import pytest
from cpu_time import within_cpu_s
from fuzz_feeds import FEEDS
from fuzz_pages import FETCHED_AT, PARAGRAPHS, URL, entry_of
from fuzz_pages_head import PAGES

from crawler.articles.read import read_page
from crawler.errors import NotAFeed, NotAPage
from crawler.feeds.parse import parse_feed

MAX_CPU_S = 2.0
FEED_URL = "http://quay.example/feed"

REFUSED = {  # page: the limit that it passes
    "100,000 nested <div>": "100,023 tags, more than 20,000",
    "390 open fonts before 19,000 paragraphs": "formatting elements never closed",
    "19,000 elements nested where only browsers see them": "nested more than 1,500 deep",
    "100,000 elements behind a comment in an attribute": "100,012 elements, more than 20,000",
    "50,000 attributes in one tag": "a tag with more than 500 attributes",
    "19,000 tags in tags": "a tag with more than 500 attributes",
    "5 MB of paragraphs": "characters of markup and text, more than 1,500,000",
    "1.4 MB of different words": "a text of 1,329,561 characters, more than 500,000",
    "19,900 <hr>": "a text of 19,906 lines, more than 5,000",
}
READ = (
    "100,000 elements behind a script in an attribute",
    "a class of 1.4 MB over 60 bylines",
    "itemprop named 200,000 times",
    "itemprop author 100,000 times",
    "ten boxes around 9,000 empty elements, 12 headings",
    "480,000 combining marks",
    "490,000 ligatures of 18 letters",
    "490,000 letters of mojibake",
    "4,900 lines of punctuation",
    "4,900 date lines",
    "340 authors of 4,000 letters",
    "300 authors of 2,000 words",
    "340 authors of brackets",
    "4,900 articles in JSON-LD, 9,000 titles",
    "an author's name 100,000 times",
    "60,000 origins",
    "1.4 MB of []",
    "a body of 470,000 lines in JSON-LD",
    "a body of marks in JSON-LD",
    "1 MB of nested arrays",
    "NULs",
)
FED = {  # feed: how many entries it gives
    "100,000 nested tags": 1,
    "9 MB of balanced tags": 1,
    "9 MB of &": 1,
    "300,000 attributes on one tag": 1,
    "a tag name of 9 MB": 1,
    "400,000 empty items": 2,
    "100,000 enclosures": 1,
    "100,000 skipHours": 0,
    "a text of numbers": 2,
    "a text of marks": 2,
    "a text of open fonts": 2,
    "a text of attributes": 2,
    "a gzip file of 50 MB of &": 0,
    "a sitemap of 250,000 elements before an address": 1,
    "JSON text of numbers": 1,
}


@pytest.mark.parametrize("name", [*REFUSED, *READ])
def test_a_made_page_costs_at_most_two_seconds_and_is_read_or_refused_with_the_limit(name: str) -> None:
    body = PAGES[name]()

    def outcome_of_reading() -> str:
        try:
            article = read_page(body, url=URL, content_type="text/html", entry=entry_of(), fetched_at=FETCHED_AT)
        except NotAPage as refusal:
            return str(refusal)
        return "read" if PARAGRAPHS[4] in article.text else article.text[:200]

    assert REFUSED.get(name, "read") in within_cpu_s(MAX_CPU_S, outcome_of_reading)


@pytest.mark.parametrize("name", FED)
def test_a_made_feed_costs_at_most_two_seconds(name: str) -> None:
    read = partial(parse_feed, FEEDS[name](), url=FEED_URL, content_type=None, max_entries=2000, now=FETCHED_AT)
    assert len(within_cpu_s(MAX_CPU_S, read).entries) == FED[name]


@pytest.mark.parametrize("name", ["billion laughs", "quadratic entities", "JSON of nested arrays", "zeros only"])
def test_an_attack_is_no_feed(name: str) -> None:
    with pytest.raises(NotAFeed):
        parse_feed(FEEDS[name](), url=FEED_URL, content_type=None, max_entries=2000, now=FETCHED_AT)
