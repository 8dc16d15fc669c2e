"""A docket in memory: judges texts that are in no store, for evaluation, for trying settings, and for tests."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from crawler.dedup.candidates import Proposed, propose_pages
from crawler.dedup.chrome import RECENT, changed_by, is_count_due, learn_chrome
from crawler.dedup.document import Comparison, Decisions, Document
from crawler.dedup.judge import Judgement, Rules, judge
from crawler.dedup.shingles import Shingles
from crawler.model import PageId, StoryId

_NONE: Shingles = np.empty(0, dtype=np.uint64)


class MemoryDocket:
    """Keeps documents, comparisons and stories in dictionaries and judges what is put in."""

    def __init__(self, rules: Rules, names: Mapping[str, frozenset[str]] | None = None) -> None:
        self.rules = rules
        self.names = dict(names or {})
        self.held: dict[PageId, Document] = {}
        self.rows: dict[int, list[PageId]] = defaultdict(list)
        self.rows_of: dict[PageId, tuple[int, ...]] = {}
        self.texts: dict[int, list[PageId]] = defaultdict(list)
        self.titles: dict[int, list[PageId]] = defaultdict(list)
        self.keys: dict[str, PageId] = {}
        self.compared: dict[PageId, dict[PageId, Comparison]] = defaultdict(dict)
        self.story_pages: dict[StoryId, tuple[PageId, ...]] = {}
        self.canonical: dict[StoryId, PageId] = {}
        self.left: dict[PageId, StoryId] = {}  # the story of each page that was merged into the one it is in
        self.first_seen: dict[StoryId, datetime] = {}
        self.site_pages: dict[str, list[PageId]] = defaultdict(list)
        self.site_chrome: dict[str, Shingles] = {}
        self.counted: Counter[str] = Counter()
        self.due: dict[PageId, None] = {}
        self.decided = Decisions()
        self._made = 0

    # what a verdict reads

    def document(self, page: PageId) -> Document | None:
        return self.held.get(page)

    def documents(self, pages: Collection[PageId]) -> Sequence[Document]:
        return [self.held[page] for page in pages if page in self.held]

    def chrome(self, site: str) -> Shingles:
        return self.site_chrome.get(site, _NONE)

    def propose(self, rows: Sequence[int], text_key: int | None, titles: Collection[int], *, excluding: PageId) -> Proposed:
        return propose_pages(
            self.texts[text_key] if text_key is not None else (),
            ((row, page) for row in rows for page in self.rows[row] if page != excluding),
            (page for key in titles for page in self.titles[key]),
        )

    def at_addresses(self, keys: Collection[str]) -> Sequence[PageId]:
        return [self.keys[key] for key in keys if key in self.keys]

    def sites_named(self, names: Collection[str]) -> Mapping[str, frozenset[str]]:
        return {name: self.names[name] for name in names if name in self.names}

    def comparisons(self, pages: Collection[PageId]) -> Sequence[Comparison]:
        found = {(c.low, c.high): c for page in pages for c in self.compared[page].values()}
        return [replace(c, low_story=self.held[c.low].story, high_story=self.held[c.high].story) for c in found.values()]

    def members(self, stories: Collection[StoryId]) -> Sequence[PageId]:
        return [page for story in stories for page in self.story_pages.get(story, ())]

    def decisions(self, pages: Collection[PageId]) -> Decisions:
        return self.decided

    def homes(self, pages: Collection[PageId]) -> Mapping[PageId, StoryId]:
        left = {page: story for page in pages if (story := self.left.get(page)) is not None}
        return {page: story for page, story in left.items() if story not in self.story_pages}

    def standing(self, stories: Collection[StoryId]) -> Mapping[StoryId, tuple[PageId | None, datetime]]:
        return {story: (self.canonical.get(story), self.first_seen[story]) for story in stories if story in self.first_seen}

    # what follows from it

    def add(self, document: Document) -> None:
        """Judge one new document; those that its site's new chrome changes become due again."""
        self.held[document.page] = document
        self.keys[document.key] = document.page
        self.site_pages[document.site].append(document.page)
        self._count(document.site)
        self.judge(document.page)

    def add_all(self, documents: Iterable[Document]) -> None:
        """Judge them one by one, then again what is due, until all is at rest."""
        for document in documents:
            self.add(document)
        self.rest()

    def rest(self) -> int:
        """Judge again what is due until nothing is; how many verdicts that took."""
        judged = 0
        while self.due and judged < 10 * len(self.held) + 10:
            page = next(iter(self.due))
            del self.due[page]
            self.judge(page)
            judged += 1
        return judged

    def judge(self, page: PageId) -> None:
        self.due.pop(page, None)
        self._apply(judge(self.held[page], self, self.rules))

    def _count(self, site: str) -> None:
        pages = self.site_pages[site]
        if not is_count_due(len(pages), self.counted[site]):
            return
        recent = [self.held[page] for page in pages[-RECENT:]][::-1]
        before, now = self.chrome(site), learn_chrome(recent)
        self.counted[site] = len(pages)
        self.site_chrome[site] = now
        self.due |= dict.fromkeys(document.page for document in changed_by(recent, before, now) if document.kept is not None)

    def _apply(self, judgement: Judgement) -> None:
        page = judgement.page
        document = replace(self.held[page], kept=judgement.kept)
        self.held[page] = document
        for row in self.rows_of.get(page, ()):
            self.rows[row].remove(page)
        self.rows_of[page] = judgement.rows
        for row in judgement.rows:
            self.rows[row].append(page)
        if judgement.text_key is not None and page not in self.texts[judgement.text_key]:
            self.texts[judgement.text_key].append(page)
        for key in document.title_keys:
            if page not in self.titles[key]:
                self.titles[key].append(page)
        for other in list(self.compared[page]):
            del self.compared[other][page]
        self.compared[page] = {}
        for comparison in judgement.comparisons:
            other = comparison.other(page)
            self.compared[page][other] = self.compared[other][page] = comparison
        standing = {other: self.held[other].story for other in judgement.again}
        self.due |= dict.fromkeys(other for other, story in standing.items() if story and len(self.story_pages[story]) > 1)
        for ruling in judgement.stories:
            for gone in ruling.merged:
                self.left |= dict.fromkeys(self.story_pages.pop(gone, ()), gone)
            story = ruling.id
            if story is None:
                self._made += 1
                story = StoryId(f"s{self._made}")
            pages = tuple(member.page for member in ruling.members)
            self.first_seen.setdefault(story, min(self.held[member].first_seen_at for member in pages))
            self.story_pages[story] = pages
            self.canonical[story] = ruling.canonical
            for member in ruling.members:
                self.held[member.page] = replace(self.held[member.page], story=story, relation=member.relation)
