"""Metadata of invented pages, each a file in metadata_cases/ beside what must be read from it, and the rules that need no page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from cpu_time import within_cpu_s

from crawler.articles.authors import read_authors
from crawler.articles.cues import read_cues
from crawler.articles.head import read_head
from crawler.articles.language import looks_english, primary_subtag, read_language
from crawler.articles.metadata import read_metadata
from crawler.model import FeedEntry, Metadata, Precision, Timestamp

CASES = sorted((Path(__file__).parent / "metadata_cases").glob("*.html"))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "https://www.courier.example/2026/breakwater-vote"


def read(html: str, *, url: str = URL, entry: FeedEntry | None = None, sample: str = "") -> Metadata:
    head = read_head(lxml.html.document_fromstring(html), html, url)
    return read_metadata(head, url=url, entry=entry, fetched_at=NOW, body_sample=sample)


def entry_of(stated: dict[str, str]) -> FeedEntry:
    at = stated.get("published")
    stamp = Timestamp(at=datetime.fromisoformat(at), precision=Precision.SECOND, zone_known=True, source="feed") if at else None
    return FeedEntry(key="e", url=URL, title=stated.get("title"), author=stated.get("author"), published=stamp)


def shown(found: Metadata) -> dict[str, object]:
    published, updated = found.published, found.updated
    return {
        "title": found.title,
        "authors": list(found.authors),
        "organisations": list(found.organisations),
        "agencies": list(found.agencies),
        "publisher": found.publisher,
        "published": published.at.isoformat() if published else None,
        "published_source": published.source if published else None,
        "precision": published.precision.value if published else None,
        "zone_known": published.zone_known if published else None,
        "updated": updated.at.isoformat() if updated else None,
        "canonical_url": found.canonical_url,
        "language": found.language,
        "image_url": found.image_url,
    }


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_metadata_is_read_as_its_case_says(path: Path) -> None:
    want: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    entry = entry_of(want["entry"]) if "entry" in want else None

    found = read(path.read_text(encoding="utf-8"), url=want.get("url", URL), entry=entry, sample=want.get("sample", ""))

    got = shown(found)
    assert {key: got[key] for key in want if key in got} == {key: want[key] for key in want if key in got}, want["why"]
    assert set(want.get("titles_hold", ())) <= set(found.titles)


def test_a_page_without_anything_has_no_metadata() -> None:
    assert read("<html><body><p>Words.</p></body></html>") == Metadata()


def test_no_text_is_ever_empty() -> None:
    found = read(
        '<html lang=""><head><title> </title><meta name="author" content=" "><meta property="og:title" content=""></head>'
        "<body><h1></h1></body></html>"
    )

    assert found == Metadata()


def test_a_published_time_never_lies_after_the_fetch() -> None:
    soon = (NOW + timedelta(hours=3)).isoformat()

    found = read(f'<html><head><meta property="article:published_time" content="{soon}"></head><body><h1>Wall</h1></body></html>')

    assert found.published is not None
    assert found.published.at == NOW


def test_a_title_of_a_million_letters_is_cut() -> None:
    found = read(f"<html><head><title>{'Wall ' * 200_000}</title></head><body></body></html>")

    assert found.title is not None
    assert len(found.title) <= 4_000


@pytest.mark.parametrize(
    ("byline", "persons", "agencies"),
    [
        ("Von Anna Möwe", ("Anna Möwe",), ()),
        ("Par Zoé Quai et Luc Digue", ("Zoé Quai", "Luc Digue"), ()),
        ("Ann Poe (AP)", ("Ann Poe",), ("AP",)),
        ("det/dpa", (), ("dpa",)),
        ("Reuters in Cairo", (), ("Reuters",)),
        ("ANN POE", ("Ann Poe",), ()),
        ("Ann Poe, Health Reporter", ("Ann Poe",), ()),
        ("Ann Poe | Harbour Desk", ("Ann Poe",), ()),
        ("https://social.example/annpoe", (), ()),
        ("admin", (), ()),
        ("ann.poe@courier.example", (), ()),
        ("Jan van der Berg; Maria de la Cruz", ("Jan van der Berg", "Maria de la Cruz"), ()),
    ],
)
def test_bylines_are_cleaned(byline: str, persons: tuple[str, ...], agencies: tuple[str, ...]) -> None:
    html = f'<html><head><meta name="author" content="{byline}"></head><body><h1>Wall</h1></body></html>'

    found = read_authors(read_head(lxml.html.document_fromstring(html), html, URL), entry=None)

    assert (found.persons, found.agencies) == (persons, agencies)


def test_a_stated_language_that_is_not_english_is_trusted() -> None:
    assert (
        read_language(stated="pt-BR", body_sample="This text is in English, and that is plain to see for anyone who reads it.")
        == "pt"
    )


def test_plain_english_needs_no_detector() -> None:
    assert looks_english("The council voted for the wall on Monday, and it was said that the work is to begin in the spring.")
    assert not looks_english("Rat stimmt am Montag ab und die Arbeit soll im Frühling beginnen, das war in der Stadt zu hören.")


@pytest.mark.parametrize(("tag", "subtag"), [("de-AT", "de"), ("en_US", "en"), ("nb", "no"), ("", None), (None, None), ("x", None)])
def test_a_language_tag_gives_its_primary_subtag(tag: str | None, subtag: str | None) -> None:
    assert primary_subtag(tag) == subtag


PATHOLOGICAL = {
    "bylines": '<div class="byline">By Ann Poe' * 3_000,
    "headings": "<h1>Wall " * 2_000,
    "credits": "<p>(AP) originally published by " * 5_000,
    "brackets": f"<p>{'(ab)' * 50_000}</p>",
    "times": '<time datetime="2026">x</time>' * 10_000,
    "spaces": f'<script type="application/ld+json">{{"a": 1,{" " * 500_000}</script>',
    "angles": f'<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{"<" * 200_000}"}}</script>',
    "one word": f"<title>{'a' * 300_000}</title>",
    "byline of a megabyte": f'<meta name="author" content="{"Ann, " * 200_000}">',
}


@pytest.mark.parametrize("name", PATHOLOGICAL)
def test_a_page_made_to_be_slow_is_read_in_a_second_of_cpu(name: str) -> None:
    html = f"<html><head><title>Wall</title></head><body>{PATHOLOGICAL[name]}</body></html>"
    tree = lxml.html.document_fromstring(html)
    entry = FeedEntry(key="e", url=URL, published=Timestamp(at=NOW, precision=Precision.SECOND, zone_known=True, source="feed"))

    def read() -> None:
        head = read_head(tree, html, URL)
        metadata = read_metadata(head, url=URL, entry=entry, fetched_at=NOW)
        read_cues(head, url=URL, metadata=metadata, blocks=["".join(map(str, tree.itertext()))[:400_000]], entry=entry)

    within_cpu_s(1, read)
