"""The verdict on one page: what it is compared with, which stories that makes, which version of each is canonical.

    cut what the site repeats → index rows → candidates (index, equal text, equal title, named origin)
      → compare on the text → all pages that comparisons now connect → stories → canonical versions

Pure: everything is read through the `Docket`, everything to be written is in the `Judgement`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xxhash

from crawler.dedup.candidates import SHARING, Proposed
from crawler.dedup.canonical import Election, NameBook, weigh_names
from crawler.dedup.chrome import cut
from crawler.dedup.clusters import ROUNDUP_SHARED, Naming, cluster, joining, keep_ids, may_be_digest_with
from crawler.dedup.compare import Bounds, compare
from crawler.dedup.document import Comparison, Decisions, Docket, Document
from crawler.dedup.relation import MemberRuling, rule_member
from crawler.dedup.signature import index_rows
from crawler.dedup.words import WORD, Tokens, fold_name
from crawler.model import PageId, StoryId
from crawler.urls import Sites, address_key

MOST_CONNECTED = 300  # pages that are clustered together; beyond, the nearest are, with the rest of the stories they are in
KEPT_REASONS = frozenset({"template", "no_lead", "same_site", "recurring", "short", "chrome"})


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The settings that a verdict depends on."""

    bounds: Bounds = field(default_factory=Bounds)
    sites: Sites = field(default_factory=Sites)
    prefer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRuling:
    """One story as it now stands. `id` None: it is new. `merged`: stories found to be this one."""

    id: StoryId | None
    canonical: PageId
    why: str
    members: tuple[MemberRuling, ...]  # the canonical version first
    origins: int
    merged: tuple[StoryId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Everything that follows from judging one page, to be written in the transaction it was read in."""

    page: PageId
    kept: Tokens
    marks: str
    rows: tuple[int, ...]
    text_key: int | None
    comparisons: tuple[Comparison, ...]  # of this page, in place of all it had
    stories: tuple[StoryRuling, ...]
    crowded_rows: int = 0  # of `rows`: too many pages share them to tell candidates apart
    again: tuple[PageId, ...] = ()  # pages whose standing this page, which is new, may change though it joins none of them


def text_key_of(kept: Tokens) -> int | None:
    """A signed 64-bit key of the compared text, equal for equal texts; None for an empty one."""
    return xxhash.xxh3_64_intdigest((kept & WORD).tobytes()) - (1 << 63) if len(kept) else None


def judge(document: Document, docket: Docket, rules: Rules) -> Judgement:
    """Judge one page against everything stored."""
    chrome = docket.chrome(document.site)
    trimmed = cut(document.tokens, document.marks, chrome)
    document = replace(document, kept=trimmed.kept)
    rows, text_key = index_rows(trimmed.kept, chrome), text_key_of(trimmed.kept)
    proposed = find_candidates(document, rows, text_key, docket)
    comparisons = compare_all(document, proposed.pages, docket, rules)
    documents, connected, decisions = gather(document, comparisons, docket)
    if unmet := find_unmet(document, documents, connected, docket, rules):
        comparisons += compare_all(document, unmet, docket, rules)
        documents, connected, decisions = gather(document, comparisons, docket)
    return Judgement(
        page=document.page,
        kept=trimmed.kept,
        marks=trimmed.marks,
        rows=rows,
        text_key=text_key,
        comparisons=tuple(comparison for comparison in comparisons if _is_worth_keeping(comparison)),
        stories=rule_stories(documents, connected, decisions, docket, rules),
        crowded_rows=proposed.crowded_rows,
        again=() if document.story else tuple(
            sorted(other for c in comparisons if may_be_digest_with(c, other := c.other(document.page)))
        ),
    )


def _is_worth_keeping(comparison: Comparison) -> bool:
    return comparison.joined or comparison.measures.shared >= ROUNDUP_SHARED or comparison.reason in KEPT_REASONS


def find_candidates(document: Document, rows: Sequence[int], text_key: int | None, docket: Docket) -> Proposed:
    """The pages worth comparing with, most promising first, each once; those it was joined with are asked again."""
    found = [old.other(document.page) for old in docket.comparisons([document.page]) if old.joined] if document.story else []
    addresses = [address_key(cue.url) for cue in document.cues if cue.url]
    if addresses:
        found += docket.at_addresses(addresses)
    proposed = Proposed()
    if rows or text_key is not None or document.title_keys:
        proposed = docket.propose(rows, text_key, document.title_keys, excluding=document.page)
    pages = dict.fromkeys([*found, *proposed.pages])
    return Proposed(tuple(page for page in pages if page != document.page), proposed.crowded_rows)


def compare_all(document: Document, candidates: Collection[PageId], docket: Docket, rules: Rules) -> list[Comparison]:
    """Compare a document with each candidate that has been judged."""
    others = [other for other in docket.documents(candidates) if other.kept is not None]
    book = name_book([document, *others], docket, rules)
    comparisons = []
    for other in others:
        named = any(book.names(cue, other) for cue in document.cues) or any(book.names(cue, document) for cue in other.cues)
        comparison = compare(
            document,
            other,
            low_chrome=docket.chrome(document.site),
            high_chrome=docket.chrome(other.site),
            bounds=rules.bounds,
            named=named,
        )
        stories = (document.story, other.story) if comparison.low == document.page else (other.story, document.story)
        comparisons.append(replace(comparison, low_story=stories[0], high_story=stories[1]))
    return comparisons


def name_book(documents: Iterable[Document], docket: Docket, rules: Rules) -> NameBook:
    """What the names that these documents' cues give stand for."""
    names = {fold_name(cue.name) for document in documents for cue in document.cues if cue.name}
    return NameBook(sites=rules.sites, bearers=docket.sites_named(names) if names else {})


def gather(
    document: Document, comparisons: Sequence[Comparison], docket: Docket
) -> tuple[list[Document], list[Comparison], Decisions]:
    """All pages that the document is now, or was until now, connected with; the comparisons among them, and what was decided."""
    pages: dict[PageId, None] = {document.page: None}
    stories = {document.story} if document.story else set()
    own = {(comparison.low, comparison.high): comparison for comparison in comparisons}
    known: dict[tuple[PageId, PageId], Comparison] = {}
    decisions = docket.decisions([document.page])
    frontier = [comparison.other(document.page) for comparison in comparisons if comparison.joined]
    frontier += [page for pair in decisions.together for page in pair]
    for old in docket.comparisons([document.page]) if document.story else ():
        if old.joined:
            frontier.append(old.other(document.page))
    frontier += docket.members(stories) if stories else ()
    while frontier and len(pages) < MOST_CONNECTED:
        fresh = [page for page in dict.fromkeys(frontier) if page not in pages][: MOST_CONNECTED - len(pages)]
        if not fresh:
            break
        pages |= dict.fromkeys(fresh)
        more = docket.decisions(fresh)
        decisions |= more
        frontier = [page for pair in more.together for page in pair]
        for comparison in docket.comparisons(fresh):
            if document.page in (comparison.low, comparison.high):
                continue
            known[comparison.low, comparison.high] = comparison
            if comparison.joined:
                frontier += [comparison.low, comparison.high]
        here = {found.story for found in docket.documents(fresh) if found.story} - stories
        frontier += docket.members(here) if here else ()
        stories |= here
    if len(pages) >= MOST_CONNECTED:  # a story that is ruled in part would lose count of the others, or leave them behind
        rest = [page for page in docket.members(stories) if page not in pages]
        pages |= dict.fromkeys(rest)
        decisions |= docket.decisions(rest)
        compared = (found for found in docket.comparisons(rest) if document.page not in (found.low, found.high))
        known |= {(found.low, found.high): found for found in compared}
    documents = [document, *docket.documents([page for page in pages if page != document.page])]
    return documents, [*known.values(), *own.values()], decisions


def find_unmet(
    document: Document, documents: Sequence[Document], connected: Collection[Comparison], docket: Docket, rules: Rules
) -> list[PageId]:
    """The pages that must be compared with too where more are connected than are proposed: each story's leader, or, for the leader
    of all, everyone. Without them a story parts as soon as those proposed are less than a third of it.
    """
    if len(documents) <= SHARING:
        return []
    joined = joining(documents, connected)
    book = name_book(documents, docket, rules)
    order = Election(named=weigh_names(documents, joined, book), prefer=rules.prefer).order(documents)
    leaders = {found.story: found for found in reversed(order) if found.page != document.page}
    wanted = order if order[0].page == document.page else leaders.values()
    met = {comparison.other(document.page) for comparison in connected if document.page in (comparison.low, comparison.high)}
    return [found.page for found in wanted if found.page not in met and found.page != document.page]


def rule_stories(
    documents: Sequence[Document], comparisons: Sequence[Comparison], decisions: Decisions, docket: Docket, rules: Rules
) -> tuple[StoryRuling, ...]:
    """Cluster the documents, elect each story's canonical version, keep the ids."""
    joined = joining(documents, comparisons)
    book = name_book(documents if joined else (), docket, rules)  # a name counts only where a text agrees
    whole = Election(named=weigh_names(documents, joined, book), prefer=rules.prefer)  # a pin changes no story's members
    clusters = []
    elections = []
    for members in cluster(whole.order(documents), joined, decisions):
        election = Election(named=weigh_names(members, joined, book), pinned=decisions.pinned, prefer=rules.prefer)
        clusters.append(election.order(members))
        elections.append(election)
    naming = _name(clusters, docket)
    rulings = []
    for index, (members, election) in enumerate(zip(clusters, elections, strict=True)):
        winner, others = members[0], members[1:]
        ruled = [rule_member(member, winner, joined, comparisons, docket, rules.bounds, book) for member in members]
        rulings.append(
            StoryRuling(
                id=naming.ids[index],
                canonical=winner.page,
                why=election.why(winner, others),
                members=tuple(ruled),
                origins=1 + len({m.site for m, r in zip(members, ruled, strict=True) if r.is_own_work} - {winner.site}),
                merged=tuple(story for story, into in naming.merged.items() if into == index),
            )
        )
    return tuple(rulings)


def _name(clusters: Sequence[Sequence[Document]], docket: Docket) -> Naming:
    """The ids of the clusters; of a story that parts, those that its parts had before they were merged into it."""
    bearing = Counter(story for members in clusters for story in {document.story for document in members} if story is not None)
    parting = {story for story, parts in bearing.items() if parts > 1}
    homes = docket.homes([found.page for members in clusters for found in members if found.story in parting]) if parting else {}
    standing = docket.standing({*bearing, *homes.values()}) if bearing else {}
    canonical = {story: page for story, (page, _) in standing.items() if page is not None}
    return keep_ids(clusters, canonical, {story: first_seen_at for story, (_, first_seen_at) in standing.items()}, homes)


def kept_equal(a: Tokens | None, b: Tokens) -> bool:
    """Whether a new cut leaves what an old one left."""
    return a is not None and len(a) == len(b) and bool(np.array_equal(a, b))
