"""What a member of a story is to its canonical version, and the evidence that is kept for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from crawler.dedup.canonical import NameBook
from crawler.dedup.compare import RULE, Bounds, compare
from crawler.dedup.document import Comparison, Docket, Document
from crawler.dedup.shingles import VERIFY, found_in
from crawler.model import PageId, Relation, StoryId, TextState

EXCERPT_COVERAGE = 0.8  # a text that shows less of the canonical one than this, and little else, is an excerpt
EXCERPT_CONTAINMENT = 0.8
COPY_JACCARD = 0.8
OWN_WORK = 0.5  # less of a member's text than this in the canonical one: its site published on its own
LONGEST_RUNS = 3
MOST_REFUSED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRuling:
    """A page's place in its story; `relation` None: it is the canonical version. `evidence` is JSON-able."""

    page: PageId
    relation: Relation | None
    evidence: Mapping[str, Any]
    before: Document  # as it stood
    is_own_work: bool = False

    def is_moved(self, story: StoryId | None) -> bool:
        """Whether its story (None: a new one) or its relation is another than before."""
        return story is None or self.before.story != story or self.before.relation != self.relation


def measures_of(comparison: Comparison, page: PageId) -> dict[str, Any]:
    """A comparison as one page sees it: `containment` is the share of its text in the other, `coverage` of the other in it."""
    other = comparison.other(page)
    measures = comparison.measures
    result: dict[str, Any] = {
        "page": other,
        "reason": comparison.reason,
        "jaccard": round(measures.jaccard, 4),
        "containment": round(comparison.share_of(page), 4),
        "coverage": round(comparison.share_of(other), 4),
        "lead": round(measures.lead, 4),
        "shared": measures.shared,
        "size": measures.low_size if page == comparison.low else measures.high_size,
    }
    if measures.changed_words:
        result |= {"changed_numbers": measures.changed_numbers, "changed_words": measures.changed_words}
    return result


def longest_runs(member: Document, canonical: Document) -> list[dict[str, int]]:
    """The longest runs of the member's compared words that stand in the canonical text: first word and length."""
    found = found_in(member.shingles, canonical.distinct_shingles).tolist()
    runs: list[tuple[int, int]] = []
    start = None
    for at, hit in enumerate([*found, False]):
        if hit and start is None:
            start = at
        elif not hit and start is not None:
            runs.append((at - start + VERIFY[0] - 1, start))
            start = None
    return [{"at": at, "words": words} for words, at in sorted(runs, key=lambda run: (-run[0], run[1]))[:LONGEST_RUNS]]


def relate(member: Document, canonical: Document, comparison: Comparison) -> Relation:
    """Copy, excerpt, edited copy, or repost within one site."""
    if member.site == canonical.site:
        return Relation.REPOST
    mine, shown = comparison.share_of(member.page), comparison.share_of(canonical.page)
    cut_off = member.state in (TextState.TRUNCATED, TextState.GATED)
    if shown < EXCERPT_COVERAGE and (cut_off or mine >= EXCERPT_CONTAINMENT):
        return Relation.EXCERPT
    return Relation.COPY if comparison.measures.jaccard >= COPY_JACCARD or comparison.reason == "exact" else Relation.EDITED


def rule_member(
    member: Document,
    canonical: Document,
    joined: Collection[Comparison],
    comparisons: Collection[Comparison],
    docket: Docket,
    bounds: Bounds,
    book: NameBook,
) -> MemberRuling:
    """Relation and evidence of one member; one that joined through other members is compared with the canonical text now."""
    refused = [measures_of(c, member.page) for c in comparisons if member.page in (c.low, c.high) and not c.joined]
    evidence: dict[str, Any] = {
        "rule": RULE,
        "refused": sorted(refused, key=lambda row: (-row["shared"], row["page"]))[:MOST_REFUSED],
    }
    if member.page == canonical.page:
        return MemberRuling(page=member.page, relation=None, evidence=evidence, before=member)
    pair = {member.page, canonical.page}
    direct = next((c for c in joined if {c.low, c.high} == pair), None)
    comparison = direct or compare(
        member,
        canonical,
        low_chrome=docket.chrome(member.site),
        high_chrome=docket.chrome(canonical.site),
        bounds=bounds,
    )
    evidence |= {
        "canonical": measures_of(comparison, member.page),
        "through": [] if direct else sorted(c.other(member.page) for c in joined if member.page in (c.low, c.high)),
        "runs": longest_runs(member, canonical),
        "cues": [
            {"kind": cue.kind, "weight": cue.weight, "name": cue.name, "url": cue.url, "quote": cue.quote}
            for cue in member.cues
            if book.names(cue, canonical)
        ],
    }
    return MemberRuling(
        page=member.page,
        relation=relate(member, canonical, comparison),
        evidence=evidence,
        before=member,
        is_own_work=comparison.share_of(member.page) < OWN_WORK,
    )
