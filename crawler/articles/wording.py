"""Small rules on short texts that the readers of metadata share: cleaning, folding, likeness."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Set
from functools import lru_cache

_SPACE = re.compile(r"\s+")
# Controls, surrogates, noncharacters, marks of direction, and what takes no room.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
# Of these, what a text may not hold either; it may hold signs that join letters or part them.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_WORD = re.compile(r"\w+")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_NAME_CHARS = 200  # longer texts are no names that come again: they would fill the cache
MAX_SHORT = 4_000  # no title, name or date is longer; what is, is cut before any rule looks at it


def clean(text: str) -> str:
    """One line of text as a reader sees it: entities (escaped twice, too) and inline markup resolved, spaces joined."""
    text = text[:MAX_SHORT]
    for _ in range(2):
        if "&" in text:
            text = html.unescape(text)
    if "<" in text:
        text = _MARKUP.sub("", text)
    return _SPACE.sub(" ", _INVISIBLE.sub("", text)).strip()


def without_controls(text: str) -> str:
    """A text of any length without what steers a terminal, turns the direction of writing, or no database stores."""
    return _UNSHOWN.sub("", text)


def fold(text: str) -> str:
    """The letters and digits of a text alone, without case and accents: what two spellings of one name share."""
    return _fold_name(text) if len(text) <= _NAME_CHARS else _fold(text)


def _fold(text: str) -> str:
    if text.isascii():
        return _NOT_PLAIN.sub("", text.lower())
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())


_fold_name = lru_cache(maxsize=8_192)(_fold)


def words(text: str) -> list[str]:
    """The words of a text in lower case; a text without spaces gives its characters."""
    found = _WORD.findall(text.casefold())
    return found if len(found) > 1 else list(found[0]) if found and len(found[0]) > 12 else found


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as one text."""
    return frozenset(text.split())


def likeness(one: str, other: str) -> float:
    """Word Jaccard of two texts, 0 to 1."""
    return jaccard(set(words(one)), set(words(other)))


def jaccard(a: Set[str], b: Set[str]) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0
