"""What a run has done so far, counted from events, for the eye."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from crawler.events import (
    ArticleJudged,
    ArticleRead,
    Event,
    FeedFailed,
    FeedPolled,
    FeedsCounted,
    PageFailed,
    PageFetched,
    PageForbidden,
    PageNotModified,
    PageRedirected,
    RequestRetried,
    StoriesRejudged,
)

_WORDS = {
    "new_story": "new",
    "copy": "copies joined",
    "promoted": "originals promoted",
    "revision": "revised",
    "unchanged": "unchanged",
}
_ONE = {"copies joined": "copy joined", "originals promoted": "original promoted"}


@dataclass
class Tally:
    """Four stages, each with what is done, what is known to come, and its parts by name."""

    feeds_total: int = 0
    pages_total: int = 0
    feeds: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    stories: Counter[str] = field(default_factory=Counter)
    retried: int = 0

    def __call__(self, event: Event) -> None:
        match event:
            case FeedsCounted():
                self.feeds_total = event.total
            case FeedPolled():
                self.feeds["not modified" if event.not_modified else "read"] += 1
                self.pages_total += event.result.pages_queued
            case FeedFailed():
                self.feeds["failed"] += 1
            case PageFetched():
                self.pages["fetched"] += 1
            case PageNotModified():
                self.pages["not modified"] += 1
            case PageRedirected():
                self.pages["redirected"] += 1
            case PageForbidden():
                self.pages["robots"] += 1
            case PageFailed():
                self.pages["failed"] += not event.will_retry
            case ArticleRead():
                self.texts[event.state.replace("_", " ")] += 1
            case ArticleJudged():
                self._judged(event.result.outcome)
            case StoriesRejudged():
                self.stories["originals promoted"] += event.promoted
            case RequestRetried():
                self.retried += 1

    def _judged(self, outcome: str) -> None:
        if outcome in _WORDS:
            self.stories[_WORDS[outcome]] += 1

    def rows(self) -> list[tuple[str, int, int, str]]:
        """(stage, done, total, parts) of each stage, in order."""
        feeds, pages, texts, stories = (sum(stage.values()) for stage in (self.feeds, self.pages, self.texts, self.stories))
        return [
            ("feeds", feeds, max(self.feeds_total, feeds), parts(self.feeds)),
            ("pages", pages, max(self.pages_total, pages), parts(self.pages)),
            ("text", texts, max(self.pages["fetched"], texts), parts(self.texts)),
            ("stories", stories, max(texts, stories), parts(self.stories)),
        ]


def parts(counts: Counter[str]) -> str:
    """ "12 read · 3 failed", without zeros."""
    return " · ".join(f"{count} {_ONE.get(name, name) if count == 1 else name}" for name, count in counts.items() if count)
