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

from crawler.dedup.document import Comparison, Decisions, Document, pair_of
from crawler.model import PageId, StoryId, TextState

ROUNDUP_STORIES = 3  # a text holding parts of this many stories of other sites is a roundup
ROUNDUP_SHARED = 15  # shingles that make a part
ROUNDUP_SHARE = 0.5  # … unless this share of it stands in one of them
ROUNDUP_LEAD = 0.3  # a part is not the beginning: a long original's excerpts all hold its beginning
WHOLE_JACCARD = 0.6  # from which a roundup or a live page joins after all

NO_DECISIONS = Decisions()
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


def joining(documents: Sequence[Document], comparisons: Collection[Comparison]) -> list[Comparison]:
    """The comparisons that join, without those of roundups and live pages that hold only a part."""
    pairs = pairs_of(comparisons)
    loose = {
        document.page
        for document in documents
        if document.state is TextState.LIVE_BLOG or is_roundup(document.page, pairs.get(document.page, {}))
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
    pairs = pairs_of(joined)
    clusters: list[list[Document]] = []
    for document in ordered:
        links = pairs.get(document.page, {})
        best: tuple[tuple[bool, bool, int, float], list[Document]] | None = None
        for members in clusters:
            asked = [pair_of(document.page, member.page) for member in members]
            if any(pair in decisions.apart for pair in asked):
                continue
            decided = any(pair in decisions.together for pair in asked)
            matched = [member for member in members if member.page in links]
            leads = members[0].page in links
            if decided or leads or (len(matched) >= 2 and 3 * len(matched) >= len(members)):
                strength = max((links[member.page].measures.jaccard for member in matched), default=0.0)
                rank = (decided, leads, len(matched), strength)
                if best is None or rank > best[0]:
                    best = (rank, members)
        if best is None:
            clusters.append([document])
        else:
            best[1].append(document)
    return clusters


@dataclass(frozen=True, slots=True)
class Naming:
    """The id of each cluster (None: a new story), and what became of stories whose members all went elsewhere."""

    ids: tuple[StoryId | None, ...]
    merged: Mapping[StoryId, int]  # story -> index of the cluster that took it in


def keep_ids(
    clusters: Sequence[Sequence[Document]], canonical: Mapping[StoryId, PageId], first: Mapping[StoryId, object]
) -> Naming:
    """Give each cluster the id that most of its members bear; of two, the one whose canonical it holds, then the elder."""
    claims: list[tuple[tuple[object, ...], StoryId, int]] = []
    counts = [Counter(document.story for document in members if document.story) for members in clusters]
    for index, count in enumerate(counts):
        pages = {document.page for document in clusters[index]}
        for story, number in count.items():
            claims.append(((-number, canonical.get(story) not in pages, first.get(story), story), story, index))
    ids: list[StoryId | None] = [None] * len(clusters)
    merged: dict[StoryId, int] = {}
    for _, story, index in sorted(claims, key=lambda claim: claim[0]):
        if story in merged:
            continue
        if ids[index] is None and story not in ids:
            ids[index] = story
    for _, story, index in sorted(claims, key=lambda claim: claim[0]):
        if story not in ids and story not in merged:
            merged[story] = index
    return Naming(tuple(ids), merged)
