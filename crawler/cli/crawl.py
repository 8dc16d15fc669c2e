"""`crawl`: fetch what is due, once, and end when nothing is left to do."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.cli.options import Since
from crawler.errors import UsageError

if TYPE_CHECKING:
    import asyncio

    from crawler.model import FeedId
    from crawler.pipeline.engine import CrawlRequest, Engine
    from crawler.pipeline.summary import Foreseen, RunSummary


@click.command("crawl")
@click.argument("feeds", nargs=-1, metavar="[FEED...]")
@click.option(
    "--feeds",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="OPML, or one address a line: follow these feeds and crawl just them.",
)
@click.option("--all", "all_feeds", is_flag=True, help="Also feeds that are not due yet (never pages before their time).")
@click.option("--recheck", is_flag=True, help="Ask every known page again for corrections, conditionally.")
@click.option("--dry-run", is_flag=True, help="Say what would be fetched, fetch nothing.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Fetch at most so many pages.")
@click.option("--since", type=Since(), help="Only pages first seen since then: 2d, 3h, or 2026-11-20.")
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    feeds: tuple[str, ...],
    file: Path | None,
    all_feeds: bool,
    recheck: bool,
    dry_run: bool,
    limit: int | None,
    since: datetime | None,
) -> int:
    """Poll the feeds that are due (or those named by id or address), read their new pages, join the copies, and end."""
    from crawler.pipeline.workers import start_ahead

    if not dry_run:
        start_ahead()
    from crawler.pipeline.engine import CrawlRequest

    chosen = _choose(invocation, feeds, file)
    request = CrawlRequest(feeds=chosen, all_feeds=all_feeds, recheck=recheck, limit=limit, since=since, dry_run=dry_run)
    summary = _crawl(invocation, request)
    if summary.foreseen is not None:
        _show_foreseen(invocation, summary.foreseen)
    else:
        _show_summary(invocation, summary)
    return summary.exit_code


def _choose(invocation: Invocation, references: Sequence[str], file: Path | None) -> tuple[FeedId, ...] | None:
    """The feeds that are named, those of the file among them followed; None for all."""
    from crawler.cli.console import counted
    from crawler.cli.following import follow_list

    if not references and file is None:
        return None
    chosen: dict[FeedId, None] = {}
    with invocation.store() as store:
        for reference in references:
            if (feed := store.feeds.find(reference)) is None:
                raise UsageError(f"no feed {reference} is followed; `feeds add` follows one, `feeds list` shows them")
            chosen[feed.id] = None
        if file is not None:
            followed = follow_list(store, file, file.read_bytes())
            chosen |= dict.fromkeys(followed.feeds)
            invocation.hint(f"{file}: {counted(len(followed.feeds), 'feed')}, {followed.added} of them new")
    return tuple(chosen)


def _crawl(invocation: Invocation, request: CrawlRequest) -> RunSummary:
    from crawler.cli.logs import event_logger, set_up_logs
    from crawler.cli.progress import show_progress
    from crawler.cli.running import NO_CONTACT, both, run_engine

    async def work(engine: Engine, stop: asyncio.Event) -> RunSummary:
        if not invocation.settings.crawler.contact:
            invocation.warn(NO_CONTACT)
        return await engine.crawl(request, stop)

    set_up_logs(invocation)
    with show_progress(invocation) as progress:  # failures stand in the summary; -v logs them as they come
        return run_engine(invocation, work, both(progress, event_logger(failures=logging.INFO)), command="crawl")


def _show_summary(invocation: Invocation, summary: RunSummary) -> None:
    from crawler.cli.accounts import account, masked

    if not summary.feeds_due and not summary.pages_taken and not invocation.quiet:
        invocation.hint("nothing is due; --all polls every feed now, `feeds add URL` or --feeds FILE follows more")
    for line in account(summary):
        invocation.hint(line)
    if invocation.as_json:
        invocation.emit(masked(summary.as_json()))


def _show_foreseen(invocation: Invocation, foreseen: Foreseen) -> None:
    from crawler.cli.console import counted
    from crawler.publish.plain import mask, plain

    for kind, urls in (("feed", foreseen.feeds), ("page", foreseen.pages)):
        for url in urls:
            if invocation.as_json:
                invocation.emit({"would_fetch": kind, "url": mask(url)})
            else:
                invocation.say(f"{kind}  {plain(mask(url))}")
    feeds, pages = counted(len(foreseen.feeds), "feed"), counted(len(foreseen.pages), "page")
    invocation.hint(f"would poll {feeds} and fetch {pages}, and what the feeds bring")
