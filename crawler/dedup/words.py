"""From text to tokens: what counts as the same word, in any script.

A token is 64 bits: the upper 61 are a hash of the normalised word, the lower three say what the word itself could no longer tell:

    bit 0  it holds a digit          (templates: the same words around other numbers)
    bit 1  its script has no spaces  (Han, Kana, Thai, Lao, Khmer, Burmese: one character is one token)
    bit 2  it opens a block          (a paragraph)

Normalisation (shared measurements: normalising and tokenising is the costliest step of a fingerprint, not the sketch): left-over
HTML entities and mojibake are undone where a sign of them is seen, NFKC, case folded, soft hyphens, zero-width and bidi marks
dropped, apostrophes joined; a word is then a run of letters, marks and digits.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

import ftfy
import numpy as np
import numpy.typing as npt
import regex
import xxhash

Tokens = npt.NDArray[np.uint64]

DIGIT = np.uint64(1)
SPACELESS = np.uint64(2)
BLOCK_START = np.uint64(4)
MOST_MENDS = 2_000  # mis-decoded letters mended one by one, 20 µs each, in a text that is not mis-decoded as a whole
_WHOLE_TEXT = ftfy.TextFixerConfig(decode_inconsistent_utf8=False)
_PHRASES = "\ufdfa\ufdfb"  # single signs for 18 and 8 letters: a text of nothing but such swells without measure
_MOST_PHRASES = 500
_WORD_CHARS = 64  # a longer word does not come again: a page of them would fill the memory that the others share
WORD = ~np.uint64(4)  # what makes two tokens the same word
NO_WORD = BLOCK_START  # the one token of a block without a word: flags, and no hash

_SPACELESS_CLASS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_SPACELESS = regex.compile(f"[{_SPACELESS_CLASS}]")
_ANY_WORD = regex.compile(rf"[{_SPACELESS_CLASS}]\p{{M}}*|[[\p{{L}}\p{{M}}\p{{N}}]--[{_SPACELESS_CLASS}]]+", regex.V1)
_SIMPLE_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_APOSTROPHE = re.compile(r"['’‘ʼ´`](?<=[^\W_].)(?=[^\W_])")  # the sign first: a pattern that opens by looking back is slow
_ENTITY = re.compile(r"&(?:#\d{2,6}|#x[0-9a-f]{2,5}|[a-z]{2,8}\d?);", re.IGNORECASE)
_MOJIBAKE = re.compile("[ÃÂÐÑØÙâà][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ\u00a0-\u00bf]")
# In Latin, typographic signs, currencies, arrows and mathematics a word is what Python's \w says; beyond, marks belong to it too.
_MARKS = regex.compile(r"(\p{M}{30})\p{M}++")  # UAX #15 §13: no language stacks more, and normalising takes their square
_NOT_SIMPLE = re.compile("[^\0-\u024f\u2000-\u206f\u20a0-\u20bf\u2190-\u23ff]")


def normalise_text(text: str, most_mends: int = MOST_MENDS) -> str:
    """The form in which two texts are compared: plain, folded, without anything a reader cannot see."""
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(html.unescape(text))
    if not text.isascii():
        if mends := len(_MOJIBAKE.findall(text)):
            text = ftfy.fix_encoding(text, None if mends <= most_mends else _WHOLE_TEXT)
        for phrase in _PHRASES:
            if text.count(phrase) > _MOST_PHRASES:
                text = text.replace(phrase, " ")
        if _NOT_SIMPLE.search(text) is not None:
            text = _MARKS.sub(r"\1", text)
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return _APOSTROPHE.sub("", text.casefold())


def words_of(text: str, most_mends: int = MOST_MENDS) -> list[str]:
    """The normalised words of a text, in order; a character of a script without spaces is a word."""
    text = normalise_text(text, most_mends)
    if text.isascii() or _NOT_SIMPLE.search(text) is None:
        return _SIMPLE_WORD.findall(text)
    return [str(word) for word in _ANY_WORD.findall(text.replace("_", " "))]


def _token(word: str) -> int:
    return _known_token(word) if len(word) <= _WORD_CHARS else _new_token(word)


def _new_token(word: str) -> int:
    value = xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass")) & ~7
    if not word.isalpha() and any(character.isdigit() for character in word):
        value |= 1
    if not word.isascii() and _SPACELESS.match(word):
        value |= 2
    return value


_known_token = lru_cache(maxsize=200_000)(_new_token)


def tokenise(blocks: Sequence[str]) -> bytes:
    """The tokens of a text's blocks: little-endian uint64, one a token, the first of each block flagged.

    A block without a word ("* * *") leaves the token `NO_WORD`, so that blocks can be counted by their flags.
    """
    values: list[int] = []
    mends = sum(len(_MOJIBAKE.findall(block)) for block in blocks if not block.isascii())
    most_mends = MOST_MENDS if mends <= MOST_MENDS else 0
    for block in blocks:
        first = len(values)
        values.extend(map(_token, words_of(block, most_mends)))
        if len(values) == first:
            values.append(0)
        values[first] |= 4
    return np.array(values, dtype="<u8").tobytes()


def read_tokens(data: bytes) -> Tokens:
    """The array that `tokenise` wrote."""
    return np.frombuffer(data, dtype="<u8")


def fold_name(name: str) -> str:
    """A publisher's name as it is compared: letters and digits only, folded, without a leading article."""
    words = words_of(name)
    if len(words) > 1 and words[0] in {"the", "le", "la", "der", "die", "das", "el"}:
        words = words[1:]
    return "".join(words)


def key_of(words: Iterable[str]) -> int | None:
    """A signed 64-bit key for a run of words, equal for equal runs; None for an empty one."""
    joined = " ".join(words)
    if not joined:
        return None
    return xxhash.xxh3_64_intdigest(joined.encode("utf-8", "surrogatepass")) - (1 << 63)


@lru_cache(maxsize=1_024)  # of one article it is asked for three times
def title_key(title: str) -> int | None:
    """The key of a headline; None where it has too few words (under four) to tell one story from another."""
    words = words_of(title)
    enough = 4 if not any(_SPACELESS.match(word) for word in words) else 8
    return key_of(words) if len(words) >= enough else None
