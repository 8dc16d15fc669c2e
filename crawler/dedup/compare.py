"""Two texts compared: the measures, and the rule that makes of them 'one story' or not.

    exact      the same words, enough of them to mean it
    jaccard    most of both texts is shared; where it is not nearly all, half of the opening too
    contained  most of the shorter text stands in the longer one, its beginning too: so that two articles
               which quote one letter stay apart
    opening    both begin alike, word for word, and half of the shorter stands in the longer: a cut copy with a page's
               left-over lines under it
    named      a little less of either, where one page names the other as its origin

Refused whatever the measures: texts that are one template around other numbers, or short ones around other words (`template`),
pages of one site that do not meet its stricter bounds (`same_site`), texts too short to judge (`short`), what a wall or an error
page says (`wall`). A false join is worse than a missed copy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from rapidfuzz.distance import Levenshtein

from crawler.dedup.document import LEAD, Comparison, Document, Measures
from crawler.dedup.shingles import Shingles, found_in, shared_count, without
from crawler.dedup.words import DIGIT, SPACELESS, WORD, Tokens
from crawler.model import TextState

RULE = 3  # raised whenever a rule or bound below changes; stored with every verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """From which measures on two texts are one story's (defaults measured: notes on near-duplicate news, rule A)."""

    jaccard: float = 0.6
    containment: float = 0.7
    lead: float = 0.7
    jaccard_alone: float = 0.75  # below, half of the opening must agree: furniture and a quoted letter do not stand there
    jaccard_lead: float = 0.5
    jaccard_least: int = 10  # shingles that the smaller text needs for either rule
    containment_least: int = 20
    opening_lead: float = 0.9  # of both texts: then the shorter may lack more of the longer
    opening_least: int = 75  # shingles that they share: more than the agency paragraph on which two papers built their own reports
    opening_slack: float = 5 / 3  # … so many times what containment lets it lack: half of it where that is .7
    named_jaccard: float = 0.5
    named_containment: float = 0.5
    named_lead: float = 0.5
    site_jaccard: float = 0.7
    site_containment: float = 0.9
    site_lead: float = 0.9
    site_untitled: float = 0.9  # Jaccard that two pages of one site need where no headline of theirs agrees
    recurring_jaccard: float = 0.9  # one headline on one site, a day or more apart, is a column that recurs
    recurring_after: timedelta = timedelta(days=1)
    exact_least: int = 8  # tokens from which equal texts are one
    window: timedelta = timedelta(days=30)

    @property
    def opening_containment(self) -> float:
        return 1 - (1 - self.containment) * self.opening_slack


TEMPLATE_NUMBERS = 3  # changed numbers from which two texts may be one template
TEMPLATE_EVERY = 40  # … one for each so many equal words
TEMPLATE_SHARE = 0.4  # … or this share of all changed words, if there is one …
TEMPLATE_SELDOM = 100  # … for each so many equal words: fewer are corrected figures
SLOT_WORDS = 5  # a run of words in place of another run, neither longer: what fills a form
TEMPLATE_SLOTS = 5  # of them make short texts under different headlines a template (warnings, obituaries) …
SLOT_EVERY = 25  # … one for each so many equal words: careful editing leaves about one in forty …
SLOT_SHARE = 0.7  # … and this share of all places in which they differ
SHORT = 300  # tokens of the shorter text
SPACELESS_WORD = 0.5  # of a word: one character of a script without spaces
ALIGN_MOST = 4000  # tokens that are aligned; templates are short
_NO_ARTICLE = frozenset({TextState.CONSENT_WALL, TextState.ERROR_PAGE})  # one text in front of any story


def measure(low: Document, high: Document, low_chrome: Shingles, high_chrome: Shingles) -> Measures:
    """Count what two texts share, what either site repeats left out of both."""
    a = without(low.distinct_shingles, high_chrome if low.site != high.site else low_chrome)
    b = without(high.distinct_shingles, low_chrome)
    if low.site != high.site:
        a, b = without(a, low_chrome), without(b, high_chrome)
    shared = shared_count(a, b)
    return Measures(
        low_size=len(a),
        high_size=len(b),
        shared=shared,
        low_lead=_lead(low, a, b) if shared else 0.0,
        high_lead=_lead(high, b, a) if shared else 0.0,
    )


