"""`export`: every story as JSON Lines."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.errors import UsageError


@click.command("export")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@output_options
@click.pass_obj
def command(invocation: Invocation, file: Path) -> None:
    """Write every story to FILE (- for stdout), one JSON line each, in the order of first sight."""
    from crawler.cli.console import counted
    from crawler.publish.jsonl import write_jsonl

    if str(file) != "-" and file.suffix not in (".jsonl", ".ndjson", ".json"):
        raise UsageError(f"cannot tell a format from {file}: name it *.jsonl, or - for JSON Lines on stdout")
    with invocation.store() as store, _open_whole(file) as stream:
        count = write_jsonl(store.reading.records(), stream)
    if invocation.as_json and str(file) != "-":
        invocation.emit({"file": str(file), "stories": count})
    else:
        invocation.hint(f"{counted(count, 'story', 'stories')} written to {'stdout' if str(file) == '-' else file}")


@contextmanager
def _open_whole(file: Path) -> Iterator[IO[bytes]]:
    """A stream whose content takes the file's place once it is complete: a reader never sees half an export."""
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists() and not file.is_file():  # a pipe or a device takes the lines as they come
        with file.open("wb") as stream:
            yield stream
        return
    temporary: str | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as stream:
            temporary = stream.name
            yield stream
        _give_usual_mode(temporary)
        os.replace(temporary, file)
        temporary = None
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)


def _give_usual_mode(path: str) -> None:
    """The permissions that an ordinary new file has; a temporary one is for its owner only."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, 0o666 & ~mask)
