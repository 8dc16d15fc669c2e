"""Two texts beside each other: the runs that both hold, and what differs between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crawler.dedup.difference import Change, Part, compare_words

BRIDGE = 3  # so few equal words between two differences are read as part of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A run of words that both texts hold (`is_shared`), else what stands here and what stands there; either may be empty."""

    is_shared: bool
    here: str
    there: str

    @property
    def words(self) -> int:
        return max(len(self.here.split()), len(self.there.split()))


def compare_texts(here: str, there: str) -> list[Stretch]:
    """Both texts in reading order, word for word; line breaks do not count."""
    return list(_bridged(compare_words(_evenly_spaced(there), _evenly_spaced(here))))


def _evenly_spaced(text: str) -> str:
    """One space before every word: `compare_words` takes the space before a word as part of it."""
    return "".join(f" {word}" for word in text.split())


def longest_shared(stretches: Sequence[Stretch], most: int = 3) -> list[Stretch]:
    """The longest runs that both hold, the longest first."""
    return sorted(
        (stretch for stretch in stretches if stretch.is_shared and stretch.words > BRIDGE), key=lambda stretch: -stretch.words
    )[:most]


def _bridged(parts: Iterable[Part]) -> Iterator[Stretch]:
    """Differences that meet, or stand only a few shared words apart, become one."""
    open_parts: list[Part] = []
    for part in parts:
        if part.change is not Change.SAME or (open_parts and open_parts[-1].change is not Change.SAME and _is_short(part)):
            open_parts.append(part)
            continue
        yield from _difference(open_parts)
        shared = [open_parts.pop()] if open_parts and open_parts[-1].change is Change.SAME else []
        text = "".join(p.text for p in [*shared, part]).strip()
        yield Stretch(is_shared=True, here=text, there=text)
        open_parts = []
    yield from _difference(open_parts)
    if open_parts and open_parts[-1].change is Change.SAME:
        yield Stretch(is_shared=True, here=open_parts[-1].text.strip(), there=open_parts[-1].text.strip())


def _is_short(part: Part) -> bool:
    return len(part.text.split()) <= BRIDGE


def _difference(parts: Sequence[Part]) -> Iterator[Stretch]:
    """One stretch of what was collected, without a shared run at its end."""
    if parts and parts[-1].change is Change.SAME:
        parts = parts[:-1]
    if parts:
        here = "".join(part.text for part in parts if part.change is not Change.LEFT_OUT)
        there = "".join(part.text for part in parts if part.change is not Change.ADDED)
        yield Stretch(is_shared=False, here=here.strip(), there=there.strip())
