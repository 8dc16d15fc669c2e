"""Invented texts and documents for the verdict's tests."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from crawler.dedup.document import Document
from crawler.dedup.words import read_tokens, title_key, tokenise
from crawler.model import OriginCue, PageId, Precision, TextSource, TextState, Timestamp
from crawler.urls import Sites, address_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITES = Sites()
_SYLLABLES = ("ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "za", "pel", "dor", "min", "gar", "sul", "tan", "rek", "vil")


def make_word(rng: random.Random) -> str:
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.randint(2, 4)))


def make_story(seed: int, paragraphs: int = 8, words: int = 40) -> list[str]:
    """Paragraphs of invented words; two seeds share no run of three words worth speaking of."""
    rng = random.Random(seed)
    return [" ".join(make_word(rng) for _ in range(words)).capitalize() + "." for _ in range(paragraphs)]


def make_document(
    page: int,
    blocks: Sequence[str],
    *,
    url: str | None = None,
    title: str | None = None,
    titles: Sequence[str] = (),
    published: datetime | None = None,
    first_seen_at: datetime = NOW,
    state: TextState = TextState.FULL,
    source: TextSource = TextSource.PAGE,
    cues: Sequence[OriginCue] = (),
    marks: str | None = None,
) -> Document:
    url = url or f"https://paper{page}.example/story"
    keys = [title_key(text) for text in ([title] if title else titles)]
    return Document(
        page=PageId(page),
        url=url,
        key=address_key(url),
        site=SITES.of(url),
        tokens=read_tokens(tokenise(blocks)),
        marks=marks or "t" * len(blocks),
        state=state,
        source=source,
        title_keys=frozenset(key for key in keys if key is not None),
        cues=tuple(cues),
        published=None
        if published is None
        else Timestamp(at=published, precision=Precision.SECOND, zone_known=True, source="jsonld"),
        first_seen_at=first_seen_at,
    )


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)