def _lead(document: Document, own: Shingles, other: Shingles) -> float:
    """The share of a text's first shingles, chrome left out, that is found in the other."""
    first = document.shingles[: 4 * LEAD]
    first = first[found_in(first, own)][:LEAD]
    return float(np.count_nonzero(found_in(first, other))) / len(first) if len(first) else 0.0


def count_changes(low: Tokens, high: Tokens) -> tuple[int, int, int]:
    """Align two texts word by word: changed pairs with digits on both sides, all changed pairs, equal words."""
    a, b = _aligned(low), _aligned(high)
    numbers = changed = equal = 0
    for code in Levenshtein.opcodes(a, b):
        if code.tag == "equal":
            equal += code.src_end - code.src_start
        elif code.tag == "replace":
            for x, y in zip(a[code.src_start : code.src_end], b[code.dest_start : code.dest_end], strict=True):
                changed += 1
                numbers += x & y & int(DIGIT)
    return numbers, changed, equal


def count_slots(low: Tokens, high: Tokens) -> tuple[int, int, float]:
    """Align two texts word by word: places where a few words stand for a few others, all places that differ, equal words."""
    a, b = _aligned(low), _aligned(high)
    slots = places = here = there = 0
    equal = 0.0
    for code in [*Levenshtein.opcodes(a, b), None]:
        if code is not None and code.tag != "equal":
            here, there = here + code.src_end - code.src_start, there + code.dest_end - code.dest_start
            continue
        places += bool(here or there)
        slots += 0 < min(here, there) <= max(here, there) <= SLOT_WORDS
        here = there = 0
        if code is not None:
            equal += sum(SPACELESS_WORD if word & int(SPACELESS) else 1.0 for word in a[code.src_start : code.src_end])
    return slots, places, equal


def _aligned(tokens: Tokens) -> list[int]:
    return [int(word) for word in (tokens & WORD)[:ALIGN_MOST].tolist()]


def may_be_template(low: Tokens, high: Tokens) -> bool:
    """Whether enough numbers of each text are missing from the other to be worth an alignment, which costs a hundred times more."""
    a, b = low[(low & DIGIT) != 0] & WORD, high[(high & DIGIT) != 0] & WORD
    if min(len(a), len(b)) < TEMPLATE_NUMBERS:
        return False
    left, right = Counter(a.tolist()), Counter(b.tolist())
    return (left - right).total() >= TEMPLATE_NUMBERS and (right - left).total() >= TEMPLATE_NUMBERS


def may_be_filled_in(low: Document, high: Document) -> bool:
    """Whether two texts are short enough, and under different headlines, so that a form filled in otherwise is to be thought of."""
    return min(len(_kept(low)), len(_kept(high))) <= SHORT and not low.title_keys & high.title_keys


def is_filled_in(slots: int, places: int, equal: float) -> bool:
    """The same words around other names and things, each a few words long: warnings, obituaries, notices."""
    return slots >= TEMPLATE_SLOTS and slots * SLOT_EVERY >= equal and slots >= SLOT_SHARE * places


def is_template(numbers: int, changed: int, equal: int) -> bool:
    """The same words around other numbers: snapshots, forecasts, box scores."""
    is_most = numbers >= TEMPLATE_SHARE * changed and numbers * TEMPLATE_SELDOM >= equal
    return numbers >= TEMPLATE_NUMBERS and (numbers * TEMPLATE_EVERY >= equal or is_most)


