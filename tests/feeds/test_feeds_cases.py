"""Feeds of every format: each file in cases/ beside what must be read from it."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.feeds.parse import parse_feed
from crawler.model import FeedEntry, ParsedFeed, PollWishes, Timestamp

CASES = Path(__file__).parent / "cases"
NOW = datetime(2024, 3, 10, tzinfo=UTC)
SOURCES = sorted(path for path in CASES.iterdir() if path.suffix == ".xml" or path.name.endswith(".feed.json"))


def read(path: Path, max_entries: int = 100) -> ParsedFeed:
    return parse_feed(path.read_bytes(), url="https://feeds.example/all/feed", content_type=None, max_entries=max_entries, now=NOW)


def shown(value: Any) -> Any:
    if isinstance(value, Timestamp):
        return [value.at.isoformat(), value.precision.value, value.zone_known]
    if isinstance(value, PollWishes):
        return {field.name: shown(getattr(value, field.name)) for field in fields(value)}
    return sorted(value) if isinstance(value, frozenset) else value


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_feed_gives_what_its_case_expects(source: Path) -> None:
    expected = json.loads((CASES / f"{source.name.partition('.')[0]}.json").read_text(encoding="utf-8"))
    feed = read(source)
    expected_entries = expected.pop("entries")
    assert {name: shown(getattr(feed, name)) for name in expected} == expected
    assert len(feed.entries) == len(expected_entries)
    for entry, wanted in zip(feed.entries, expected_entries, strict=True):
        assert {name: shown(getattr(entry, name)) for name in wanted} == wanted


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_entry_has_a_unique_key_and_a_hash_and_no_empty_text(source: Path) -> None:
    entries = read(source).entries
    assert len({entry.key for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.content_hash
        assert all(getattr(entry, field.name) != "" for field in fields(FeedEntry))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_entries_beyond_the_limit_are_counted_not_read(source: Path) -> None:
    cut = read(source, max_entries=1)
    assert cut.entries == read(source).entries[:1]
    assert cut.title == read(source).title
