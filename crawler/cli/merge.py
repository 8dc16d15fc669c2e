"""`merge`: two stories are one, because a person says so."""

from __future__ import annotations

import click

from crawler.cli.deciding import decide, note_option
from crawler.cli.invocation import Invocation, output_options


@click.command("merge")
@click.argument("first", metavar="ID|URL")
@click.argument("second", metavar="ID|URL")
@note_option
@output_options
@click.pass_obj
def command(invocation: Invocation, first: str, second: str, note: str) -> None:
    """Make one story of two, whatever their texts say: all pages of both stay together, under the id of the first.

    Two addresses of one story stay in one story.
    """
    from crawler.cli.lookup import find_member

    decide(
        invocation,
        lambda store, now: store.decisions.merge(
            find_member(store.reading, first).page, find_member(store.reading, second).page, now, note=note
        ),
    )
