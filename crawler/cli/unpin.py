"""`unpin`: a page is canonical only where it is elected."""

from __future__ import annotations

import click

from crawler.cli.deciding import decide, note_option
from crawler.cli.invocation import Invocation, output_options


@click.command("unpin")
@click.argument("reference", metavar="ID|URL")
@note_option
@output_options
@click.pass_obj
def command(invocation: Invocation, reference: str, note: str) -> None:
    """Take a pin off a page: the canonical version of its story is elected again."""
    from crawler.cli.lookup import find_member

    decide(invocation, lambda store, now: store.decisions.unpin(find_member(store.reading, reference).page, now, note=note))
