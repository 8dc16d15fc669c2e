"""A crawl's progress on stderr: bars on a terminal, a line now and then elsewhere, nothing with -q."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from crawler.cli.invocation import Invocation
from crawler.cli.tally import Tally
from crawler.events import Event, Observer

LINE_EVERY_S = 10.0  # often enough to see it live, seldom enough to read the log of a long run


@contextmanager
def show_progress(invocation: Invocation) -> Iterator[Observer]:
    """An observer whose counts are shown for as long as the block lasts."""
    if invocation.quiet:
        yield lambda event: None
    elif sys.stderr.isatty() and not invocation.verbosity and not invocation.debug:
        with _bars() as observe:
            yield observe
    else:
        yield _lines()


@contextmanager
def _bars() -> Iterator[Observer]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    tally = Tally()
    with Progress(
        TextColumn("{task.description:<8}"),
        MofNCompleteColumn(),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[parts]}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=5,
    ) as progress:
        tasks = [progress.add_task(name, total=None, parts="") for name, *_ in tally.rows()]

        def observe(event: Event) -> None:
            tally(event)
            for task, (_, done, total, words) in zip(tasks, tally.rows(), strict=True):
                progress.update(task, completed=done, total=total or None, parts=words)

        yield observe


def _lines() -> Observer:
    tally, shown_at = Tally(), time.monotonic()

    def observe(event: Event) -> None:
        nonlocal shown_at
        tally(event)
        if time.monotonic() - shown_at >= LINE_EVERY_S:
            shown_at = time.monotonic()
            click.echo("; ".join(f"{name} {done}/{total}" for name, done, total, _ in tally.rows()), err=True)

    return observe
