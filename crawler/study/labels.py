"""Pairs that somebody labelled: read from a file's lines, or from what people decided of stored pages.

A line is {"a": …, "b": …, "label": …} with, where wished, a "kind". A document is {"text", "title", "site"} or {"url"}, or a
string: the address of a stored page, a story's id (its canonical version), else a text. A label is true or false, a number (1 and
more: a copy), or one of the words below. Of a pair whose document is not known nothing can be said: it is counted as skipped,
with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from crawler.dedup.chrome import cut
from crawler.dedup.document import Decisions, Docket, Document
from crawler.dedup.words import read_tokens, title_key, tokenise
from crawler.errors import UsageError
from crawler.model import BlockMark, PageId, StoryId, TextSource, TextState
from crawler.urls import address_key, normalise

TOGETHER = frozenset({"together", "copy", "duplicate", "same", "yes", "true", "merge"})
APART = frozenset({"apart", "different", "distinct", "not", "no", "false", "split"})
_SEEN_AT = datetime(2000, 1, 1, tzinfo=UTC)  # of texts that are in no store, both of one time
_LONGEST_ID = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPair:
    """Two documents and what they are: one story's (`together`) or not."""

    a: Document
    b: Document
    together: bool
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A pair that nothing can be said of."""

    place: str
    why: str


def read_pairs(lines: Iterable[str], docket: Docket) -> Iterator[LabelledPair | Skipped]:
    """The pairs of a file, one a line. Raises UsageError where a line is no labelled pair."""
    reader = _Reader(docket)
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield reader.read(line, f"line {number}")


def decided_pairs(decisions: Decisions, docket: Docket) -> Iterator[LabelledPair | Skipped]:
    """What people decided, as labels."""
    decided = [(pair, True) for pair in decisions.together] + [(pair, False) for pair in decisions.apart]
    for pair, together in sorted(decided):
        documents = docket.documents(pair)
        if len(documents) < 2:
            yield Skipped(place=f"pages {pair[0]} and {pair[1]}", why="one of them is no longer stored")
        else:
            kind = "decided together" if together else "decided apart"
            yield LabelledPair(a=documents[0], b=documents[1], together=together, kind=kind)


class _Reader:
    def __init__(self, docket: Docket) -> None:
        self._docket = docket
        self._numbers = count(1)

    def read(self, line: str, place: str) -> LabelledPair | Skipped:
        try:
            row = json.loads(line)
            a, b, label = row["a"], row["b"], row["label"]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f'{place}: not a labelled pair; write {{"a": …, "b": …, "label": …}}') from error
        together = read_label(label, place)
        first, second = self._document(a, place), self._document(b, place)
        for document, said in ((first, a), (second, b)):
            if document is None:
                return Skipped(place=place, why=f"nothing is stored under {said if isinstance(said, str) else said.get('url')}")
        assert first is not None
        assert second is not None
        first, second = _of_one_time(first, second)
        return LabelledPair(a=first, b=second, together=together, kind=str(row.get("kind") or "all"))

    def _document(self, said: Any, place: str) -> Document | None:
        match said:
            case str():
                return self._named(said)
            case {"text": str(text)}:
                return self._written(text, said)
            case {"url": str(url)}:
                return self._stored_at(url)
            case _:
                raise UsageError(f'{place}: a document is a string, {{"text", "title", "site"}} or {{"url"}}')

    def _named(self, said: str) -> Document | None:
        words = said.split()
        if len(words) == 1 and said.lower().startswith(("http://", "https://")):
            return self._stored_at(words[0])
        if len(words) == 1 and len(said) <= _LONGEST_ID and (found := self._story(StoryId(said.lower()))) is not None:
            return found
        return self._written(said, {})

    def _story(self, story: StoryId) -> Document | None:
        canonical, _ = self._docket.standing([story]).get(story, (None, None))
        return None if canonical is None else self._docket.document(canonical)

    def _stored_at(self, url: str) -> Document | None:
        known = normalise(url)
        pages = self._docket.at_addresses([address_key(known)]) if known else ()
        return next(iter(self._docket.documents(pages)), None)

    def _written(self, text: str, rest: Mapping[str, Any]) -> Document:
        """A text of no store; where no site is given, of a site of its own."""
        number = next(self._numbers)
        blocks = [block for block in text.split("\n") if block.strip()] or [""]
        tokens, marks = read_tokens(tokenise(blocks)), BlockMark.TEXT.value * len(blocks)
        site = str(rest.get("site") or f"text{number}.invalid")
        key = title_key(str(rest.get("title") or ""))
        return Document(
            page=PageId(-number), url=f"https://{site}/{number}", key=f"//{site}/{number}", site=site, tokens=tokens, marks=marks,
            state=TextState.FULL, source=TextSource.PAGE, title_keys=frozenset() if key is None else frozenset({key}),
            first_seen_at=_SEEN_AT, kept=cut(tokens, marks, self._docket.chrome(site)).kept,
        )


def _of_one_time(a: Document, b: Document) -> tuple[Document, Document]:
    """A text of no store is of the other's time."""
    if a.page < 0:
        return replace(a, first_seen_at=b.first_seen_at), b
    return a, replace(b, first_seen_at=a.first_seen_at) if b.page < 0 else b


def read_label(label: object, place: str) -> bool:
    """Whether a label says that two texts are one story's. Raises UsageError where it says nothing."""
    if isinstance(label, bool):
        return label
    if isinstance(label, (int, float)):
        return label >= 1
    word = str(label).strip().lower()
    if word in TOGETHER | APART:
        return word in TOGETHER
    try:
        return float(word) >= 1
    except ValueError:
        known = ", ".join(sorted(TOGETHER | APART))
        raise UsageError(f"{place}: the label {word!r} is none of: a number, {known}") from None
