"""Small rules on short texts that the readers of metadata share: cleaning, folding, likeness."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

_SPACE = re.compile(r"\s+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
_WORD = re.compile(r"\w+")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
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


@lru_cache(maxsize=8_192)
def fold(text: str) -> str:
    """The letters and digits of a text alone, without case and accents: what two spellings of one name share."""
    if text.isascii():
        return _NOT_PLAIN.sub("", text.lower())
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())


def words(text: str) -> list[str]:
    """The words of a text in lower case; a text without spaces gives its characters."""
    found = _WORD.findall(text.casefold())
    return found if len(found) > 1 else list(found[0]) if found and len(found[0]) > 12 else found


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as one text."""
    return frozenset(text.split())


def likeness(one: str, other: str) -> float:
    """Word Jaccard of two texts, 0 to 1."""
    a, b = set(words(one)), set(words(other))
    return len(a & b) / len(a | b) if a and b else 0.0
