"""What a member of a story is to its canonical version, and the evidence that is kept for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True, kw_only=True)
class MemberRuling:
    """A page's place in its story; `relation` None: it is the canonical version.

    The evidence, which is JSON-able, is made when it is asked for: most members of a story stand as they stood before.
    """

    page: PageId
    relation: Relation | None
    before: Document  # as it stood
    prove: Callable[[], Mapping[str, Any]]
    is_own_work: bool = False

    @cached_property
    def evidence(self) -> Mapping[str, Any]:
        return self.prove()

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
    mine = [c for c in comparisons if member.page in (c.low, c.high)]
    if member.page == canonical.page:
        return MemberRuling(page=member.page, relation=None, before=member, prove=lambda: _refusals(member, mine))
    links = [c for c in joined if member.page in (c.low, c.high)]
    direct = next((c for c in links if canonical.page in (c.low, c.high)), None)
    comparison = direct or compare(
        member,
        canonical,
        low_chrome=docket.chrome(member.site),
        high_chrome=docket.chrome(canonical.site),
        bounds=bounds,
    )

    def prove() -> Mapping[str, Any]:
        return _refusals(member, mine) | {
            "canonical": measures_of(comparison, member.page),
            "through": [] if direct else sorted(c.other(member.page) for c in links),
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
        before=member,
        prove=prove,
        is_own_work=comparison.share_of(member.page) < OWN_WORK,
    )


def _refusals(member: Document, mine: Collection[Comparison]) -> dict[str, Any]:
    """What every verdict states: the rule it was made by, and the nearest of those that were refused."""
    refused = sorted((c for c in mine if not c.joined), key=lambda c: (-c.measures.shared, c.other(member.page)))
    return {"rule": RULE, "refused": [measures_of(c, member.page) for c in refused[:MOST_REFUSED]]}
