"""Feeds made to cost a parser more than they cost to send, each by a recipe; all of it invented."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from random import Random

from fuzz_pages import MEGABYTE, PARAGRAPHS, SUMMARY, TITLE, URL, Recipe, numbered, repeat


def rss(items: str = "", *, channel: str = "", head: str = '<?xml version="1.0"?>') -> bytes:
    """An RSS feed with one sound item and more."""
    sound = f"<item><guid>sound</guid><link>{URL}</link><title>{TITLE}</title><description>{SUMMARY}</description></item>"
    document = f'{head}<rss version="2.0"><channel><title>Quay</title>{channel}{sound}{items}</channel></rss>'
    return document.encode("utf-8", "surrogatepass")


def item(text: str, field: str = "description") -> str:
    return f"<item><guid>x</guid><{field}>{text}</{field}></item>"


def json_feed(fields: str) -> bytes:
    return ('{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1",' + fields + "}]}").encode()


def sitemap(inside: bytes) -> bytes:
    return b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">' + inside + b"</urlset>"


def addresses(count: int) -> bytes:
    """So many addresses of a sitemap, all dated."""
    return b"".join(b"<url><loc>http://quay.example/%d</loc><lastmod>2026-03-01</lastmod></url>" % n for n in range(count))


FEEDS: Mapping[str, Recipe] = {
    "100,000 nested tags": lambda: rss("<a>" * 100_000),
    "1 MB of balanced tags": lambda: rss("<a></a>" * 140_000),
    "9 MB of balanced tags": lambda: rss("<a></a>" * 1_300_000),
    "9 MB of closing tags": lambda: rss("</a>" * 2_200_000),
    "9 MB of <": lambda: rss("<" * 9_000_000),
    "9 MB of &": lambda: rss("&" * 9_000_000),
    "9 MB of &amp;": lambda: rss(item("&amp;" * 1_800_000)),
    "9 MB of <!--": lambda: rss("<!--" * 2_250_000),
    "9 MB of comments": lambda: rss("<!-- -->" * 1_100_000),
    "9 MB of <![CDATA[": lambda: rss("<![CDATA[" * 1_000_000),
    "9 MB of CDATA sections": lambda: rss(item("<![CDATA[x]]>" * 690_000)),
    "9 MB of processing instructions": lambda: rss("<?x y?>" * 1_280_000),
    "9 MB of <!DOCTYPE": lambda: rss(head="<!DOCTYPE x " * 750_000),
    "20,000 namespaces": lambda: rss(numbered("<a xmlns:n%d='u%d' />".replace("u%d", "u"), 20_000)),
    "20,000 namespaces on one tag": lambda: rss("<a " + numbered("xmlns:n%d='u' ", 20_000) + "/>"),
    "300,000 attributes on one tag": lambda: rss("<a " + numbered("n%d='u' ", 300_000) + "/>"),
    "an attribute of 9 MB": lambda: rss(f"<a b='{repeat('x ', 9_000_000)}'/>"),
    "a tag name of 9 MB": lambda: rss(f"<{repeat('x:', 9_000_000)}/>"),
    "50,000 items": lambda: rss(numbered("<item><guid>%d</guid><title>a</title><link>http://a.example/x</link></item>", 50_000)),
    "400,000 empty items": lambda: rss("<item/>" * 400_000),
    "200,000 items in items": lambda: rss("<item>" * 200_000),
    "100,000 enclosures": lambda: rss("<item>" + "<enclosure url='http://a.example/x' type='image/png'/>" * 100_000 + "</item>"),
    "100,000 categories": lambda: rss("<item><guid>x</guid>" + "<category>x</category>" * 100_000 + "</item>"),
    "100,000 authors": lambda: rss("<item><guid>x</guid>" + "<author>a@b.example (Ann Poe)</author>" * 100_000 + "</item>"),
    "100,000 titles": lambda: rss("<item><guid>x</guid>" + "<title>a title</title>" * 100_000 + "</item>"),
    "100,000 dates": lambda: rss("<item><guid>x</guid>" + "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>" * 100_000 + "</item>"),
    "100,000 contents": lambda: rss("<item><guid>x</guid>" + "<content:encoded>words</content:encoded>" * 100_000 + "</item>"),
    "100,000 links in the channel": lambda: rss(channel="<link rel='next' href='?page=2'/>" * 100_000),
    "100,000 skipHours": lambda: rss(channel="<skipHours>" * 700_000),
    "1 MB of skipDays": lambda: rss(channel="<skipDays>x" * 90_000),
    "a title of 9 MB": lambda: rss(item(repeat("word ", 9_000_000), "title")),
    "a title of marks": lambda: rss(item("a" + "\u0301" * 1_000 + "\u0316" * 1_000, "title") * 1_000),
    "a date of 9 MB": lambda: rss(item(repeat("1 ", 9_000_000), "pubDate")),
    "2,000 half dates": lambda: rss(item("Mon, 1 1 1 1 1 Mar 2026 10:00:00 " + "x" * 60, "pubDate") * 2_000),
    "an author of 9 MB": lambda: rss(item(repeat("a ", 9_000_000), "author")),
    "an author of 9 MB of @": lambda: rss(item(repeat("@a", 9_000_000), "author")),
    "an author of 90 KB of digits and points": lambda: rss(item(repeat("1.", 90_000), "author") * 20),
    "an author of e-mail signs": lambda: rss(item(repeat("a.b ", 900) + "@", "author") * 500),
    "a guid of 9 MB": lambda: rss(f"<item><guid>{repeat('x ', 9_000_000)}</guid></item>"),
    "a link of 9 MB": lambda: rss(item("http://a.example/" + repeat("/../", 9_000_000), "link")),
    "2,000 links of 4,000 characters": lambda: rss(item("http://a.example/" + repeat("/../%2e/", 2_000), "link") * 2_000),
    "a text of 9 MB": lambda: rss(item(repeat(PARAGRAPHS[0], 9_000_000))),
    "40 texts of 250 KB": lambda: rss(item(repeat(PARAGRAPHS[0], 230_000)) * 40),
    "a text of numbers": lambda: rss(item(repeat("1,", 250_000))),
    "a text of numbers and spaces": lambda: rss(item(repeat("1 ", 250_000))),
    "a text of comment counts": lambda: rss(item(repeat("comments 1,", 250_000))),
    "a text of ellipses": lambda: rss(item(repeat("...", 250_000) + "x")),
    "a text of [...]": lambda: rss(item(repeat("[...] ", 250_000))),
    "a text of read more": lambda: rss(item(repeat("read more ", 250_000))),
    "a text of marks": lambda: rss(item("a" + "\u0301" * 130_000 + "\u0316" * 130_000)),
    "a text of marks by entities": lambda: rss(item("a" + "&#x301;" * 16_000 + "&#x316;" * 16_000)),
    "a text of mojibake": lambda: rss(item(repeat("Ã©tÃ© â€™ ", 250_000))),
    "20 texts of mojibake": lambda: rss(item(repeat("Ã©tÃ© â€™ ", 220_000)) * 20),
    "a text of one ligature": lambda: rss(item(repeat("\ufdfa", 250_000))),
    "a text of escaped nested tags": lambda: rss(item("&lt;div&gt;" * 100_000)),
    "20 texts of nested tags": lambda: rss(item(f"<![CDATA[{'<div>' * 52_000}]]>") * 20),
    "a text of open fonts": lambda: rss(item(f"<![CDATA[<div>{numbered('<font color=c%d>', 2_000)}</div>{'<p>x' * 50_000}]]>")),
    "a text of open <b>": lambda: rss(item("<![CDATA[" + "<b><p>x</b>" * 23_000 + "]]>")),
    "a text of open <a>": lambda: rss(item("<![CDATA[" + "<a href=x>x" * 23_000 + "]]>")),
    "a text of tables": lambda: rss(item("<![CDATA[" + "<table>" * 37_000 + "]]>")),
    "a text of table text": lambda: rss(item("<![CDATA[<table>" + "x<tr>y" * 43_000 + "]]>")),
    "a text of attributes": lambda: rss(item("<![CDATA[<p " + numbered("a%d ", 37_000) + ">x]]>")),
    "a text of 260,000 lines": lambda: rss(item("<![CDATA[<pre>" + "x\n" * 130_000 + "]]>")),
    "a style of nested functions": lambda: rss(item("<![CDATA[<p style='" + "a:url(" * 20_000 + "'>x]]>")),
    "billion laughs": lambda: rss(
        item("&a9;"),
        head='<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "ha">'
        + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)) + "]>",
    ),
    "quadratic entities": lambda: rss(item("&a;" * 300_000), head=f'<!DOCTYPE rss [<!ENTITY a "{"x" * 60_000}">]>'),
    "an outer entity": lambda: rss(item("&a;"), head='<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>'),
    "64 KB of entities": lambda: rss(head="<!DOCTYPE rss [" + repeat("<!ENTITY a '", 64_000) + "]>"),
    "64 KB of spaces in an entity": lambda: rss(head="<!DOCTYPE rss [<!ENTITY" + repeat(" ", 64_000) + "]>"),
    "9 MB of spaces": lambda: b" " * 9_000_000 + rss(),
    "9 MB of NULs": lambda: b"\0" * 9_000_000 + rss(),
    "9 MB of 0xFF": lambda: rss() + b"\xff" * 9_000_000,
    "zeros only": lambda: b"\0" * 9_000_000,
    "9 MB of cut UTF-16": lambda: b"\xff\xfe" + b"\x00\xd8" * 4_500_000,
    "random bytes": lambda: Random(3).randbytes(MEGABYTE),
    "JSON of nested arrays": lambda: b'{"items":' + b"[" * 1_000_000,
    "JSON of nested objects": lambda: b'{"a":' * 1_000_000,
    "JSON of 3,000,000 empty items": lambda: b'{"version":"jsonfeed.org","items":[' + b"{}," * 3_000_000 + b"{}]}",
    "JSON of a long number": lambda: b'{"items":[' + b"9" * 5_000_000 + b"]}",
    "JSON text of numbers": lambda: json_feed('"content_text":"' + repeat("1,", 250_000) + '"'),
    "JSON text of digits": lambda: json_feed('"content_text":"' + "1" * 250_000 + '"'),
    "JSON text of letters": lambda: json_feed('"content_text":"' + "x" * 250_000 + '"'),
    "JSON text of markup": lambda: json_feed('"content_html":"' + "<div>" * 50_000 + '"'),
    "JSON texts of 100,000 authors": lambda: json_feed('"authors":[' + '{"name":"Ann"},' * 100_000 + "{}]"),
    "JSON text of surrogates": lambda: json_feed('"title":"' + "\\ud800" * 10_000 + '","id":"' + "\\udfff" * 1_000 + '"'),
    "a sitemap of 150,000 addresses": lambda: sitemap(addresses(150_000)),
    "a gzip file of 50 MB of &": lambda: gzip.compress(sitemap(b"&" * 50_000_000), 1),
    "a sitemap of 9 MB of elements in one address": lambda: sitemap(b"<url>" + b"<a/>" * 2_200_000 + b"</url>"),
    "a sitemap of 250,000 elements before an address": lambda: sitemap(b"<a/>" * 250_000 + addresses(1)),
    "a sitemap of 600,000 attributes in one tag": lambda: sitemap(f"<url {numbered('a%d=1 ', 600_000)}/>".encode()),
    "an index of 100,000 sitemaps": lambda: (
        b"<sitemapindex>" + b"<sitemap><loc>/news.xml</loc></sitemap>" * 100_000 + b"</sitemapindex>"
    ),
    "JSON of infinities": lambda: json_feed('"title":1e999,"url":NaN'),
}  # fmt: skip
