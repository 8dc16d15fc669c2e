"""Decoding, limits, the choice among readings, the feed's summary."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cpu_time import within_cpu_s
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from trafilatura import bare_extraction, load_html
from trafilatura.settings import Document

from crawler.articles.body import choose_voice
from crawler.articles.decode import decode_page
from crawler.articles.limits import check_limits
from crawler.articles.parsing import parse_page
from crawler.articles.quick import read_quickly
from crawler.articles.read import read_page
from crawler.articles.summary import bare_summary, check_summary, summary_shingles
from crawler.articles.voices import Readings, Voice, shingles_of
from crawler.errors import NotAPage
from crawler.markup import without_raw_text

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "https://courier.example/news/breakwater"
SENTENCES = [
    f"The {noun} of the {place} was measured again in the {month}, "
    f"and the {person} wrote down {number} marks on the old gauge by the {spot}."
    for noun, place, month, person, number, spot in zip(
        ("depth", "width", "height", "salt", "ice", "colour", "noise", "weight"),
        ("harbour", "river", "lake", "canal", "basin", "inlet", "lagoon", "estuary"),
        ("spring", "summer", "autumn", "winter", "thaw", "frost", "drought", "flood"),
        ("pilot", "warden", "surveyor", "miller", "ferryman", "teacher", "clerk", "diver"),
        ("seven", "nine", "eleven", "twelve", "thirty", "forty", "sixty", "ninety"),
        ("mole", "weir", "lock", "pier", "ford", "bridge", "quay", "mill"),
        strict=True,
    )
]


def page(body: str, head: str = "") -> str:
    head = f"<head><title>Marks on the gauge</title>{head}</head>"
    return f"<!DOCTYPE html><html lang='en'>{head}<body><main><article>{body}</article></main></body></html>"


def article_page() -> str:
    return page("<h1>Marks on the gauge</h1>" + "".join(f"<p>{sentence}</p>" for sentence in SENTENCES))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<html><p>Größe und Maß".encode(), "text/html"),
        ("<html><p>Größe und Maß".encode(), "text/html; charset=iso-8859-1"),
        ("<html><p>Größe und Maß".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        (b"<html><meta charset='windows-1252'><p>" + "Größe und Maß".encode("cp1252"), "text/html"),
        (b"<?xml version='1.0' encoding='iso-8859-15'?><html><p>" + "Größe und Maß".encode("iso-8859-15"), None),
        (b"\xef\xbb\xbf" + "<html><p>Größe und Maß".encode(), "text/html; charset=iso-8859-1"),
        ("<html><p>Größe und Maß".encode("utf-16"), "text/html"),
        ("<html><p>Größe und Maß".encode("cp1252"), "text/html; charset=rot13"),
        ("<html><p>Größe\0 und Maß".encode(), "text/html"),
    ],
)
def test_a_page_is_decoded_whatever_it_says_of_its_encoding(body: bytes, content_type: str | None) -> None:
    assert decode_page(body, content_type).endswith("Größe und Maß")


def test_japanese_and_chinese_encodings_are_believed_when_declared() -> None:
    text = "<html><p>港の防波堤は十一週間閉鎖される</p>"
    for codec, label in (("cp932", "Shift_JIS"), ("euc_jp", "EUC-JP"), ("iso2022_jp", "ISO-2022-JP"), ("gb18030", "gb2312")):
        assert decode_page(text.encode(codec), f"text/html; charset={label}") == text


def test_a_few_broken_bytes_do_not_change_the_encoding() -> None:
    body = ("<html><p>" + "Größe " * 50).encode() + b"\xff\xfe" + " Maß".encode()

    assert decode_page(body, "text/html; charset=utf-8").count("Größe") == 50


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/html"),
        (b"\0\0 \n", None),
        (b"%PDF-1.7 \x01\x02", "application/pdf"),
        (b'{"a": 1}', "application/json"),
        (b"\x89PNG\r\n", "image/png"),
    ],
)
def test_what_is_no_markup_is_no_page(body: bytes, content_type: str | None) -> None:
    with pytest.raises(NotAPage):
        read_page(body, url=URL, content_type=content_type, entry=None, fetched_at=NOW)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, "text/html", "text/html; charset=gbk", "text/html; charset=utf-16"]))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str | None) -> None:
    with suppress(NotAPage):
        read_page(b"<html><body><p>" + body, url=URL, content_type=content_type, entry=None, fetched_at=NOW)


def repeated(part: str, times: int) -> Callable[[], str]:
    return lambda: page(part * times)


PATHOLOGICAL = {
    "five megabytes of paragraphs": lambda: page(f"<p>{SENTENCES[0]}</p>" * 40_000),
    "three hundred thousand line breaks": repeated("<br>", 300_000),
    "one hundred thousand links": repeated("<a href='/x'>link</a> ", 100_000),
    "fifty thousand table rows": lambda: page("<table>" + "<tr><td>1</td></tr>" * 50_000 + "</table>"),
    "fifty thousand unclosed bold tags": repeated("<b>bold ", 50_000),
    "one hundred thousand nested divs": repeated("<div>", 100_000),
    "nine thousand nested divs": lambda: page("<div>" * 9_000 + SENTENCES[0] + "</div>" * 9_000),
    "fifty thousand attributes": lambda: page("<p " + " ".join(f"a{n}=''" for n in range(50_000)) + ">x</p>"),
    "attributes that hold brackets": lambda: page("<p " + " ".join(f'a{n}=">"' for n in range(50_000)) + ">x</p>"),
    "fonts opened anew in every paragraph": lambda: page("".join(f"<p><font size={n}>word</p>" for n in range(5_000))),
    "unclosed scripts": repeated("<script>", 60_000),
    "unclosed comments": repeated("<!-- ", 200_000),
    "a megabyte in one word": lambda: page(f"<p>{'x' * 1_000_000}</p>"),
    "a line of a megabyte": lambda: page(f"<p>{'sign up now and ' * 60_000}</p>"),
    "JSON-LD twenty thousand deep": lambda: page(
        "<p>x</p>", f"<script type='application/ld+json'>{'[' * 20_000}{']' * 20_000}</script>"
    ),
    "a title of 300 KB": lambda: page(f"<h1>{'title ' * 50_000}</h1><p>x</p>"),
    "lone surrogates and NULs": lambda: page("<p>&#xD800;\0\0 text \ufffe</p>"),
    "an open tag without end": lambda: page("<p " + "a=b " * 1_900 + "<" * 5_000),
    "nothing but brackets": lambda: "<html>" + "<" * 19_000 + ">" * 19_000,
}


@pytest.mark.parametrize("make", PATHOLOGICAL.values(), ids=PATHOLOGICAL.keys())
def test_a_pathological_page_costs_at_most_two_seconds(make: Callable[[], str]) -> None:
    body = make().encode("utf-8", "surrogatepass")

    def read() -> None:
        with suppress(NotAPage):
            read_page(body, url=URL, content_type="text/html", entry=None, fetched_at=NOW)

    within_cpu_s(2, read)


def test_deep_but_readable_nesting_keeps_its_text() -> None:
    body = page("<div>" * 600 + "".join(f"<p>{sentence}</p>" for sentence in SENTENCES) + "</div>" * 600)

    article = read_page(body.encode(), url=URL, content_type="text/html", entry=None, fetched_at=NOW)

    assert list(article.blocks) == SENTENCES


def test_a_large_script_does_not_make_a_page_too_large() -> None:
    check_limits(page("<p>x</p>", "<script>" + "if (a < b) { c() }\n" * 300_000 + "</script>"))


def test_raw_text_ends_where_its_closing_tag_stands() -> None:
    assert without_raw_text("a<script>b < c</script> d<!-- e --> f<STYLE>g</style> h") == "a> d f> h"
    assert without_raw_text("a<script>b") == "a"


def test_the_quick_reading_is_taken_where_resiliparse_agrees() -> None:
    html = article_page()
    readings = Readings(html, load_html(html))

    assert choose_voice(readings) == (Voice.QUICK, None)
    assert readings.text(Voice.QUICK).splitlines()[-len(SENTENCES) :] == SENTENCES


def test_the_quick_reading_is_what_trafilatura_reads_precisely_and_fast() -> None:
    html = article_page().replace(
        "</body>",
        "<figure><table><tr><td>kept</td></tr></table></figure><div id='comments'><p>A reader's own comment.</p></div>"
        "<div class='infinite-scroll'><p>Another story, appended below.</p></div><aside><p>Aside.</p></aside></body>",
    )
    usual = bare_extraction(html, include_comments=False, favor_precision=True, fast=True)

    assert isinstance(usual, Document)
    assert read_quickly(parse_page(html)) == usual.text


@pytest.mark.parametrize(
    "html",
    [
        "<html><body><form><input><p>x</p></form><!-- c --></body></html>",
        "<p>one</p><p>two</p>",
        "<!DOCTYPE html><html><body><p>" + "word" * 3_000 + "</p></body></html>",
        "<!DOCTYPE html /><html lang='en'/>\n<body><p>a\x00b\x0bc\ufffed</p></body>",
        "<!-- a comment --><!DOCTYPE html>\n<html><body><p>x</p></body></html>",
    ],
)
def test_a_tree_is_the_one_that_trafilatura_would_make(html: str) -> None:
    assert etree.tostring(parse_page(html)) == etree.tostring(load_html(html))


def test_reading_leaves_the_shared_tree_as_it_was() -> None:
    html = article_page()
    tree = load_html(html)
    before = tree.text_content()
    readings = Readings(html, tree)

    for voice in Voice:
        assert readings.text(voice)
    assert tree.text_content() == before


def test_empty_readings_do_not_outvote_the_one_that_found_the_text() -> None:
    readings = Readings("", load_html("<html><body><p>x</p><p>y</p></body></html>"))
    readings._texts.update(dict.fromkeys(Voice, ""))
    readings._texts[Voice.RESILIPARSE] = "\n".join(SENTENCES)

    assert choose_voice(readings)[0] is Voice.RESILIPARSE


@pytest.mark.parametrize(
    "tail",
    [
        "",
        "…",
        " ...",
        " […]",
        " [...]",
        " Read more",
        "… Continue reading",
        " The post Marks on the gauge appeared first on The Courier.",
    ],
)
def test_the_end_that_feeds_put_to_a_summary_is_not_part_of_it(tail: str) -> None:
    assert bare_summary("The pilot wrote down seven marks" + tail) == "The pilot wrote down seven marks"


def test_a_summary_too_short_to_tell_asks_for_nothing() -> None:
    assert summary_shingles("The pilot wrote down seven marks") == frozenset()


def test_a_summary_that_is_not_on_the_page_changes_nothing() -> None:
    html = article_page()
    tree = load_html(html)
    readings = Readings(html, tree)

    checked = check_summary(
        summary_shingles("An editor wrote these words for the feed alone and no page of the paper shows any of them"),
        Voice.QUICK,
        readings,
        tree,
    )

    assert checked.text == readings.text(Voice.QUICK)
    assert checked.reason == "the feed's summary is not on the page"


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.integers(1, 5))
def test_a_text_has_one_shingle_for_each_place_a_window_fits(words: list[str], width: int) -> None:
    assert len(shingles_of(words, width)) <= max(0, len(words) - width + 1)
