"""What one call of the program was given, and where its words go: data to stdout, all else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from crawler.publish.plain import mask, plain

if TYPE_CHECKING:
    from crawler.settings import LoadedSettings, Settings
    from crawler.stores import Store

Command = TypeVar("Command", bound=Callable[..., Any])


def has_colour(stream: TextIO) -> bool:
    """Whether a stream takes colour: a terminal, and nobody asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


@dataclass
class Invocation:
    """The global options, the settings they lead to, and the two streams."""

    config: Path | None = None
    data_dir: Path = Path("data")
    overrides: Sequence[str] = ()
    log_format: str = "auto"
    verbosity: int = 0
    quiet: bool = False
    as_json: bool = False
    debug: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @cached_property
    def loaded(self) -> LoadedSettings:
        return self.load()

    @property
    def settings(self) -> Settings:
        return self.loaded.settings

    def load(self) -> LoadedSettings:
        """The settings as they stand now; `serve` calls it again when it is told to reload."""
        from crawler.settings import load_settings

        return load_settings(config=self.config, environ=self.environ, overrides=self.overrides)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store of the data directory, made if it is not there yet."""
        settings = self.settings  # a mistake in them comes before all else
        from crawler.wiring import open_database

        store = open_database(settings, self.data_dir)
        try:
            yield store
        finally:
            store.close()

    def emit(self, values: Mapping[str, Any]) -> None:
        """Write one JSON line to stdout."""
        from crawler.publish.jsonl import json_line

        click.echo(json_line(values))

    def say(self, text: str = "") -> None:
        """Write lines of data to stdout, for a person; whatever was fetched in them must have gone through `plain`."""
        click.echo(text)

    def hint(self, text: str) -> None:
        """Tell the person something beside the data, unless they want quiet."""
        if not self.quiet:
            click.echo(text, err=True)

    def warn(self, text: str) -> None:
        """Tell the person what they should change, unless they want quiet."""
        if not self.quiet:
            label = click.style("warning:", fg="yellow", bold=True) if has_colour(sys.stderr) else "warning:"
            click.echo(f"{label} {plain(mask(text))}", err=True, color=has_colour(sys.stderr))

    def complain(self, message: str) -> None:
        """One line about what went wrong."""
        label = click.style("error:", fg="red", bold=True) if has_colour(sys.stderr) else "error:"
        click.echo(f"{label} {plain(mask(message))}", err=True, color=has_colour(sys.stderr))


def output_options(command: Command) -> Command:
    """Add the options that may stand before or after a command's name."""
    for option in (
        click.option(
            "--debug", is_flag=True, expose_value=False, callback=_keep("debug"), help="Show tracebacks and every log line."
        ),
        click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_keep("quiet"), help="No progress, no hints."),
        click.option(
            "-v",
            "--verbose",
            count=True,
            expose_value=False,
            callback=_keep("verbosity"),
            help="Log what happens; twice: all of it.",
        ),
        click.option("--json", is_flag=True, expose_value=False, callback=_keep("as_json"), help="JSON Lines on stdout."),
    ):
        command = option(command)
    return command


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.ensure_object(Invocation), name, value)

    return keep
