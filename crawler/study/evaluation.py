"""How right the comparison is on labelled pairs: precision, recall and F1 with intervals, and what other bounds would give.

Intervals are Wilson score intervals at 95 % (E. B. Wilson, JASA 22, 1927), which hold for few pairs and for shares near 1.
Precision and recall are shares of pairs. F1 is 2s / (1 + s), where s is the share of rightly joined pairs among all that were
joined or are labelled together; its interval is that of s, so transformed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import sqrt

from crawler.dedup.compare import Bounds, compare, decide
from crawler.dedup.document import Comparison, Docket, Document
from crawler.dedup.judge import Rules, name_book
from crawler.study.labels import LabelledPair, Skipped

Z = 1.959964  # of 95 %
TOTAL = "all pairs"
SWEPT = ("jaccard", "containment", "lead")
GRID = tuple(round(0.05 * step, 2) for step in range(6, 20))  # 0.30 … 0.95
MOST_SKIPPED = 20  # reasons that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(hits: int, of: int) -> Interval | None:
    """A share and its Wilson score interval; None of nothing."""
    if of == 0:
        return None
    share, z2 = hits / of, Z * Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Interval(value=share, low=min(low, share), high=max(high, share))  # rounding may miss the share itself at 0 and 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts of pairs: rightly joined, wrongly joined, missed, rightly kept apart."""

    hits: int = 0
    wrong: int = 0
    missed: int = 0
    apart: int = 0

    @property
    def pairs(self) -> int:
        return self.hits + self.wrong + self.missed + self.apart

    @property
    def precision(self) -> Interval | None:
        return wilson(self.hits, self.hits + self.wrong)

    @property
    def recall(self) -> Interval | None:
        return wilson(self.hits, self.hits + self.missed)

    @property
    def f1(self) -> Interval | None:
        share = wilson(self.hits, self.hits + self.wrong + self.missed)
        if share is None or self.hits + self.missed == 0:
            return None
        value, low, high = (2 * s / (1 + s) for s in (share.value, share.low, share.high))
        return Interval(value=value, low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRow:
    """One kind of pairs; the reasons of the comparisons that were wrong, the most frequent first."""

    kind: str
    score: Score
    wrong_reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRow:
    """All pairs with one bound at another value, the rest as they are."""

    bound: str
    value: float
    is_current: bool
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Kinds by name, then all pairs together; the sweep bound by bound, values rising."""

    kinds: tuple[KindRow, ...]
    sweep: tuple[SweepRow, ...]
    skipped: int
    skipped_reasons: tuple[Skipped, ...]

    @property
    def total(self) -> Score:
        return self.kinds[-1].score


@dataclass(slots=True)
class _Tally:
    """Counts by (labelled together, joined)."""

    counts: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, together: bool, joined: bool, reason: str = "") -> None:
        self.counts[together, joined] += 1
        if together != joined:
            self.reasons[reason] += 1

    def score(self) -> Score:
        counts = self.counts
        return Score(hits=counts[True, True], wrong=counts[False, True], missed=counts[True, False], apart=counts[False, False])


def evaluate(pairs: Iterable[LabelledPair | Skipped], docket: Docket, rules: Rules) -> Evaluation:
    """Compare each pair as a verdict would, under the bounds given and under each of the sweep; pairs are not kept."""
    kinds: dict[str, _Tally] = defaultdict(_Tally)
    total = _Tally()
    points = sweep_points(rules.bounds)
    swept = [_Tally() for _ in points]
    skipped = 0
    reasons: list[Skipped] = []
    for pair in pairs:
        if isinstance(pair, Skipped):
            skipped += 1
            reasons += [pair] if len(reasons) < MOST_SKIPPED else []
            continue
        compared = _Compared(pair, docket, rules)
        for tally in (kinds[pair.kind], total):
            tally.add(pair.together, compared.joined, compared.reason)
        for tally, (_, _, bounds) in zip(swept, points, strict=True):
            tally.add(pair.together, compared.is_joined_under(bounds))
    rows = [_kind_row(kind, kinds[kind]) for kind in sorted(kinds)]
    return Evaluation(
        kinds=(*rows, _kind_row(TOTAL, total)),
        sweep=tuple(
            SweepRow(bound=bound, value=value, is_current=bounds == rules.bounds, score=tally.score())
            for (bound, value, bounds), tally in zip(points, swept, strict=True)
        ),
        skipped=skipped,
        skipped_reasons=tuple(reasons),
    )


def _kind_row(kind: str, tally: _Tally) -> KindRow:
    reasons = sorted(tally.reasons.items(), key=lambda item: (-item[1], item[0]))
    return KindRow(kind=kind, score=tally.score(), wrong_reasons=tuple(reasons))


def sweep_points(bounds: Bounds) -> list[tuple[str, float, Bounds]]:
    """Each swept bound at each value of the grid and at its own."""
    points = []
    for bound in SWEPT:
        own = float(getattr(bounds, bound))
        points += [(bound, value, _with_bound(bounds, bound, value)) for value in sorted({*GRID, own})]
    return points


def _with_bound(bounds: Bounds, bound: str, value: float) -> Bounds:
    match bound:
        case "jaccard":
            return replace(bounds, jaccard=value)
        case "containment":
            return replace(bounds, containment=value)
        case _:
            return replace(bounds, lead=value)


class _Compared:
    """A pair compared once; what other bounds make of it follows from the measures.

    Whether two texts are one template depends on no bound, but is found out only of texts that a bound would join; it is asked
    for when the first one does.
    """

    def __init__(self, pair: LabelledPair, docket: Docket, rules: Rules) -> None:
        low, high = sorted((pair.a, pair.b), key=lambda document: document.page)
        self._low, self._high = low, high
        self._chromes = docket.chrome(low.site), docket.chrome(high.site)
        self._named = _is_named(low, high, docket, rules)
        self._is_template: bool | None = None
        first = self._compare(rules.bounds)
        self.joined, self.reason, self._measures = first.joined, first.reason, first.measures
        if self.joined or self.reason == "template":
            self._is_template = not self.joined

    def _compare(self, bounds: Bounds) -> Comparison:
        return compare(
            self._low, self._high, low_chrome=self._chromes[0], high_chrome=self._chromes[1], bounds=bounds, named=self._named
        )

    def is_joined_under(self, bounds: Bounds) -> bool:
        joined, reason = decide(self._low, self._high, self._measures, bounds, self._named)
        if not joined or reason == "exact":
            return joined
        if self._is_template is None:
            self._is_template = not self._compare(bounds).joined
        return not self._is_template


def _is_named(low: Document, high: Document, docket: Docket, rules: Rules) -> bool:
    if not low.cues and not high.cues:
        return False
    book = name_book((low, high), docket, rules)
    return any(book.names(cue, high) for cue in low.cues) or any(book.names(cue, low) for cue in high.cues)
