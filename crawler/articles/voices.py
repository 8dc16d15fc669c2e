"""The readings of one page by several extractors, each made at most once and only when asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import cast

from lxml import etree
from lxml.html import HtmlElement
from resiliparse.extract.html2text import extract_plain_text
from trafilatura import bare_extraction
from trafilatura.external import jt_stoplist_init
from trafilatura.settings import Document

from crawler.articles.limits import check_length
from crawler.articles.quick import read_quickly
from crawler.articles.wording import without_controls
from crawler.dedup.words import words_of

Shingles = frozenset[tuple[str, ...]]

# trafilatura's own comparison with justext is quadratic in a page's short paragraphs: 1 s for 5,000. Of 478 real pages none has
# more than 2,000 elements that can be one.
MAX_PARAGRAPHS = 3_000
_PARAGRAPHS = etree.XPath(
    "count(//*[self::p or self::div or self::li or self::td or self::th or self::tr or self::h1 or self::h2 or self::h3 or self::h4"
    " or self::h5 or self::h6 or self::dd or self::dt or self::pre or self::blockquote or self::form or self::option])"
)

# trafilatura reports each page it gives up on; here that is an empty voice, and the article's reasons say what came of it
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


class Voice(StrEnum):
    """Who reads; the letters of the measurements that chose them are p, t, a, r."""

    QUICK = "quick"  # trafilatura, precise and fast
    DEFAULT = "default"  # trafilatura as it comes
    RECALL = "recall"  # trafilatura, favouring recall
    RESILIPARSE = "resiliparse"


class Readings:
    """One page as its extractors read it. A voice that fails, or is not asked, is an empty text: the others still speak."""

    def __init__(self, html: str, tree: HtmlElement, *, trust_tree: bool = True) -> None:
        """`tree` is never changed; without `trust_tree` (its parser dropped parts) only resiliparse is heard, which parses anew."""
        self._html = html
        self._tree = tree
        self._trust_tree = trust_tree
        self._texts: dict[Voice, str] = {}
        self._words: dict[Voice, list[str]] = {}
        self._shingles: dict[tuple[Voice, int], Shingles] = {}

    def text(self, voice: Voice) -> str:
        """The text that `voice` reads: paragraphs on lines of their own, none empty. Raises NotAPage where it is too long."""
        if voice not in self._texts:
            text = self._read(voice)
            check_length(text)
            self._texts[voice] = text
        return self._texts[voice]

    def shingles(self, voice: Voice, width: int = 4) -> Shingles:
        if (voice, width) not in self._shingles:
            if voice not in self._words:
                self._words[voice] = words_of(self.text(voice))
            self._shingles[voice, width] = shingles_of(self._words[voice], width)
        return self._shingles[voice, width]

    def _read(self, voice: Voice) -> str:
        if voice is not Voice.RESILIPARSE and not self._trust_tree:
            return ""
        if voice in (Voice.DEFAULT, Voice.RECALL) and cast(float, _PARAGRAPHS(self._tree.getroottree())) > MAX_PARAGRAPHS:
            return ""
        try:
            return as_lines(_READERS[voice](self._html, self._tree))
        except Exception:  # extractors fail in their own ways on broken markup; the reading of the others decides
            logging.getLogger(__name__).debug("%s could not read a page", voice, exc_info=True)
            return ""


def load_stop_words() -> None:
    """Read the frequent words of all languages, by which trafilatura's default tells prose where it finds little, now: each
    process would else do so at its first such page, for a quarter of a second."""
    jt_stoplist_init()


def as_lines(text: str) -> str:
    """Text with one paragraph a line: spaces joined, control characters and empty lines dropped."""
    lines = (" ".join(line.split()) for line in without_controls(text).splitlines())
    return "\n".join(line for line in lines if line)


def shingles_of(words: Sequence[str], width: int) -> Shingles:
    """The runs of `width` words."""
    return frozenset(zip(*(words[start:] for start in range(width)), strict=False))


def dice(one: Shingles, other: Shingles) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def _trafilatura(*, recall: bool = False) -> Callable[[str, HtmlElement], str]:
    def read(_html: str, tree: HtmlElement) -> str:
        # a tree that is handed over is copied before it is changed
        document = bare_extraction(tree, include_comments=False, favor_recall=recall)
        return document.text or "" if isinstance(document, Document) else ""

    return read


def _resiliparse(html: str, _tree: HtmlElement) -> str:
    read: str = extract_plain_text(
        html, main_content=True, alt_texts=False, list_bullets=False, comments=False, post_meta=False, preserve_formatting=True
    )
    return read


_READERS: dict[Voice, Callable[[str, HtmlElement], str]] = {
    Voice.QUICK: lambda _html, tree: read_quickly(tree),
    Voice.DEFAULT: _trafilatura(),
    Voice.RECALL: _trafilatura(recall=True),
    Voice.RESILIPARSE: _resiliparse,
}
