"""The command `crawler`: global options, the list of commands, and what an error looks like.

Only click is imported here; a command's own module, and what is heavy in it, when it is needed: `--version` answers at once.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.errors import CrawlerError

COMMANDS = (
    "demo", "crawl", "serve", "feeds", "stories", "show", "explain", "check", "eval", "rededup", "report", "review", "merge",
    "split", "pin", "unpin", "undo", "decisions", "export", "status", "prune",
)  # fmt: skip
"""Each is a module crawler/cli/<name>.py holding `command`; the order is that of `--help`."""

INTERRUPTED = 130
GARBAGE = (20_000, 10, 10)  # objects before it is looked for: by default two dozen times while a command is being imported


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"crawler.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Settings file.  [default: $CRAWLER_CONFIG, else config/crawler.toml]",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=Path("data"),
    show_default=True,
    help="Where the database and the lock are.",
)
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one setting, such as fetch.delay_s=0; repeatable."
)
@click.option(
    "--log-format",
    type=click.Choice(["auto", "text", "json"]),
    default="auto",
    show_default=True,
    help="How log lines look; auto is text on a terminal, JSON elsewhere.",
)
@click.version_option(package_name="feed-crawler", prog_name="crawler", message="%(prog)s %(version)s")
@output_options
@click.pass_obj
def group(invocation: Invocation, config: Path | None, data_dir: Path, overrides: tuple[str, ...], log_format: str) -> None:
    """Follow many news feeds and keep each story once."""
    invocation.config, invocation.data_dir, invocation.overrides, invocation.log_format = config, data_dir, overrides, log_format


def main(args: Sequence[str] | None = None) -> int:
    """Run one command; every error becomes one line on stderr and an exit code (a traceback only with --debug)."""
    gc.set_threshold(*GARBAGE)
    invocation = Invocation()
    try:
        code = group.main(args, prog_name="crawler", obj=invocation, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        invocation.complain("interrupted")
        return INTERRUPTED
    except (SystemExit, BrokenPipeError):  # the reader (head, less) has seen enough; click ends so
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing more may be written, at exit neither
        return 0
    except CrawlerError as error:
        _show(invocation, str(error))
        return error.exit_code
    except Exception as error:  # the last one: nothing else would turn it into a line and a code
        _show(invocation, f"unexpected {type(error).__name__}: {error}" + ("" if invocation.debug else " (--debug shows where)"))
        return 1


def _show(invocation: Invocation, message: str) -> None:
    if invocation.debug:
        from crawler.publish.plain import mask, plain_lines

        click.echo(plain_lines(mask(traceback.format_exc())), err=True)
    invocation.complain(message)
