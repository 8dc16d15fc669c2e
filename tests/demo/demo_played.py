"""What is left of the demo once it has been played."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from crawler.demo.run import SETTINGS
from crawler.demo.server import Asked
from crawler.pipeline.summary import RunSummary
from crawler.stores.views import Block, Member, StoryRecord, StoryView
from crawler.wiring import open_database


@dataclass
class Played:
    """Both crawls: their summaries, the stories after each, and what the sites were asked in all."""

    data_dir: Path
    summaries: list[RunSummary] = field(default_factory=list)
    stories: list[list[StoryRecord]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def hear(self, tick: int, summary: RunSummary) -> None:
        assert tick == len(self.summaries)
        self.summaries.append(summary)
        with open_database(SETTINGS, self.data_dir) as store:
            self.stories.append(list(store.reading.records()))

    def story(self, url: str, tick: int = -1) -> StoryRecord:
        """The one story that an address belongs to after a crawl."""
        [found] = [record for record in self.stories[tick] if url in members(record)]
        return found

    def view(self, url: str) -> StoryView:
        with open_database(SETTINGS, self.data_dir) as store:
            view = store.reading.story(self.story(url).id)
        assert view is not None
        return view

    def blocks(self, member: Member) -> list[Block]:
        with open_database(SETTINGS, self.data_dir) as store:
            return store.reading.blocks(member.page)


def members(record: StoryRecord) -> list[str]:
    return [record.canonical.url, *(copy.url for copy in record.copies)]
