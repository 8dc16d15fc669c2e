"""Sitemaps as feeds: what is taken of them, what is left out, which parts of an index are read, and what they may cost."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from cpu_time import within_cpu_s
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import NotAFeed
from crawler.feeds.parse import parse_feed
from crawler.model import FeedFormat, FeedPart, ParsedFeed

NOW = datetime(2024, 3, 10, tzinfo=UTC)
URL = "https://quay.example/sitemap.xml"


def parse(body: str | bytes, *, days: int = 7, max_entries: int = 2000) -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(data, url=URL, content_type=None, max_entries=max_entries, now=NOW, sitemap_days=days)


def changed(path: str, age: timedelta) -> str:
    return f"<url><loc>https://quay.example/{path}</loc><lastmod>{(NOW - age).isoformat()}</lastmod></url>"


def news(path: str, age: timedelta) -> str:
    date = f"<news:publication_date>{(NOW - age).isoformat()}</news:publication_date>"
    return f"<url><loc>https://quay.example/{path}</loc><news:news>{date}<news:title>{path}</news:title></news:news></url>"


def urlset(*urls: str) -> str:
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(urls)}</urlset>'


def index(*parts: tuple[str, str | None]) -> str:
    told = (f"<sitemap><loc>{loc}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>" for loc, at in parts)
    return f"<sitemapindex>{''.join(told)}</sitemapindex>"


def paths(feed: ParsedFeed) -> list[str]:
    return [(entry.url or "").rpartition("/")[2] for entry in feed.entries]


def part_paths(*parts: tuple[str, str | None]) -> list[str]:
    return [part.url.removeprefix("https://quay.example/") for part in parse(index(*parts)).parts]


def test_of_a_plain_sitemap_only_what_changed_lately_is_taken_and_the_rest_is_counted() -> None:
    feed = parse(urlset(changed("old", timedelta(days=8)), changed("young", timedelta(days=6)), "<url><loc>/undated</loc></url>"))
    assert paths(feed) == ["young"]
    assert (feed.left_out, feed.format) == (2, FeedFormat.SITEMAP)


def test_of_a_news_sitemap_all_are_taken_as_of_a_feed() -> None:
    feed = parse(urlset(news("old", timedelta(days=20)), news("young", timedelta(hours=1)), changed("page", timedelta(days=20))))
    assert paths(feed) == ["young", "old"]
    assert (feed.left_out, feed.format) == (1, FeedFormat.NEWS_SITEMAP)


def test_the_newest_are_kept_wherever_they_stand() -> None:
    feed = parse(urlset(*(changed(str(hours), timedelta(hours=hours)) for hours in (9, 2, 7, 1, 8))), max_entries=2)
    assert paths(feed) == ["1", "2"]
    assert feed.left_out == 3


def test_a_sitemap_without_any_date_cannot_be_followed() -> None:
    with pytest.raises(NotAFeed, match="2 addresses have no dates"):
        parse(urlset("<url><loc>https://quay.example/a</loc></url>", "<url><loc>https://quay.example/b</loc></url>"))


def test_a_sitemap_without_addresses_is_a_feed_that_holds_nothing() -> None:
    assert parse(urlset()).entries == ()


def test_an_address_has_one_key_whatever_sitemap_or_scheme_names_it() -> None:
    (one,), (two,) = parse(urlset(changed("a", timedelta(1)))).entries, parse(urlset(news("a", timedelta(1)))).entries
    assert one.key == two.key == "//quay.example/a"


def test_gzip_files_are_unpacked_whatever_they_are_served_as() -> None:
    assert paths(parse(gzip.compress(urlset(changed("a", timedelta(1))).encode()))) == ["a"]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (gzip.compress(b"<urlset>" + b"<url/>" * 9_000_000), "a gzip file of over 52,428,800 bytes"),
        (gzip.compress(urlset(changed("a", timedelta(1))).encode())[:-9], "ends early"),
        (b"\x1f\x8b\x08 no gzip at all", "a broken gzip file"),
    ],
    ids=["bomb", "cut", "broken"],
)
def test_a_gzip_file_that_is_none_or_swells_is_refused(body: bytes, what: str) -> None:
    with pytest.raises(NotAFeed, match=what):
        parse(body)


def test_parts_of_news_are_read_before_all_others() -> None:
    chosen = part_paths(
        ("https://quay.example/post-sitemap.xml", "2024-03-09"),
        ("https://quay.example/sitemap-news.xml", None),
        ("https://quay.example/newsletters.xml", "2024-03-09"),
    )
    assert chosen == ["sitemap-news.xml"]


def test_parts_that_hold_no_articles_are_read_only_where_there_are_no_others() -> None:
    tags = [("https://quay.example/post_tag-sitemap.xml", "2024-03-09"), ("https://quay.example/page-sitemap.xml", "2024-03-09")]
    assert part_paths(*tags, ("https://quay.example/post-sitemap.xml", "2024-01-01")) == ["post-sitemap.xml"]
    assert part_paths(*tags) == ["post_tag-sitemap.xml", "page-sitemap.xml"]


def test_the_newest_parts_are_read_by_their_date_else_by_their_numbers() -> None:
    dated = [(f"https://quay.example/s{day}.xml", f"2024-02-{day:02}T00:00:00Z") for day in (3, 9, 1, 7, 5, 2, 8)]
    assert part_paths(*dated) == ["s9.xml", "s8.xml", "s7.xml", "s5.xml", "s3.xml"]
    numbered = [(f"https://quay.example/sitemap-2024-{month}.xml", None) for month in (1, 2, 11, 10, 3)]
    assert part_paths(*numbered)[:2] == ["sitemap-2024-11.xml", "sitemap-2024-10.xml"]
    counted = [(f"https://quay.example/s.xml?page={number}", None) for number in (2, 10)]
    assert part_paths(*counted) == ["s.xml?page=10", "s.xml?page=2"]


def test_a_part_keeps_its_lastmod_and_an_index_is_no_part_of_itself() -> None:
    feed = parse(index((URL, None), ("ftp://quay.example/a.xml", None), ("/deep/a.xml", "2024-03-01")))
    assert feed.parts == (FeedPart(url="https://quay.example/deep/a.xml", changed_at="2024-03-01"),)
    assert (feed.entries, feed.format) == ((), FeedFormat.SITEMAP_INDEX)


def test_an_index_that_leads_nowhere_is_no_source() -> None:
    for parts in ((), ((URL, None),), (("ftp://quay.example/a.xml", None),)):
        with pytest.raises(NotAFeed, match="names none"):
            parse(index(*parts))


def test_what_is_broken_gives_what_came_before() -> None:
    assert paths(parse(urlset(changed("a", timedelta(1)), "<url><loc>https://quay.example/b</x></loc>", "<url"))) == ["a"]


def test_entities_never_swell_nor_reach_out() -> None:
    with pytest.raises(NotAFeed, match="entities"):
        parse('<!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + urlset(changed("&b;", timedelta(1))))
    feed = parse('<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + urlset(changed("a?b=&x;", timedelta(1))))
    assert [entry.url for entry in feed.entries] == ["https://quay.example/a?b=&x;"]


@pytest.mark.parametrize(
    "filler",
    [
        "<url>" * 200_000,
        "<url><loc>https://quay.example/a</loc></url>" * 30_000,
        "<url><loc>" + "&" * 400_000 + "</loc></url>",
        "<url " + " ".join(f'a{number}="b"' for number in range(200_000)) + "/>",
        "".join("<url " + " ".join(f'xmlns:a{i}_{j}="b"' for i in range(300)) + ">" for j in range(200)),
        "<!--" * 500_000,
    ],
    ids=["nested", "many", "ampersands", "attributes", "namespaces", "comments"],
)
def test_hostile_sitemaps_take_no_long_time(filler: str) -> None:
    bodies = (urlset(changed("a", timedelta(1)), filler), index(("/a.xml", None)).replace("</sitemapindex>", filler))
    assert all(len(feed.entries) <= 1 for feed in within_cpu_s(2, lambda: [parse(body) for body in bodies]))


FRAGMENTS = st.sampled_from(
    """<urlset>|<sitemapindex>|<url>|</url>|<sitemap>|</sitemap>|<loc>|</loc>|https://quay.example/a|//[|<lastmod>|</lastmod>|2024-03-09
    |99999-99-99|<news:news>|</news:news>|<news:publication>|<news:title>|<![CDATA[|]]>|<!--|-->|<!DOCTYPE urlset [|]>|&a;|&#0;|&amp
    |<image:image>|<x xmlns='http://['>|<?x|\x00|é|\ud7ff""".split("|")  # noqa: SIM905
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["<urlset>", "<sitemapindex>", ""]), st.lists(FRAGMENTS, max_size=30).map("".join))
def test_any_sitemap_gives_entries_or_not_a_feed(root: str, rest: str) -> None:
    try:
        feed = parse(root + rest)
    except NotAFeed:
        return
    assert len({entry.key for entry in feed.entries}) == len(feed.entries)
