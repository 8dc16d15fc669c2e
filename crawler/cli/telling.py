"""What the demo says of its two crawls: its own words around what the other commands print."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from crawler.cli import explain, stories
from crawler.cli.accounts import account, masked
from crawler.cli.comparing import compare_texts
from crawler.cli.console import screen_width, share, table
from crawler.cli.invocation import Invocation, has_colour
from crawler.demo.editions import TIDE, TIDINGS, WEATHER
from crawler.demo.run import SETTINGS
from crawler.pipeline.summary import RunSummary
from crawler.publish.jsonl import story_values
from crawler.settings import LoadedSettings
from crawler.stores.views import Member, StoryRecord
from crawler.wiring import open_database

EXPLAINED = TIDINGS.url("/read/ferry-yard-4108")
_WIDEST = 110
_BLANK = " "  # a table shows an empty cell as "-"


class Telling:
    """Tells a newcomer what each crawl brought; with `--json`, gives a line for each crawl instead."""

    def __init__(self, invocation: Invocation, data_dir: Path) -> None:
        self._invocation = invocation
        self._data_dir = data_dir
        self._canonical: dict[str, Member] = {}  # by story, as it stood after the crawl before
        self.exit_code = 0

    def begin(self) -> None:
        self._say_prose(
            "An invented newsroom: a publisher, a news app that wraps and cuts its stories, a wire agency with three papers "
            "that print it, a weather office, a newsletter. It is served on this machine, and nothing else is asked."
        )

    def after_crawl(self, tick: int, summary: RunSummary) -> None:
        """Tell of one crawl; its database is closed by now, and opened here as any other command would."""
        with open_database(SETTINGS, self._data_dir) as store:
            records = list(store.reading.records())
        if self._invocation.as_json:
            values = [story_values(record) for record in records]
            self._invocation.emit({"crawl": tick + 1, "summary": masked(summary.as_json()), "stories": values})
        elif tick == 0:
            self._tell_first(summary, records)
        else:
            self._tell_second(summary, records)
        self._canonical = {record.id: record.canonical for record in records}
        self.exit_code = self.exit_code or summary.exit_code

    def end(self, *, kept: Path | None) -> None:
        if kept is not None:
            self._say_heading("Look around")
            for words in ("stories", "show SN", "explain SN", "export -"):
                self._say(f"  {program()} --data-dir {kept} {words.replace('SN', 'STORY')}")
        self._say_heading("Now the real thing")
        self._say_prose("A starter list of news feeds, fetched politely; the data goes to ./data:")
        self._say(f"\n  {program()} crawl --feeds config/feeds.opml")

    def _tell_first(self, summary: RunSummary, records: Sequence[StoryRecord]) -> None:
        self._say_heading("1. The copies come first")
        self._say_prose("The app and the papers are out; of what they copied, three originals have not appeared yet.")
        self._say_account(summary)
        self._show_command(stories.command, "stories")
        alone = [record for record in records if record.canonical.site == TIDINGS.host]
        self._say_prose(
            f"Nothing else is known of {len(alone)} stories, so the app's version stands for them, however it was wrapped or cut. "
            "The agency's story is held by three papers: one version stands, two are its copies."
        )

    def _tell_second(self, summary: RunSummary, records: Sequence[StoryRecord]) -> None:
        self._say_heading("2. The originals appear")
        self._say_prose("Feeds that had not changed said so in a few bytes (304), and no page is fetched twice.")
        self._say_account(summary)
        self._say_promotions(records)
        self._say_copies(records)
        self._say_apart(records)
        self._say_heading("3. Why?")
        self._show_command(explain.command, "explain", EXPLAINED)
        for record in records:
            if EXPLAINED in [copy.url for copy in record.copies]:
                self._say_prose(f"The {record.canonical.publisher}'s version is the canonical one: {self._why(record)}.")

    def _say_account(self, summary: RunSummary) -> None:
        self._say()
        for line in account(summary):
            self._say(f"  {line}")

    def _say_promotions(self, records: Sequence[StoryRecord]) -> None:
        rows = [
            (record.id, before.site, record.canonical.site, self._why(record))
            for record in records
            if (before := self._canonical.get(record.id)) is not None and before.url != record.canonical.url
        ]
        self._say_prose(f"{len(rows)} originals took their copies' place. Each story keeps its id, so no reader sees it twice:")
        self._say()
        self._say(table(("STORY", "STOOD", "STANDS NOW", "WHY"), rows))

    def _say_copies(self, records: Sequence[StoryRecord]) -> None:
        self._say_prose("Every copy stays listed, with what it is to the canonical version and how much of either the other holds:")
        self._say()
        rows = [row for record in records if record.copies for row in _versions(record)]
        self._say(table(("STORY", "VERSION", "PUBLISHER", "TITLE", "IN CANONICAL", "SHOWS"), rows, flexible=3, numbers=(4, 5)))

    def _say_apart(self, records: Sequence[StoryRecord]) -> None:
        forecasts = [record for record in records if record.canonical.site == WEATHER.host]
        stretches = compare_texts(forecasts[0].text, forecasts[-1].text)
        same = sum(stretch.words for stretch in stretches if stretch.is_shared)
        self._say_prose(
            f"Kept apart: the forecasts of {WEATHER.name} are {len(forecasts)} stories. Two of them have {same} of "
            f"{len(forecasts[0].text.split())} words in common, but it is one template around other towns and numbers."
        )
        for record in records:
            if record.canonical.site == TIDE.host and not record.copies:
                self._say_prose(
                    f"And “{record.canonical.title}” of {TIDE.name} is a story of its own: it opens with the first lines of four "
                    "others and is none of them."
                )

    def _why(self, record: StoryRecord) -> str:
        with open_database(SETTINGS, self._data_dir) as store:
            view = store.reading.story(record.id)
        return view.why_canonical if view else ""

    def _show_command(self, command: click.Command, *words: str) -> None:
        """Run a command on the demo's data, as a person would."""
        line = f"$ {program()} {' '.join(words)}"
        self._say("\n" + (click.style(line, fg="cyan") if has_colour(sys.stdout) else line))
        beside = Invocation(data_dir=self._data_dir)
        beside.loaded = LoadedSettings(settings=SETTINGS, sources={}, file=None)
        command.main(list(words[1:]), prog_name="crawler", obj=beside, standalone_mode=False)

    def _say_heading(self, title: str) -> None:
        if self._invocation.as_json:
            return
        self._say()
        if not has_colour(sys.stdout):
            self._say(f"== {title} ==")
            return
        from rich.console import Console

        Console(file=sys.stdout, width=min(screen_width(), _WIDEST)).rule(f"[bold]{title}", align="left", style="green")

    def _say_prose(self, text: str) -> None:
        self._say()
        self._say(textwrap.fill(text, min(screen_width(), _WIDEST)))

    def _say(self, text: str = "") -> None:
        if not self._invocation.as_json:
            self._invocation.say(text)


def _versions(record: StoryRecord) -> Iterator[tuple[object, ...]]:
    """The rows of one story: the version that stands, then its copies."""
    yield (record.id, "canonical", record.canonical.publisher, record.canonical.title, _BLANK, _BLANK)
    for copy in record.copies:
        measures = share(copy.measure("containment")), share(copy.measure("coverage"))
        yield (_BLANK, f"  {copy.relation}", copy.publisher, copy.title, *measures)


def program() -> str:
    """The program as it was called, to be copied."""
    script = Path(sys.argv[0])
    if script.name != "run_crawler.py":
        return "crawler"
    python, here = Path(sys.executable), Path.cwd()
    return f"{python.relative_to(here) if python.is_relative_to(here) else python.name} {script}"
