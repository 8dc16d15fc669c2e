"""From pairs to stories: who belongs together, and under which id.

All pages that comparisons connect are taken in the order of the canonical election. Each joins the story whose canonical text it
matches, or of which it matches at least two members that make up a third; else it founds one. So a story never grows through a
chain, two stories are one only where their canonical texts match, and the same comparisons give the same stories in any order
of arrival.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from crawler.dedup.deciding import Bundles
from crawler.dedup.document import Comparison, Decisions, Document
from crawler.model import PageId, StoryId, TextState

ROUNDUP_STORIES = 3  # a text holding parts of this many stories of other sites is a roundup
ROUNDUP_SHARED = 15  # shingles that make a part
ROUNDUP_SHARE = 0.5  # … unless this share of it stands in one of them
ROUNDUP_LEAD = 0.3  # a part is not the beginning: a long original's excerpts all hold its beginning
DIGEST_PART = 0.25  # share of a text that makes a part of a digest of two, and of the other text that such a part is
DIGEST_OVERLAP = 1.1  # two such shares together: more, and they are the same part of it
DIGEST_MOST = 0.75  # … unless this share of it stands in one of them
WHOLE_JACCARD = 0.6  # from which a roundup or a live page joins after all

CUT_OFF = frozenset({TextState.TRUNCATED, TextState.GATED})
NO_DECISIONS = Decisions()
NO_HOMES: Mapping[PageId, StoryId] = {}
Pairs = Mapping[PageId, Mapping[PageId, Comparison]]


def pairs_of(comparisons: Collection[Comparison]) -> dict[PageId, dict[PageId, Comparison]]:
    """The comparisons by page and other page."""
    pairs: dict[PageId, dict[PageId, Comparison]] = defaultdict(dict)
    for comparison in comparisons:
        pairs[comparison.low][comparison.high] = comparison
        pairs[comparison.high][comparison.low] = comparison
    return pairs


def is_roundup(page: PageId, compared: Mapping[PageId, Comparison]) -> bool:
    """Whether a page holds parts of several stories and is none of them."""
    parts: set[StoryId | PageId] = set()
    for comparison in compared.values():
        if comparison.share_of(page) >= ROUNDUP_SHARE:
            return False
        is_part = comparison.measures.shared >= ROUNDUP_SHARED and comparison.lead_of(page) < ROUNDUP_LEAD
        if is_part and comparison.reason != "template":
            parts.add(comparison.other_story(page) or comparison.other(page))
    return len(parts) >= ROUNDUP_STORIES


def is_digest(page: PageId, pairs: Pairs, cut_off: Collection[PageId] = ()) -> bool:
    """Whether a page is made of good parts of two stories of other sites that share nothing, at most one of them its beginning.

    Pages that are `cut_off` do not count: two excerpts do not make their original a digest.
    """
    parts: list[Comparison] = []
    for other, comparison in pairs.get(page, {}).items():
        if other in cut_off:
            continue
        share, held = comparison.share_of(page), comparison.share_of(other)
        if share >= DIGEST_MOST:
            return False
        if min(share, held) >= DIGEST_PART and not comparison.within_site and comparison.reason != "template":
            parts.append(comparison)
    return any(_are_two_parts(page, one, other, pairs) for one, other in combinations(parts, 2))


def _are_two_parts(page: PageId, one: Comparison, other: Comparison, pairs: Pairs) -> bool:
    first, second = one.other(page), other.other(page)
    if (one.other_story(page) or first) == (other.other_story(page) or second):
        return False
    if one.share_of(page) + other.share_of(page) > DIGEST_OVERLAP or min(one.lead_of(page), other.lead_of(page)) >= ROUNDUP_LEAD:
        return False
    between = pairs.get(first, {}).get(second)
    return between is None or between.measures.shared < ROUNDUP_SHARED


def may_be_digest_with(comparison: Comparison, page: PageId) -> bool:
    """Whether a comparison that joins nothing may show a page to be a digest, or a roundup, that holds the other."""
    if comparison.joined or comparison.within_site or comparison.reason == "template":
        return False
    return comparison.measures.shared >= ROUNDUP_SHARED and comparison.share_of(page) < DIGEST_MOST


def joining(documents: Sequence[Document], comparisons: Collection[Comparison]) -> list[Comparison]:
    """The comparisons that join, without those of roundups, digests and live pages that hold only a part."""
    pairs = pairs_of(comparisons)
    cut_off = {document.page for document in documents if document.state in CUT_OFF}
    loose = {
        document.page
        for document in documents
        if document.state is TextState.LIVE_BLOG
        or is_roundup(document.page, pairs.get(document.page, {}))
        or is_digest(document.page, pairs, cut_off)
    }
    return [
        comparison
        for comparison in comparisons
        if comparison.joined
        and (comparison.measures.jaccard >= WHOLE_JACCARD or not (comparison.low in loose or comparison.high in loose))
    ]


def cluster(
    ordered: Sequence[Document], joined: Collection[Comparison], decisions: Decisions = NO_DECISIONS
) -> list[list[Document]]:
    """The stories among documents given in the order of election; the first of each is its leader.

    What a person put together is together and what one kept apart is apart, whatever the texts say.
    """
    forming = _Forming(pairs_of(joined), Bundles(decisions.together, decisions.apart))
    for document in ordered:
        forming.place(document)
    at = {document.page: number for number, document in enumerate(ordered)}
    return [sorted(story, key=lambda document: at[document.page]) for story in forming.stories()]


class _Forming:
    """Stories in the making: each of one or more parts, and a part is what the texts alone would make a story.

    A story claims its members and whoever is together with one of them. No two that a story claims are apart: so each page that is
    claimed can be placed there, and two stories become one where a page belongs to both and they claim none that are apart.
    """

    def __init__(self, pairs: Pairs, bundles: Bundles) -> None:
        self._pairs = pairs
        self._bundles = bundles
        self._parts: list[list[Document]] = []
        self._story_of: list[int] = []  # of each part
        self._claims: dict[int, set[PageId]] = {}
        self._home: dict[PageId, int] = {}  # the story that claims a page

    def stories(self) -> list[list[Document]]:
        stories: dict[int, list[Document]] = defaultdict(list)
        for part, story in zip(self._parts, self._story_of, strict=True):
            stories[story] += part
        return list(stories.values())

    def place(self, document: Document) -> None:
        """Put a document where it belongs: with those it is together with, and with those whose text it holds."""
        home = self._home.get(document.page)
        part = self._best_part(document, home)
        story = len(self._parts) if home is None else home
        if part is None:
            self._parts.append([document])
            self._story_of.append(story)
        else:
            self._parts[part].append(document)
            if home is not None and self._story_of[part] != home:
                self._unite(self._story_of[part], home)
            story = self._story_of[part]
        claimed = self._bundles.of(document.page)
        self._claims.setdefault(story, set()).update(claimed)
        self._home |= dict.fromkeys(claimed, story)

    def _best_part(self, document: Document, home: int | None) -> int | None:
        """The part that the document's text joins and that is not kept apart from it."""
        links = self._pairs.get(document.page, {})
        own = self._bundles.of(document.page) if home is None else self._claims[home]
        best: tuple[tuple[bool, int, float], int] | None = None
        for index, members in enumerate(self._parts):
            matched = [member for member in members if member.page in links]
            leads = members[0].page in links
            if not leads and not (len(matched) >= 2 and 3 * len(matched) >= len(members)):
                continue
            story = self._story_of[index]
            if story != home and self._bundles.are_apart(own, self._claims[story]):
                continue
            rank = (leads, len(matched), max(links[member.page].measures.jaccard for member in matched))
            if best is None or rank > best[0]:
                best = (rank, index)
        return None if best is None else best[1]

    def _unite(self, story: int, into: int) -> None:
        self._story_of = [into if one == story else one for one in self._story_of]
        claimed = self._claims.pop(story)
        self._claims[into] |= claimed
        self._home |= dict.fromkeys(claimed, into)


