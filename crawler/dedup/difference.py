"""What a copy changes of its canonical text: kept in the copy's place, enough to restore it letter for letter.

The stored form is UTF-8 JSON: a list whose numbers come in pairs (first word, number of words, taken from the base text) and whose
strings are what stands here instead. A word carries the white space before it, so nothing is lost between words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import Indel

_WORD = re.compile(r"\s*\S+|\s+\Z")


class Change(StrEnum):
    SAME = "same"
    ADDED = "added"  # stands here, not in the base
    LEFT_OUT = "left_out"  # stands in the base, not here


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words that is the same, was added, or was left out."""

    change: Change
    text: str


def split_words(text: str) -> list[str]:
    """The words of a text, each with the white space before it; joined they are the text."""
    return _WORD.findall(text)


def compare_words(base: str, text: str) -> Iterator[Part]:
    """The two texts as one: shared, added and left-out runs in reading order."""
    a, b = split_words(base), split_words(text)
    for code in Indel.opcodes(a, b):
        if code.tag == "equal":
            yield Part(Change.SAME, "".join(b[code.dest_start : code.dest_end]))
            continue
        if code.src_end > code.src_start:
            yield Part(Change.LEFT_OUT, "".join(a[code.src_start : code.src_end]))
        if code.dest_end > code.dest_start:
            yield Part(Change.ADDED, "".join(b[code.dest_start : code.dest_end]))


def encode_difference(base: str, text: str) -> bytes:
    """What `restore` needs, beside the base, to give the text again."""
    a, b = split_words(base), split_words(text)
    steps: list[int | str] = []
    for code in Indel.opcodes(a, b):
        if code.tag == "equal":
            steps += [code.src_start, code.src_end - code.src_start]
        elif code.dest_end > code.dest_start:
            steps.append("".join(b[code.dest_start : code.dest_end]))
    return json.dumps(steps, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def restore(base: str, difference: bytes) -> str:
    """The text that was encoded against this base.

    Raises ValueError where the difference does not fit: it is of another base, or damaged.
    """
    words = split_words(base)
    pieces: list[str] = []
    steps = iter(json.loads(difference.decode("utf-8", "surrogatepass")))
    for step in steps:
        if isinstance(step, str):
            pieces.append(step)
            continue
        length = next(steps, None)
        if not isinstance(step, int) or not isinstance(length, int) or step < 0 or step + length > len(words):
            raise ValueError("the difference does not belong to this text")
        pieces.extend(words[step : step + length])
    return "".join(pieces)
