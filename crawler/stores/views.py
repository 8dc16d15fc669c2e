"""What the read side gives: stories, members, pages, comparisons, as they are looked at and exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crawler.model import Metadata, PageId, PageState, Relation, StoryId, TextSource, TextState


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryQuery:
    """Which stories are asked for; what is None or empty does not narrow."""

    words: str = ""  # all of them, in the canonical title or text
    since: datetime | None = None  # first seen at or after
    publisher: str | None = None  # the canonical version's: a name, or a site's domain
    topic: str | None = None  # of a feed that carries a member
    copies_min: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLine:
    """A story in a list."""

    id: StoryId
    title: str | None
    url: str
    site: str
    publisher: str | None
    language: str | None
    text_state: TextState
    published_at: datetime | None
    first_seen_at: datetime
    changed_at: datetime
    copies: int
    origins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One page of a story with the verdict on it; `relation` is None for the canonical version."""

    page: PageId
    url: str
    site: str
    title: str | None
    publisher: str | None
    relation: Relation | None
    state: TextState
    source: TextSource
    published_at: datetime | None
    first_seen_at: datetime
    evidence: Mapping[str, Any]
    rule: int
    crowded_rows: int = 0  # of its index rows, shared by too many pages to tell candidates apart

    def measure(self, name: str) -> float | None:
        """A number of its comparison with the canonical version; None for the canonical version itself."""
        measures = self.evidence.get("canonical")
        value = measures.get(name) if isinstance(measures, Mapping) else None
        return float(value) if isinstance(value, (int, float)) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One step of a story's history."""

    at: datetime
    event: str
    url: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRecord:
    """A story as it leaves: everything that one line of an export needs. `copies` by first sight, then address."""

    id: StoryId
    canonical: Member
    metadata: Metadata
    text: str  # what is left of the canonical text once chrome, gates and promotions are cut
    reasons: tuple[str, ...]  # why the canonical text's state is what it is
    copies: tuple[Member, ...]
    feeds: tuple[str, ...]  # sorted addresses of the feeds it was seen in
    first_seen_at: datetime
    changed_at: datetime
    origins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided: `stories` and `urls` are what it was said of, as they were then."""

    id: int
    verb: str  # merge, split, pin, unpin
    created_at: datetime
    undone_at: datetime | None
    in_force: bool  # not undone, and some of it not overruled by a later one
    stories: tuple[StoryId, ...]
    urls: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Two pages between which a verdict was close; where they were joined `other` is the canonical version."""

    page: PageId
    other: PageId
    urls: tuple[str, str]
    stories: tuple[StoryId, StoryId]
    joined: bool
    reason: str  # of the comparison; "through members" where other members joined it
    distance: float  # from the bound that decided; 0 where it was no bound
    measures: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """A story as it is shown: its record, why this version is the canonical one, what happened to it and what people decided."""

    record: StoryRecord
    why_canonical: str
    history: tuple[Change, ...]
    decisions: tuple[Decision, ...] = ()  # in force, on one of its pages


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """An address and where it stands on its way to a verdict."""

    id: PageId
    url: str
    state: PageState
    why_due: str
    due_at: datetime | None
    attempts: int
    last_error: str | None
    fetched_at: datetime | None
    first_seen_at: datetime
    redirect_to: str | None
    story: StoryId | None
    feeds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A comparison that was made between one page and another, joined or refused."""

    page: PageId
    url: str
    other_page: PageId
    other_url: str
    other_title: str | None
    other_story: StoryId | None
    joined: bool
    reason: str
    measures: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph of a page's text and what it is (a BlockMark letter)."""

    mark: str
    text: str
