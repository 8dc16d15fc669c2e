"""Pages made to cost a parser more than they cost to send, each by a recipe; all of it invented.

Every page holds a sound article too, so that one within the limits is read and one beyond them keeps its story from the feed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random

from crawler.model import FeedEntry

MEGABYTE = 1_000_000
LARGE = 1_400_000  # characters: just within the limit on markup
FETCHED_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "http://quay.example/walls/1"
TITLE = "Harbour wall at Sandwick to be raised by a metre"
PARAGRAPHS = (
    "The harbour wall at Sandwick will be raised by a metre before the autumn storms, the port council decided on Monday evening.",
    "Two thirds of the stones are to come from the old quarry above the village, which has lain idle since the railway was closed.",
    "Marta Ruane, who has mended nets on the quay for thirty years, said that the water had stood in her shed twice since January.",
    "The works will close the inner basin for nine weeks, and the four boats that are left will land their catch at Northby.",
    "An engineer told the meeting that the figures for the tide had been reckoned too low, and that a second survey was under way.",
)
SUMMARY = " ".join(PARAGRAPHS[:2])

Recipe = Callable[[], bytes]


def entry_of(url: str = URL) -> FeedEntry:
    """What the feed says of the article."""
    return FeedEntry(key=url, url=url, title=TITLE, summary=SUMMARY)


def page(inside: str = "", *, head: str = "", before: str = "", after: str = "", html: str = "") -> bytes:
    """An article with something `inside` it, in its `head`, `before` or `after` it; `html` are attributes of the root."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    document = (
        f"<!doctype html><html lang=en {html}><head><title>{TITLE}</title>{head}</head><body>{before}"
        f"<article><h1>{TITLE}</h1>{text}{inside}</article>{after}</body></html>"
    )
    return document.encode("utf-8", "surrogatepass")


def own_paragraphs(number: int) -> list[str]:
    """A text of words that no other number's text has."""
    stock = [f"{stem}{number}" for stem in ("stone", "tide", "quay", "net", "wall", "boat", "mast", "gull")]
    words = Random(number).choices(stock, k=240)
    return [" ".join(words[at : at + 40]).capitalize() + "." for at in range(0, len(words), 40)]


def sound_page(number: int) -> tuple[str, bytes]:
    """A title and a page with this number's text."""
    text = own_paragraphs(number)
    title = f"A sound story of {text[0][:30]}"
    head = f"<!doctype html><html lang=en><head><title>{title}</title></head>"
    return title, f"{head}<body><article><h1>{title}</h1><p>{'</p><p>'.join(text)}</p></article></body></html>".encode()


def paragraphs(line: str, count: int) -> str:
    """Paragraphs that differ, since extractors drop what comes again and again."""
    return "".join(f"<p>{line} {number}</p>" for number in range(count))


