"""What is stored in JSON comes back exactly."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from crawler.model import (
    Article,
    BlockMark,
    CueKind,
    FeedEntry,
    Metadata,
    OriginCue,
    Precision,
    TextSource,
    TextState,
    Timestamp,
)
from crawler.stores import codecs
from crawler.stores.schema import UtcTime

WORDS = st.text(max_size=40)
SOME = st.none() | WORDS
LISTS = st.lists(st.text(min_size=1, max_size=20), max_size=3).map(tuple)
TIMES = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
STAMPS = st.builds(Timestamp, at=TIMES, precision=st.sampled_from(Precision), zone_known=st.booleans(), source=WORDS)
CUES = st.builds(OriginCue, kind=st.sampled_from(CueKind), weight=st.integers(1, 3), url=SOME, name=SOME, quote=WORDS)
METADATA = st.builds(
    Metadata, title=SOME, titles=LISTS, authors=LISTS, organisations=LISTS, agencies=LISTS, publisher=SOME,
    published=st.none() | STAMPS, updated=st.none() | STAMPS, canonical_url=SOME, language=SOME, image_url=SOME,
)  # fmt: skip
ENTRIES = st.builds(
    FeedEntry, key=WORDS, url=SOME, title=SOME, author=SOME, published=st.none() | STAMPS, updated=st.none() | STAMPS, summary=SOME,
    content=SOME, source_title=SOME, source_url=SOME, image_url=SOME, content_hash=WORDS,
)  # fmt: skip
BLOCKS = st.lists(st.text(st.characters(blacklist_characters="\n"), min_size=1, max_size=20), max_size=4).map(tuple)


def through_json(value: object) -> object:
    return json.loads(json.dumps(value))


@given(ENTRIES)
def test_an_entry_comes_back(entry: FeedEntry) -> None:
    assert codecs.entry_from_json(through_json(codecs.entry_to_json(entry))) == entry


@given(METADATA)
def test_metadata_comes_back(metadata: Metadata) -> None:
    assert codecs.metadata_from_json(through_json(codecs.metadata_to_json(metadata))) == metadata


@given(st.lists(CUES, max_size=3).map(tuple), METADATA, BLOCKS, st.sampled_from(TextState), st.sampled_from(TextSource), LISTS)
def test_an_article_comes_back_with_its_text(
    cues: tuple[OriginCue, ...], metadata: Metadata, blocks: tuple[str, ...], state: TextState, source: TextSource,
    some: tuple[str, ...],
) -> None:
    article = Article(
        url="https://gazette.example/a", metadata=metadata, blocks=blocks, marks=BlockMark.TEXT.value * len(blocks), state=state,
        source=source, reasons=some, cues=cues, tokens=b"tokens",
    )  # fmt: skip
    stored = through_json(codecs.article_to_json(article))
    assert codecs.article_from_json(stored, text=article.text) == replace(article, tokens=b"")


@given(TIMES, st.integers(-12, 14))
def test_a_time_of_any_zone_is_the_same_instant_to_the_microsecond(at: datetime, hours: int) -> None:
    column = UtcTime()
    stored = column.process_bind_param(at.astimezone(timezone(timedelta(hours=hours))) if 2 < at.year < 9998 else at, None)
    assert column.process_result_value(stored, None) == at
