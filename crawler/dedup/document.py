"""What the verdict sees of a page, and what it asks of the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from crawler.dedup.candidates import Proposed
from crawler.dedup.shingled import shingled
from crawler.dedup.shingles import Shingles
from crawler.dedup.words import Tokens
from crawler.model import OriginCue, PageId, Relation, StoryId, TextSource, TextState, Timestamp

LEAD = 50  # shingles that make a lead


@dataclass(frozen=True, kw_only=True)
class Document:
    """A page's current revision. `tokens` is all of its text, `kept` what is compared after chrome and gate are cut.

    Before its first verdict `kept` is None and `story` is None. `site` is the registrable domain, `key` the address without
    its scheme.
    """

    page: PageId
    url: str
    key: str
    site: str
    tokens: Tokens
    marks: str  # one BlockMark letter a block, as the extractor set them
    state: TextState
    source: TextSource
    title_keys: frozenset[int] = frozenset()
    cues: tuple[OriginCue, ...] = ()
    published: Timestamp | None = None
    first_seen_at: datetime
    story: StoryId | None = None
    relation: Relation | None = None  # as it stands: None for a canonical version, or before the first verdict
    kept: Tokens | None = None

    @cached_property
    def shingles(self) -> Shingles:
        """Verification shingles of the kept text, by position."""
        return shingled(self.tokens if self.kept is None else self.kept).in_order

    @cached_property
    def distinct_shingles(self) -> Shingles:
        return shingled(self.tokens if self.kept is None else self.kept).distinct

    @cached_property
    def raw_shingles(self) -> Shingles:
        """Sorted distinct shingles of the whole text: what the site's chrome is counted in."""
        return shingled(self.tokens).distinct


def pair_of(a: PageId, b: PageId) -> tuple[PageId, PageId]:
    """Two pages in the order in which pairs of them are kept."""
    return (a, b) if a <= b else (b, a)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What people decided of pages: it stands above every measure. Pairs are in the order of `pair_of`.

    Nobody is apart from whom it is together with, directly or through others: `crawler.dedup.deciding` sees to that.
    """

    pinned: Mapping[PageId, int] = field(default_factory=dict)  # canonical wherever they are; of two the greater number, the later
    together: frozenset[tuple[PageId, PageId]] = frozenset()  # one story
    apart: frozenset[tuple[PageId, PageId]] = frozenset()  # never one story

    def __or__(self, more: Decisions) -> Decisions:
        return Decisions(
            pinned={**self.pinned, **more.pinned}, together=self.together | more.together, apart=self.apart | more.apart
        )


class Docket(Protocol):
    """What a verdict reads, all within one transaction."""

    def document(self, page: PageId) -> Document | None: ...
    def documents(self, pages: Collection[PageId]) -> Sequence[Document]: ...
    def chrome(self, site: str) -> Shingles: ...
    def propose(self, rows: Sequence[int], text_key: int | None, titles: Collection[int], *, excluding: PageId) -> Proposed:
        """Pages worth comparing with, as `crawler.dedup.candidates` ranks them."""
        ...

    def at_addresses(self, keys: Collection[str]) -> Sequence[PageId]: ...
    def sites_named(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        """For each folded name, the sites that bear it."""
        ...

    def comparisons(self, pages: Collection[PageId]) -> Sequence[Comparison]:
        """Every stored comparison that one of the pages takes part in."""
        ...

    def members(self, stories: Collection[StoryId]) -> Sequence[PageId]: ...
    def decisions(self, pages: Collection[PageId]) -> Decisions:
        """Every decision in force that one of the pages takes part in."""
        ...

    def homes(self, pages: Collection[PageId]) -> Mapping[PageId, StoryId]:
        """The story that a page was in until that was merged into the one it is in now; pages that came otherwise are left out."""
        ...

    def standing(self, stories: Collection[StoryId]) -> Mapping[StoryId, tuple[PageId | None, datetime]]:
        """For each story its canonical page as it stands, and when the story was first seen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """How much two texts share. `low` and `high` are the pages in order of their ids.

    Counts are of distinct verification shingles, what either site repeats left out of both. `low_in_high` is the share of the
    low page's text found in the high one's. `low_lead` is the share of the low text's first 50 shingles found in the high one.
    `changed_numbers` and `changed_words` are only known where the texts were aligned.
    """

    low_size: int
    high_size: int
    shared: int
    low_lead: float
    high_lead: float
    changed_numbers: int = 0
    changed_words: int = 0

    @property
    def lead(self) -> float:
        """The larger of the two leads: a beginning that is found in the other text."""
        return max(self.low_lead, self.high_lead)

    @property
    def smaller_lead(self) -> float:
        """The lead of the smaller text: its own beginning, found in the larger."""
        return self.low_lead if self.low_size <= self.high_size else self.high_lead

    @property
    def smaller(self) -> int:
        return min(self.low_size, self.high_size)

    @property
    def jaccard(self) -> float:
        union = self.low_size + self.high_size - self.shared
        return self.shared / union if union else 0.0

    @property
    def low_in_high(self) -> float:
        return self.shared / self.low_size if self.low_size else 0.0

    @property
    def high_in_low(self) -> float:
        return self.shared / self.high_size if self.high_size else 0.0

    @property
    def containment(self) -> float:
        """Of the smaller text in the larger."""
        return self.shared / self.smaller if self.smaller else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two pages compared: whether their texts are one story's, why, and by what measures."""

    low: PageId
    high: PageId
    joined: bool
    reason: str
    measures: Measures
    within_site: bool = False
    low_story: StoryId | None = None  # set by the docket: where the pages stand now
    high_story: StoryId | None = None

    def other(self, page: PageId) -> PageId:
        return self.high if page == self.low else self.low

    def share_of(self, page: PageId) -> float:
        """The share of this page's text that stands in the other's."""
        return self.measures.low_in_high if page == self.low else self.measures.high_in_low

    def lead_of(self, page: PageId) -> float:
        """The share of this page's beginning that stands in the other's text."""
        return self.measures.low_lead if page == self.low else self.measures.high_lead

    def other_story(self, page: PageId) -> StoryId | None:
        return self.high_story if page == self.low else self.low_story