def repeat(text: str, size: int = MEGABYTE) -> str:
    """A text of `size` characters that is one text over and over."""
    return (text * (size // len(text) + 1))[:size]


def numbered(form: str, count: int) -> str:
    return "".join(form % number for number in range(count))


def _ladder(count: int, levels: int) -> str:
    """Formatting elements that are all different and never closed, before many paragraphs: each is opened anew in each."""
    return "<div>" + numbered("<font color=c%d>", levels) + "</div>" + "<p>x" * count


# How elements lie in each other.
NESTED: Mapping[str, Recipe] = {
    "100,000 nested <div>": lambda: page("<div>" * 100_000),
    "100,000 nested elements of different names": lambda: page(numbered("<x%d>", 100_000)),
    "100,000 nested elements of ten names": lambda: page("<div><section><ul><li><table><tr><td><b><span><i>" * 10_000),
    "100,000 unclosed <b>": lambda: page("<b>" * 100_000),
    "19,000 unclosed <b> in paragraphs": lambda: page("<p><b>x" * 9_500),
    "19,000 unclosed <a>": lambda: page("<a href=/x>x" * 19_000),
    "390 open fonts before 19,000 paragraphs": lambda: page(_ladder(19_000, 390)),
    "10 open fonts before 9,900 paragraphs": lambda: page(_ladder(9_900, 10)),
    "390 open elements before 9,000 others": lambda: page("<i><b><u>" * 130 + "<div>x</div>" * 9_000),
    "9,500 <div>, each closed by </p>": lambda: page("<div></p>" * 9_500),
    "4,900 misnested <b><i></b></i>": lambda: page("<b><i>x</b>y</i>" * 4_900),
    "6,500 <b><p></b>": lambda: page("<b><p>x</b>" * 6_500),
    "1,499 nested <div>": lambda: page("<div>" * 1_499 + "x" + "</div>" * 1_499),
    "900 nested <div>": lambda: page("<div>" * 900 + "x" + "</div>" * 900),
    "240 nested <div>, 80 times": lambda: page(("<div>" * 120 + "x" + "</div>" * 120) * 80),
    "1,499 nested <a>": lambda: page("<a href=x>" * 1_499),
    "1,400 nested tables": lambda: page("<table><tr><td>" * 1_400),
    "19,000 tables in tables, unclosed": lambda: page("<table>" * 19_000),
    "6,000 table cells with text between rows": lambda: page("<table>" + "x<tr>y<td>z" * 6_000 + "</table>"),
    "1,400 nested lists": lambda: page("<ul><li>" * 700 + "x"),
    "19,000 list items, unclosed lists": lambda: page("<ol><li>x" * 9_500),
    "1,400 nested <svg>": lambda: page("<svg><g>" * 700),
    "9,000 nested <math><mi>": lambda: page("<math><mi>" * 9_000),
    "1,400 nested <template>": lambda: page("<template>" * 1_400),
    "9,000 nested <form>": lambda: page("<form><input>" * 9_000),
    "9,000 <select><option>": lambda: page("<select><option>x" * 9_000),
    "9,500 nested <button>": lambda: page("<button>x<p>" * 9_500),
    "9,500 nested <iframe>": lambda: page("<iframe>x" * 9_500),
    "19,000 <frameset>": lambda: page("<frameset>" * 19_000),
    "19,000 <body> with other attributes": lambda: page(numbered("<body a%d=x>", 19_000)),
    "19,000 <html> with other attributes": lambda: page(numbered("<html a%d=x>", 19_000)),
    "100,000 closing tags": lambda: page("</div>" * 100_000),
    "19,000 </p>": lambda: page("</p>" * 19_000),
    "19,000 </br>": lambda: page("</br>" * 19_000),
    "500,000 tiny elements": lambda: page("<i>x</i>" * 500_000),
    "9,900 tiny elements": lambda: page("<i>x</i>" * 9_900),
    "300,000 <br>": lambda: page("x<br>" * 300_000),
    "19,000 <br>": lambda: page("x<br>" * 19_000),
    "9,900 headings": lambda: page("<h1>x</h1>" * 9_900),
    "19,000 images": lambda: page("<img alt=x>" * 19_000),
    "6,000 links": lambda: page("<li><a href=/x>one or two words</a>" * 6_000),
    "9,900 short paragraphs": lambda: page(paragraphs("x", 9_900)),
    "9,000 <noscript>": lambda: page("<noscript><img>" * 9_000),
    "9,500 open <p> in <object>": lambda: page("<object><p>" * 9_500),
    "9,500 nested blockquotes": lambda: page("<blockquote>x" * 9_500),
    "19,000 nested <q>": lambda: page("<q>x" * 19_000),
    "9,500 <dl><dt>": lambda: page("<dl><dt>x" * 9_500),
    "9,500 <ruby><rt>": lambda: page("<ruby><rt>x" * 9_500),
    "19,900 unclosed paragraphs": lambda: page("<p>x" * 19_900),
    "19,900 unclosed table cells": lambda: page("<table><tr>" + "<td>x" * 19_900),
    "19,900 unclosed table rows": lambda: page("<table>" + "<tr>x" * 19_900),
    "19,900 unclosed headings": lambda: page("<h2>x" * 19_900),
    "19,900 unclosed list items": lambda: page("<ul>" + "<li>x" * 19_900),
    "19,900 <hr>": lambda: page("x<hr>" * 19_900),
    "19,000 elements nested where only browsers see them": lambda: page("<svg><style>" + "<g>" * 19_000),
    "100,000 elements behind a script in an attribute": lambda: page("<p title='<script>'>" + "<div>" * 100_000),
    "100,000 elements behind a comment in an attribute": lambda: page("<p title='<!--'>" + "<b>x</b>" * 100_000),
    "100,000 elements behind a comment in a title": lambda: page(head="<title><!--</title>", inside="<p>x" * 100_000),
    "9,500 <nobr><a>": lambda: page("<nobr><a>x" * 9_500),
}

# What stands in tags.
TAGS: Mapping[str, Recipe] = {
    "50,000 attributes in one tag": lambda: page("<p " + numbered("a%d=x ", 50_000) + ">x</p>"),
    "100,000 attributes without values": lambda: page("<p " + numbered("a%d ", 100_000) + ">x</p>"),
    "100,000 attributes of one name": lambda: page("<p " + "a " * 100_000 + ">x</p>"),
    "1,990 attributes in each of 80 tags": lambda: page(("<p " + numbered("a%d=1234567 ", 1_990) + ">x</p>") * 80),
    "19,000 tags in tags": lambda: page(("<a " * 1_900 + ">") * 10),
    "19,000 unclosed tags with unclosed quotes": lambda: page("<a b='c\" " * 19_000),
    "one attribute of 1.4 MB": lambda: page(f"<p title='{repeat('x', LARGE)}'>x</p>"),
    "a class of 1.4 MB over 60 bylines": lambda: page(
        f"<div class='{repeat('a', 700_000)} {repeat('-', 700_000)}'>" + "<div><i class=byline>By Ann Poe</i></div>" * 60 + "</div>"
    ),
    "19,000 elements with classes": lambda: page("<i class='byline author caption figure comment-list'>Ann Poe</i>" * 9_500),
    "itemprop named 200,000 times": lambda: page(f"<p itemprop='{repeat('publisher ')}'>{'<i> </i>' * 5_000}</p>"),
    "itemprop author 100,000 times": lambda: page(f"<p itemprop='{repeat('author ')}'>{'<i> </i>' * 5_000}</p>"),
    "itemprop dates 100,000 times": lambda: page(f"<p itemprop='{repeat('datepublished ')}'>{'<i> </i>' * 5_000}</p>"),
    "60 bylines around 19,000 empty elements": lambda: page("<div class=byline>" * 60 + "<i> </i>" * 9_000 + "</div>" * 60),
    "ten boxes around 9,000 empty elements, 12 headings": lambda: page(
        "<div>x" * 10 + "<i> </i>" * 9_000 + "</div>" * 10 + "<h1>Harbour wall</h1>" * 12
    ),
    "a tag name of 1.4 MB": lambda: page(f"<{repeat('x', LARGE)}>x"),
    "an id of 1.4 MB": lambda: page(f"<p id='{repeat('comments-', LARGE)}'>x"),
    "a link of 1.4 MB": lambda: page(f"<a href='{repeat('/../', LARGE)}'>x</a>"),
    "a canonical link of 1.4 MB": lambda: page(head=f"<link rel=canonical href='{repeat('/../', LARGE)}'>"),
    "rel named 1,000,000 times": lambda: page(head=f"<link rel='{repeat('a ', LARGE)}' href=/x>"),
    "a base of 1.4 MB": lambda: page(head=f"<base href='http://{repeat('a.', LARGE)}'>"),
    "a lang of 1.4 MB": lambda: page(html=f"lang2=x lang='{repeat('en-', LARGE)}'"),
    "1.4 MB of <": lambda: page("<" * LARGE),
    "1.4 MB of </": lambda: page("</" * 700_000),
    "1.4 MB of <!": lambda: page("<!" * 700_000),
    "1.4 MB of <?": lambda: page("<?" * 700_000),
    "1.4 MB of <!--": lambda: page("<!--" * 350_000),
    "2 MB of comments": lambda: page("<!-- x -->" * 200_000),
    "2 MB of <!-->": lambda: page("<!-->" * 400_000),
    "a comment of 5 MB, unclosed": lambda: page("<!--" + repeat("- -", 5 * MEGABYTE)),
    "a comment of 5 MB": lambda: page("<!--" + repeat("--!", 5 * MEGABYTE) + "-->"),
    "1.4 MB of <![CDATA[": lambda: page("<![CDATA[" * 155_000),
    "19,000 CDATA sections in <svg>": lambda: page("<svg>" + "<![CDATA[x]]>" * 19_000),
    "1.4 MB of processing instructions": lambda: page("<?x y?>" * 200_000),
    "a script of 9 MB": lambda: page(head=f"<script>{repeat('a<b&&c>d;', 9 * MEGABYTE)}</script>"),
    "a script of 9 MB, unclosed": lambda: page("<script>" + repeat("</scrip", 9 * MEGABYTE)),
    "a script of 5 MB of <!--<script>": lambda: page("<script>" + repeat("<!--<script>", 5 * MEGABYTE) + "</script>"),
    "300,000 scripts": lambda: page("<script></script>" * 300_000),
    "9,000 scripts": lambda: page("<script>x</script>" * 9_000),
    "9 MB of style": lambda: page(head=f"<style>{repeat('a{b:c}', 9 * MEGABYTE)}</style>"),
    "a title of 1.4 MB": lambda: page(head=f"</title><title>{repeat('word ', LARGE)}", before="</title>"),
    "9,500 titles": lambda: page(head="<title></title>" * 9_500),
    "a <textarea> of 1.4 MB": lambda: page(f"<textarea>{repeat('<p>x', LARGE)}"),
    "an <xmp> of 1.4 MB": lambda: page(f"<xmp>{repeat('<p>x', 60_000)}"),
    "<plaintext>": lambda: page(f"<plaintext>{repeat('<p>x', 60_000)}"),
    "a doctype of 1.4 MB": lambda: b"<!doctype html " + b"x" * LARGE + b">" + page(),
    "billion laughs": lambda: (
        b'<!DOCTYPE html [<!ENTITY a0 "ha">'
        + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)) + b"]>" + page("&a9;")
    ),
}  # fmt: skip

