"""The feed's own text, where it stands in for a page's.

Of 2,841 long feed texts 30 end cut and 202 end in share or subscribe text; all entries of a feed are long in 57 feeds of
303, mixed in 100: decided for each entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.articles.limits import MAX_BLOCKS
from crawler.articles.phrases import count_words
from crawler.articles.voices import as_lines, shingles_of
from crawler.articles.walls import ELLIPSIS_END
from crawler.dedup.words import words_of
from crawler.model import FeedEntry, TextState

_WHOLE_WORDS = 150
_LONGER = 1.25  # a feed's content this much longer than the page's text, which it holds, is the fuller text
_END_CHARS = 200  # in which an ellipsis at the end stands
_HELD_SHARE = 0.7  # of the page's 3-word shingles in the feed's content


@dataclass(frozen=True, slots=True)
class FeedText:
    """What an entry gives, and what state a text made of it has."""

    blocks: tuple[str, ...]
    state: TextState
    reason: str


def read_feed_text(entry: FeedEntry) -> FeedText:
    """The entry's content where it is long and not cut, else the fullest text it gives."""
    content = as_lines(entry.content or "")
    lines = content.splitlines()
    if len(lines) <= MAX_BLOCKS and count_words_of(lines) >= _WHOLE_WORDS and not ELLIPSIS_END.search(content[-_END_CHARS:]):
        return FeedText(tuple(lines), TextState.FULL, "the feed's full content")
    blocks = tuple(as_lines(entry.text).splitlines()[:MAX_BLOCKS])
    if not blocks:
        return FeedText((), TextState.EMPTY, "the feed gives no text")
    return FeedText(blocks, TextState.TRUNCATED, "only the feed's summary")


def stand_in(entry: FeedEntry | None, state: TextState, text: Sequence[str]) -> FeedText | None:
    """The feed's text, where it says more than `text`, the article's lines on the page; None where the page's is to be kept."""
    if entry is None:
        return None
    feed = read_feed_text(entry)
    feed_words, page_words = count_words_of(feed.blocks), count_words_of(text)
    if state in (TextState.CONSENT_WALL, TextState.ERROR_PAGE):
        return feed if feed.blocks else None
    if state is TextState.EMPTY:
        return feed if feed_words >= max(1, page_words) else None
    if feed.state is not TextState.FULL or state is TextState.LIVE_BLOG or feed_words < _LONGER * page_words:
        return None
    return feed if state is not TextState.FULL or _is_held(text, feed.blocks) else None


def count_words_of(blocks: Sequence[str]) -> int:
    return sum(map(count_words, blocks))


def _is_held(text: Sequence[str], blocks: Sequence[str]) -> bool:
    """Whether the page's text stands in the feed's, so that the feed's is the same article and more of it."""
    own = shingles_of(words_of("\n".join(text)), 3)
    return bool(own) and len(own & shingles_of(words_of("\n".join(blocks)), 3)) >= _HELD_SHARE * len(own)
