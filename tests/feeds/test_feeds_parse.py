"""What parse_feed promises beside the formats: refusals that say what came, bounds, identities, hashes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cpu_time import within_cpu_s
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.errors import NotAFeed
from crawler.feeds.parse import parse_feed
from crawler.model import FeedEntry, ParsedFeed

NOW = datetime(2024, 3, 10, tzinfo=UTC)


def parse(body: bytes | str, content_type: str | None = None, max_entries: int = 2000) -> ParsedFeed:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(data, url="https://feeds.example/feed", content_type=content_type, max_entries=max_entries, now=NOW)


def rss(items: str, prolog: str = "") -> str:
    return f'{prolog}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'


def only_entry(item: str) -> FeedEntry:
    (entry,) = parse(rss(f"<item>{item}</item>")).entries
    return entry


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "empty body"),
        (" \n\t", "empty body"),
        ("<!DOCTYPE html><html><head><title>Sign &amp; in</title></head></html>", 'a web page ("Sign & in")'),
        ("<!-- x --><html></html>", "a web page"),
        ('<opml version="2.0"><body/></opml>', "OPML"),
        ("<urlset><url><loc>https://a.example/1</loc></url></urlset>", "a sitemap"),
        ("Not found", 'beginning "Not found"'),
        ("<error><code>403</code></error>", "<error>"),
        ("{", "broken"),
        ("[]", "no list of items"),
        ('{"items": [1]}', "no JSON Feed"),
        ("[" * 100_000, "JSON"),
        ('{"items":[' + "[" * 100_000, "JSON"),
    ],
)
def test_what_is_no_feed_is_refused_saying_what_came(body: str, what: str) -> None:
    with pytest.raises(NotAFeed) as refused:
        parse(body)
    assert what in str(refused.value)
    assert "https://feeds.example/feed" in str(refused.value)


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;">]>',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>',
        f'<!DOCTYPE rss [<!ENTITY a "{"x" * 50_000}">]>',
    ],
)
def test_entities_that_swell_are_refused_at_once(prolog: str) -> None:
    def refuse() -> None:
        with pytest.raises(NotAFeed, match="entities"):
            parse(rss("<item><title>" + "&a;" * 1000 + "</title></item>", prolog))

    within_cpu_s(1, refuse)


def test_an_external_entity_is_never_read() -> None:
    feed = parse(rss("<item><title>a&x;b</title></item>", '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'))
    assert feed.entries[0].title in ("ab", "a&x;b")


@pytest.mark.parametrize("path", [b"/etc/hostname", b"/dev/zero", b"http://127.0.0.1:9/feed"])
def test_a_body_that_is_a_path_or_address_is_not_opened(path: bytes) -> None:
    with pytest.raises(NotAFeed):
        parse(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "windows-1252", "iso-8859-15"])
def test_encodings_are_read_as_declared(encoding: str) -> None:
    body = rss(
        "<item><title>Fähre kehrt zurück</title></item>", f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    )
    assert parse(body.encode(encoding)).entries[0].title == "Fähre kehrt zurück"


def test_the_charset_of_the_answer_counts_where_the_body_is_not_utf_8() -> None:
    body = rss("<item><title>Море волнуется</title></item>")
    assert parse(body.encode("koi8-r"), "text/xml; charset=KOI8-R").entries[0].title == "Море волнуется"
    assert parse(body, "text/xml; charset=iso-8859-1").entries[0].title == "Море волнуется"


def test_a_few_broken_bytes_do_not_turn_the_rest_into_another_encoding() -> None:
    body = rss("<item><title>Fähre über Straße täglich größer früh möglich Käse schön Öl</title></item>").encode()
    title = parse(body.replace("Ö".encode(), b"\xc3")).entries[0].title
    assert title is not None
    assert title.startswith("Fähre über Straße")


@pytest.mark.parametrize("codec", ["zip", "idna", "utf-7", "base64", "undefined", "no-such"])
def test_a_codec_that_is_no_encoding_is_not_used(codec: str) -> None:
    body = rss("<item><title>Plain</title></item>", f'<?xml version="1.0" encoding="{codec}"?>')
    assert parse(body, f"text/xml; charset={codec}").entries[0].title == "Plain"


def test_a_flood_of_entries_is_cut_before_it_is_parsed() -> None:
    item = "<item><title>t</title><link>https://a.example/{}</link></item>"
    body = rss("".join(item.format(number) for number in range(30_000)))
    feed = within_cpu_s(2, lambda: parse(body, max_entries=100))
    assert len(feed.entries) == 100
    assert feed.left_out == 29_900


@pytest.mark.parametrize(
    "filler",
    [
        "<author>" + "a" * 500_000 + "</author>",
        "<description>" + "&lt;" * 200_000 + "</description>",
        "<description>" + "&lt;div&gt;" * 100_000 + "</description>",
        "<description>" + "&lt;!--" * 80_000 + "</description>",
        "<title>" + "&amp;lt;b" * 100_000 + "</title>",
        "<x>" * 50_000,
        "<!--" * 80_000,
    ],
)
def test_hostile_fields_take_no_long_time(filler: str) -> None:
    body = rss(f"<item><title>t</title>{filler}</item>")
    assert len(within_cpu_s(2, lambda: parse(body)).entries) <= 1


def test_an_id_given_to_several_entries_loses_none_where_some_have_no_address() -> None:
    item = "<item><guid isPermaLink='false'>0</guid>{}</item>"
    words = ("<title>A</title>", "<title>B</title>", "<title>A</title>", "<link>https://a.example/c</link>", "<title>B</title>")
    entries = parse(rss("".join(map(item.format, words)))).entries
    assert [(entry.title, entry.url) for entry in entries] == [("A", None), ("B", None), (None, "https://a.example/c")]
    assert len({entry.key for entry in entries}) == 3


def test_an_id_shared_by_other_addresses_is_no_identity() -> None:
    item = "<item><guid isPermaLink='false'>0</guid><link>https://a.example/{}</link></item>"
    feed = parse(rss(item.format(1) + item.format(2) + item.format(1)))
    assert [entry.key for entry in feed.entries] == ["0", "//a.example/2"]


def test_entries_of_one_page_told_apart_by_fragments_stay_apart() -> None:
    feed = parse(rss("".join(f"<item><title>Number {n}</title><link>https://a.example/log#{n}</link></item>" for n in (1, 2))))
    assert [entry.url for entry in feed.entries] == ["https://a.example/log"] * 2
    assert len(feed.entries) == 2


@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@b.example", "http://", "tag:a.example,2024:1", "  "])
def test_a_link_that_is_no_web_address_is_no_page(link: str) -> None:
    assert only_entry(f"<title>t</title><link>{link}</link>").url is None


def test_user_and_password_of_a_link_are_no_part_of_its_pages_address() -> None:
    entry = only_entry("<title>t</title><link>https://me:word@a.example/1?key=k</link>")
    assert (entry.url, entry.key) == ("https://a.example/1?key=k", "//a.example/1?key=k")


def test_the_hash_ignores_dates_tracking_and_counters() -> None:
    one = only_entry(
        "<title>T</title><link>https://a.example/1</link><pubDate>Sat, 09 Mar 2024 10:00:00 GMT</pubDate>"
        "<description>Words. Points: 116 # Comments: 40</description>"
    )
    two = only_entry(
        "<title>T</title><link>https://a.example/1?utm_source=x</link><pubDate>Sun, 10 Mar 2024 10:00:00 GMT</pubDate>"
        "<description>Words. Points: 120 # Comments: 41</description>"
    )
    other = only_entry("<title>T</title><link>https://a.example/1</link><description>Other words. Points: 116</description>")
    assert one.content_hash == two.content_hash != other.content_hash


def test_dates_in_the_future_or_before_the_web_are_dropped() -> None:
    for date in ("Tue, 12 Mar 2024 10:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "0001-01-01T00:00:00Z"):
        assert only_entry(f"<title>t</title><pubDate>{date}</pubDate>").published is None


def test_control_characters_never_leave_the_parser() -> None:
    items = [{"id": "1", "title": "a\x1b[31mb\u202ec\x00", "content_text": "x\x1b]0;y\x07"}]
    (entry,) = parse(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})).entries
    assert entry.title == "a[31mbc"
    assert entry.content == "x]0;y"


FRAGMENTS = st.sampled_from(
    """<rss version='2.0'>|<channel>|<item>|</item>|<title>|</title>|<link>|<guid>|<feed xmlns='http://www.w3.org/2005/Atom'>|<entry>
    |<content>|<![CDATA[|]]>|<!--|-->|<!DOCTYPE rss [|<!ENTITY a 'b'>|]>|&a;|&amp;|&#0;|&#x110000;|<pubDate>|Mon, 99 Foo 20245
    |<rdf:RDF>|xml:base='http://['>|http://[|</rss>|{|"items":[|}|<author>|@|<source url='//'>
    |<skipHours><hour>99</hour></skipHours>|<ttl>1e999</ttl>|\x00|é|\ud7ff""".split("|")  # noqa: SIM905
)


@settings(max_examples=250, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(FRAGMENTS, max_size=30).map(lambda parts: "".join(parts).encode())))
@example(b"\xff\xfe<\x00")
@example(b"\x00<")
def test_any_bytes_give_a_feed_or_not_a_feed(body: bytes) -> None:
    try:
        feed = parse(body)
    except NotAFeed:
        return
    assert len({entry.key for entry in feed.entries}) == len(feed.entries)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "url", "id"]), inner, max_size=3),
    max_leaves=6,
)
ITEM = st.dictionaries(
    st.sampled_from("id url title content_html content_text summary authors author date_published image external_url".split()),  # noqa: SIM905
    JSON_VALUES,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ITEM | JSON_VALUES, max_size=4), JSON_VALUES)
def test_json_of_wrong_types_never_breaks(items: list[object], value: object) -> None:
    document = {"version": "https://jsonfeed.org/version/1.1", "items": items, "title": value, "language": value, "next_url": value}
    assert len(parse(json.dumps(document)).entries) <= len(items)