def compare(
    low: Document, high: Document, *, low_chrome: Shingles, high_chrome: Shingles, bounds: Bounds, named: bool = False
) -> Comparison:
    """Decide whether two documents are one story's; `named` says that one names the other as its origin."""
    if low.page > high.page:
        low, high, low_chrome, high_chrome = high, low, high_chrome, low_chrome
    measures = measure(low, high, low_chrome, high_chrome)
    joined, reason = decide(low, high, measures, bounds, named)
    a, b = _kept(low), _kept(high)
    if joined and reason != "exact" and may_be_template(a, b):
        numbers, changed, equal = count_changes(a, b)
        measures = replace(measures, changed_numbers=numbers, changed_words=changed)
        if is_template(numbers, changed, equal):
            joined, reason = False, "template"
    if joined and reason not in ("exact", "named") and may_be_filled_in(low, high) and is_filled_in(*count_slots(a, b)):
        joined, reason = False, "template"
    return Comparison(
        low=low.page, high=high.page, joined=joined, reason=reason, measures=measures, within_site=low.site == high.site
    )


def _kept(document: Document) -> Tokens:
    return document.tokens if document.kept is None else document.kept


def decide(low: Document, high: Document, measures: Measures, bounds: Bounds, named: bool) -> tuple[bool, str]:
    """Whether these measures join two documents, and why; that both are one template is not looked at."""
    if abs(low.first_seen_at - high.first_seen_at) > bounds.window:
        return False, "window"
    if low.state in _NO_ARTICLE or high.state in _NO_ARTICLE:
        return False, "wall"
    if len(_kept(low)) >= bounds.exact_least and np.array_equal(_kept(low) & WORD, _kept(high) & WORD):
        return _decide_exact(low, high, measures, bounds)
    if low.site == high.site:
        return _decide_within_site(low, high, measures, bounds)
    if measures.smaller < bounds.jaccard_least:
        return False, "short"
    if measures.jaccard >= bounds.jaccard and (measures.jaccard >= bounds.jaccard_alone or measures.lead >= bounds.jaccard_lead):
        return True, "jaccard"
    if measures.smaller < bounds.containment_least:
        return False, "short"
    if measures.containment >= bounds.containment:
        if measures.lead >= bounds.lead:
            return True, "contained"
        return (True, "named") if named and measures.jaccard >= bounds.named_jaccard else (False, "no_lead")
    begin_alike = min(measures.low_lead, measures.high_lead) >= bounds.opening_lead
    if begin_alike and measures.shared >= bounds.opening_least and measures.containment >= bounds.opening_containment:
        return True, "opening"
    if named and (
        measures.jaccard >= bounds.named_jaccard
        or (measures.containment >= bounds.named_containment and measures.smaller_lead >= bounds.named_lead)
    ):
        return True, "named"
    return False, "no_lead" if measures.jaccard >= bounds.jaccard else "different"


def _decide_exact(low: Document, high: Document, measures: Measures, bounds: Bounds) -> tuple[bool, str]:
    """Equal texts are one story, unless all of them is what a site repeats, or a few words under other headlines."""
    if not measures.smaller:
        return False, "chrome"
    if measures.smaller < bounds.containment_least and low.title_keys and high.title_keys and not low.title_keys & high.title_keys:
        return False, "short"
    return True, "exact"


def _decide_within_site(low: Document, high: Document, measures: Measures, bounds: Bounds) -> tuple[bool, str]:
    if measures.smaller < bounds.containment_least:
        return False, "short"
    whole = measures.containment >= bounds.site_containment and measures.lead >= bounds.site_lead
    enough = measures.jaccard >= bounds.site_jaccard or whole
    if not enough or not (low.title_keys & high.title_keys or measures.jaccard >= bounds.site_untitled):
        alike = enough or measures.jaccard >= bounds.jaccard or measures.containment >= bounds.containment
        return False, "same_site" if alike else "different"
    if _recur(low, high, bounds) and measures.jaccard < bounds.recurring_jaccard:
        return False, "recurring"
    return True, "jaccard" if measures.jaccard >= bounds.site_jaccard else "contained"


def _recur(low: Document, high: Document, bounds: Bounds) -> bool:
    if not low.title_keys & high.title_keys or low.published is None or high.published is None:
        return False
    return abs(low.published.at - high.published.at) >= bounds.recurring_after
