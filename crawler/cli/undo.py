"""`undo`: a decision is taken back."""

from __future__ import annotations

import click

from crawler.cli.deciding import decide
from crawler.cli.invocation import Invocation, output_options


@click.command("undo")
@click.argument("number", metavar="[NUMBER]", type=int, required=False)
@output_options
@click.pass_obj
def command(invocation: Invocation, number: int | None) -> None:
    """Take back the last decision that is not undone, or the one of that number.

    Pages return to the stories they came from, and what it overruled is in force again.
    """
    decide(invocation, lambda store, now: store.decisions.undo(number, now))
