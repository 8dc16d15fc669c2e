"""`pin`: a page is the canonical version of its story, because a person says so."""

from __future__ import annotations

import click

from crawler.cli.deciding import decide, note_option
from crawler.cli.invocation import Invocation, output_options


@click.command("pin")
@click.argument("reference", metavar="ID|URL")
@note_option
@output_options
@click.pass_obj
def command(invocation: Invocation, reference: str, note: str) -> None:
    """Make a page the canonical version of its story, wherever it is; of two in one story, the one pinned later.

    Of a story's id it is the canonical version that is pinned. Neither members nor ids change."""
    from crawler.cli.lookup import find_member

    decide(invocation, lambda store, now: store.decisions.pin(find_member(store.reading, reference).page, now, note=note))