# What stands in the text.
WORDS = "stone tide wall quay net boat storm water harbour survey"
TEXTS: Mapping[str, Recipe] = {
    "5 MB of paragraphs": lambda: page(paragraphs(PARAGRAPHS[0], 40_000)),
    "1.4 MB of paragraphs": lambda: page(paragraphs(PARAGRAPHS[0] * 2, 5_400)),
    "one paragraph of 1.4 MB": lambda: page(f"<p>{repeat(WORDS + ' ', LARGE)}</p>"),
    "1.4 MB of different words": lambda: page(f"<p>{numbered('w%d ', 180_000)}</p>"),
    "a word of 1.4 MB": lambda: page(f"<p>{repeat('x', LARGE)}</p>"),
    "1.4 MB of digits": lambda: page(f"<p>{repeat('1', LARGE)}</p>"),
    "1.4 MB of numbers": lambda: page(f"<p>{repeat('1 ', LARGE)}</p>"),
    "1.4 MB of half dates": lambda: page(f"<p>{repeat('2026-12 ', LARGE)}</p>"),
    "490 KB of dates": lambda: page(f"<p>{repeat('2026-12-31, ', 490_000)}</p>"),
    "4,900 dates in paragraphs": lambda: page(paragraphs("Updated 31.12.2025, 12:30", 4_900)),
    "9,000 dates in addresses": lambda: page("<a href='/2025/12/31/x'>x</a>" * 9_000),
    "1.4 MB of spaces": lambda: page(f"<p>x{repeat(' ', LARGE)}x</p>"),
    "1.4 MB of newlines": lambda: page("x\n" * 700_000),
    "1.4 MB of hard spaces": lambda: page(f"<p>x{repeat(chr(160), LARGE)}x</p>"),
    "1.4 MB of line separators": lambda: page("x\u2028" * 700_000),
    "1.4 MB of paragraphs of punctuation": lambda: page(paragraphs("....... " * 40, 4_200)),
    "4,900 lines of punctuation": lambda: page(paragraphs("(" * 85, 4_900)),
    "1.4 MB of &amp;": lambda: page("&amp;" * 280_000),
    "1.4 MB of &": lambda: page("&" * LARGE),
    "1.4 MB of &amp;amp;amp;": lambda: page("&" + "amp;" * 350_000),
    "1.4 MB of &#x0;": lambda: page("&#x0;" * 280_000),
    "1.4 MB of unfinished entities": lambda: page("&notit" * 230_000),
    "a numeric entity of 1.4 MB": lambda: page("&#" + "9" * LARGE + ";"),
    "1 MB of zero-width signs": lambda: page(f"<p>x{repeat(chr(0x200B), LARGE)}x</p>"),
    "480,000 combining marks": lambda: page("<p>a" + "\u0301" * 240_000 + "\u0316" * 240_000 + "</p>"),
    "170,000 combining marks by entities": lambda: page("<p>a" + "&#x301;" * 85_000 + "&#x316;" * 85_000 + "</p>"),
    "490,000 ligatures of 18 letters": lambda: page(f"<p>{repeat(chr(0xFDFA), 490_000)}</p>"),
    "490,000 signs of Han": lambda: page(f"<p>{repeat('海岸の壁', 490_000)}</p>"),
    "490,000 letters of Thai": lambda: page(f"<p>{repeat('กำแพง', 490_000)}</p>"),
    "490,000 letters of Arabic": lambda: page(f"<p>{repeat('جدار الميناء ', 490_000)}</p>"),
    "490,000 emoji": lambda: page(f"<p>{repeat('🌊', 490_000)}</p>"),
    "490,000 letters of mojibake": lambda: page(f"<p>{repeat('Ã©tÃ© ', 490_000)}</p>"),
    "490,000 apostrophes and letters": lambda: page(f"<p>{repeat('a’', 490_000)}</p>"),
    "490,000 signs of private use": lambda: page(f"<p>{repeat(chr(0xE000), 490_000)}</p>"),
    "4,900 gate phrases": lambda: page(paragraphs("Sign up to read on, subscribers only, already a member", 4_900)),
    "2,400 half gates": lambda: page(paragraphs("subscribe join log in register sign up now here for free today " * 3, 2_400)),
    "1,600 half credits": lambda: page(paragraphs(("the post " + "a b c " * 48)[:294], 1_600)),
    "1,600 half German credits": lambda: page(paragraphs(("zuerst. Dieser Artikel " + "a b c " * 48)[:294], 1_600)),
    "1,600 half credit lines": lambda: page(paragraphs((". This story was originally published " * 9)[:294], 1_600)),
    "1,600 copyright lines": lambda: page(paragraphs(("© copyright (c) " * 20)[:294], 1_600)),
    "2,400 promotions": lambda: page(
        paragraphs("download our app for your inbox: sign up for our newsletter, follow us " * 2, 2_400)
    ),
    "4,900 datelines": lambda: page(paragraphs("SANDWICK (AP) — (AFP) — (dpa)", 4_900)),
    "1,600 lines of addresses": lambda: page(paragraphs("http://a.example/b?c=d&e " * 11, 1_600)),
    "1.4 MB of e-mail signs": lambda: page(f"<p>{repeat('a@', LARGE)}</p>"),
    "1.4 MB of open brackets": lambda: page(f"<p>{repeat('([{', LARGE)}</p>"),
    "1.4 MB of ellipses": lambda: page(f"<p>{repeat('...', LARGE)}x</p>"),
    "490,000 ellipses and quotes": lambda: page(f"<p>{repeat('…”', 490_000)}x</p>"),
    "1.4 MB of read more": lambda: page(f"<p>{repeat('read more ', LARGE)}</p>"),
    "1.4 MB of words with marks": lambda: page(f"<p>{repeat('_-_-', LARGE)}</p>"),
    "4,900 date lines": lambda: page(paragraphs("Published on 12 March 2026 at 12:30 p.m.", 4_900)),
    "200,000 lines": lambda: page("<pre>" + "a line\n" * 200_000 + "</pre>"),
    "4,900 lines of one letter": lambda: page("".join(f"<p>{chr(65 + n % 26) * 80} {n}</p>" for n in range(4_900))),
}
