"""Whole pages as files in cases/, each beside what must come of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.articles.read import read_page
from crawler.dedup.words import tokenise
from crawler.model import Article, BlockMark, FeedEntry

CASES = sorted((Path(__file__).parent / "cases").glob("*.html"))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "https://courier.example/news/breakwater"


def read(path: Path) -> tuple[Article, dict[str, Any]]:
    want = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    entry = FeedEntry(key="e", url=URL, **want["entry"]) if "entry" in want else None
    article = read_page(path.read_bytes(), url=URL, content_type="text/html", entry=entry, fetched_at=NOW)
    return article, want


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_page_is_read_as_its_case_says(path: Path) -> None:
    article, want = read(path)

    marks = dict(zip(article.blocks, article.marks, strict=True))
    text = [block for block, mark in marks.items() if mark == BlockMark.TEXT]
    assert (article.state, article.source) == (want["state"], want["source"]), (want["why"], article.reasons)
    if "text" in want:
        assert [block for block in text if block in want["text"]] == want["text"], want["why"]
    assert not set(text) & set(want.get("absent", ()))
    assert {block: marks[block] for block in want.get("marked", {}) if block in marks} == want.get("marked", {})
    assert "title" not in want or article.metadata.title == want["title"]
    assert "reason" not in want or any(want["reason"] in reason for reason in article.reasons), article.reasons


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_blocks_marks_and_tokens_of_a_page_belong_together(path: Path) -> None:
    article, _ = read(path)

    assert len(article.blocks) == len(article.marks)
    assert set(article.marks) <= {mark.value for mark in BlockMark}
    assert all(block.strip() and "\n" not in block for block in article.blocks)
    assert article.tokens == tokenise(article.blocks)


def test_every_state_but_full_has_its_reasons() -> None:
    for path in CASES:
        article, _ = read(path)
        assert article.state == "full" or article.reasons, path.stem
