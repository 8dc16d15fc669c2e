"""How much of the article a text holds: an ordered list of rules, the first that applies decides; what was seen stays as
reasons.

    error page ─► wall, empty ─► live blog ─► cut off (a sign at its end, and a second one) ─► gated ─► full

Measured on 1,930 pages, 18 of them cut by their site: `isAccessibleForFree: false` alone .04 precise (it is a tariff), a
gate's class in the markup .05, a gate's phrase anywhere .12, at the end of the text .62, an ellipsis at the end with any
other sign 1.0. The texts of walls and error pages occur in normal articles: they count on short texts only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.articles import walls
from crawler.articles.head import Head
from crawler.articles.marks import is_gate, says_more_follows
from crawler.articles.phrases import count_words
from crawler.model import BlockMark, TextState

_ERROR_WORDS = 80
_EMPTY_WORDS = 30
_WALL_WORDS = 300  # longer walls were not seen
_GATED_WORDS = 350  # a gate's phrase at the end of a longer text has to say that more follows, or needs a second sign
_SUSPECT_WORDS = 150  # of 13 texts as short as this with a sign 6 were cut, the others briefs: noted, not judged
_EXCESS = (1.6, 60)  # JSON-LD's wordCount beyond this multiple of the text's words and this many more
_AFTER_TEXT = 4  # lines of the page after the text in which a gate's phrase stands


@dataclass(frozen=True, slots=True)
class Judged:
    state: TextState
    reasons: tuple[str, ...] = ()


def judge_state(blocks: Sequence[str], marks: str, *, head: Head, html: str, around: str = "") -> Judged:
    """The state of a page's text. `around` is a wider reading of the page, in which the lines after the text are looked at."""
    text = [block for block, mark in zip(blocks, marks, strict=True) if mark == BlockMark.TEXT]
    words = sum(map(count_words, text))
    shown = [*blocks, *around.splitlines()[:40]] if words < _WALL_WORDS else []
    if words < _WALL_WORDS and (found := _wall(shown, head, words)) is not None:
        return found
    if head.linked.is_live_blog:
        return Judged(TextState.LIVE_BLOG, ("JSON-LD says LiveBlogPosting",))
    return _cut_off(blocks, text, words, marks, head=head, html=html, around=around)


def _wall(shown: Sequence[str], head: Head, words: int) -> Judged | None:
    """What a page with hardly any text is."""
    titles = [*head.h1s[:2], *([head.title] if head.title else [])]
    error = next((line for line in [*titles, *shown] if count_words(line) <= 40 and walls.ERROR.search(line)), None)
    if error and words < _ERROR_WORDS and (words < _EMPTY_WORDS or error in titles):
        return Judged(TextState.ERROR_PAGE, (f"{words} words, and the page says: {error[:80]}",))
    consent = next((line for line in [*shown, *titles] if walls.CONSENT.search(line[:600])), None)
    if consent and (words < _EMPTY_WORDS or _is_mostly_consent(shown)):
        return Judged(TextState.CONSENT_WALL, (f"{words} words, and the page says: {consent[:80]}",))
    if words >= _EMPTY_WORDS:
        return None
    gate = next((line for line in shown if is_gate(line)), None)
    if gate:
        return Judged(TextState.GATED, (f"{words} words, and the page says: {gate[:80]}",))
    return Judged(TextState.EMPTY, (f"{words} words of text",))


def _is_mostly_consent(shown: Sequence[str]) -> bool:
    """Whether half the words stand in lines that speak of cookies, consent and partners."""
    spoken = [count_words(line) for line in shown if walls.CONSENT.search(line[:600]) or "cookie" in line.lower()]
    return 2 * sum(spoken) >= sum(map(count_words, shown))


def _cut_off(blocks: Sequence[str], text: Sequence[str], words: int, marks: str, *, head: Head, html: str, around: str) -> Judged:
    gate = _gate_line(blocks, text, marks, around)
    ends_open = bool(text) and bool(walls.ELLIPSIS_END.search(text[-1]))
    promised = head.linked.word_count or 0
    in_excess = promised > _EXCESS[0] * words + _EXCESS[1]
    if not (gate or ends_open or in_excess or words < _SUSPECT_WORDS):
        return Judged(TextState.FULL)
    signs = [*_gate_signs(head, html), *([f"a gate stands at the end: {gate[:80]}"] if gate else [])]
    if (ends_open or in_excess) and signs:
        evidence = "the text ends in an ellipsis" if ends_open else f"JSON-LD promises {promised} words of which {words} are here"
        return Judged(TextState.TRUNCATED, (evidence, *signs))
    if gate and (words < _GATED_WORDS or len(signs) > 1 or says_more_follows(gate)):
        return Judged(TextState.GATED, tuple(signs))
    return Judged(TextState.FULL, tuple(f"taken for whole, though {sign}" for sign in signs))


def _gate_line(blocks: Sequence[str], text: Sequence[str], marks: str, around: str) -> str | None:
    """The line of a gate at the end: marked in the text, or among the lines that follow its last words on the page."""
    if BlockMark.GATE in marks:
        return blocks[marks.index(BlockMark.GATE)]
    if not text or not around:
        return None
    last_words = text[-1][-60:]
    end = around.rfind(last_words)
    after = around[end + len(last_words) :][:1200].splitlines() if end >= 0 else []
    following = [line for line in after if line.strip()][:_AFTER_TEXT]
    return next((line.strip() for line in following if is_gate(line)), None)


def _gate_signs(head: Head, html: str) -> list[str]:
    """What the markup claims of access; of no weight alone."""
    signs = []
    if head.linked.is_accessible_for_free is False:
        signs.append("JSON-LD says it is not free")
    if (head.meta("article:content_tier") or "").lower() in ("locked", "metered"):
        signs.append("the markup names a locked or metered tier")
    if walls.has_gate_markup(html):
        signs.append("the markup has a gate")
    return signs
