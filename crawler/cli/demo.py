"""`demo`: the whole thing on an invented newsroom, without the network."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.errors import StoreUnwritable, UsageError


@click.command("demo")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the demo's database in this folder, to look around in it afterwards; it must be empty or new.",
)
@output_options
@click.pass_obj
def command(invocation: Invocation, keep: Path | None) -> int:
    """Show it all on an invented newsroom: crawl the copies first, the originals second, and explain a verdict.

    The newsroom is served on this machine; nothing else is asked. Your settings and your data are left alone.
    """
    import asyncio

    from crawler.cli.logs import event_logger, set_up_logs
    from crawler.cli.telling import Telling
    from crawler.demo.run import play

    set_up_logs(invocation)
    with _data_dir(keep) as data_dir:
        telling = Telling(invocation, data_dir)
        telling.begin()
        asyncio.run(play(data_dir, observe=event_logger(failures=logging.INFO), tell=telling.after_crawl))
        telling.end(kept=keep)
    return telling.exit_code


@contextmanager
def _data_dir(keep: Path | None) -> Iterator[Path]:
    """A folder for the demo's data: the one to keep, else one that is gone afterwards."""
    from tempfile import TemporaryDirectory

    if keep is None:
        with TemporaryDirectory(prefix="crawler-demo-") as name:
            yield Path(name)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
        is_empty = not any(keep.iterdir())
    except OSError as error:
        raise StoreUnwritable(f"cannot use {keep}: {error.strerror}; give --keep a folder that can be written") from error
    if not is_empty:
        raise UsageError(f"{keep} is not empty, and the demo mixes with no other data; give --keep a new folder")
    yield keep