@dataclass(frozen=True, slots=True)
class Naming:
    """The id of each cluster (None: a new story), and what became of stories whose members all went elsewhere."""

    ids: tuple[StoryId | None, ...]
    merged: Mapping[StoryId, int]  # story -> index of the cluster that took it in


def keep_ids(
    clusters: Sequence[Sequence[Document]],
    canonical: Mapping[StoryId, PageId],
    first: Mapping[StoryId, datetime],
    homes: Mapping[PageId, StoryId] = NO_HOMES,
) -> Naming:
    """Give each cluster the id that most of its members bear; of two, the one whose canonical it holds, then the elder.

    Of two that are as old, as all of one poll are, the one whose canonical page comes first: not that of a part that left it for
    a moment and comes back. `homes`, of pages of a story that parts: the story that each was in until that was merged into this
    one. What was one for a moment so parts under the ids it had: the story's own goes where most of its own pages are, and one
    that was merged comes back only where most of its pages are, if that is elsewhere.
    """
    ids: list[StoryId | None] = [None] * len(clusters)
    merged: dict[StoryId, int] = {}
    if homes:
        living = {document.story for members in clusters for document in members}
        strongest: dict[StoryId, int] = {}
        for story, index in _claims(clusters, canonical, first, homes):
            strongest.setdefault(story, index)
        for story, index in sorted(strongest.items(), key=lambda claim: claim[0] not in living):
            if ids[index] is None:
                ids[index] = story
    claims = _claims(clusters, canonical, first, NO_HOMES)
    for story, index in claims:
        if ids[index] is None and story not in ids:
            ids[index] = story
    for story, index in claims:
        if story not in ids:
            merged.setdefault(story, index)
    return Naming(tuple(ids), merged)


def _claims(
    clusters: Sequence[Sequence[Document]],
    canonical: Mapping[StoryId, PageId],
    first: Mapping[StoryId, datetime],
    homes: Mapping[PageId, StoryId],
) -> list[tuple[StoryId, int]]:
    """Which cluster each id could go to, the best founded claim first."""
    claims: list[tuple[tuple[Any, ...], StoryId, int]] = []
    for index, members in enumerate(clusters):
        bearing = Counter(story for found in members if (story := homes.get(found.page, found.story)) is not None)
        places = {document.page: place for place, document in enumerate(members)}
        for story, number in bearing.items():
            place = places.get(canonical[story]) if story in canonical else None
            claims.append(((-number, place is None, first[story], place, story), story, index))
    return [(story, index) for _, story, index in sorted(claims, key=lambda claim: claim[0])]
