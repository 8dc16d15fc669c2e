"""`split`: a page is no version of its story, because a person says so."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from crawler.cli.deciding import decide, note_option
from crawler.cli.invocation import Invocation, output_options
from crawler.errors import UsageError

if TYPE_CHECKING:
    from crawler.stores import Store
    from crawler.stores.views import Decision


@click.command("split")
@click.argument("reference", metavar="ID|URL")
@click.argument("page", metavar="[URL]", required=False)
@note_option
@output_options
@click.pass_obj
def command(invocation: Invocation, reference: str, page: str | None, note: str) -> None:
    """Take a page out of its story: it gets a story and an id of its own, and never shares one with any of the others.

    With two: the page URL leaves the story ID. Where it is in another story already, the two stay apart.
    """
    decide(invocation, lambda store, now: _split(store, reference, page or reference, now, note))


def _split(store: Store, reference: str, address: str, now: datetime, note: str) -> Decision:
    from crawler.cli.lookup import find_member

    page, anchor = find_member(store.reading, address).page, find_member(store.reading, reference).page
    if store.reading.page(address) is None:
        raise UsageError(f"which page of {address} is to leave it? Give its address (`show {address}` lists them)")
    if store.reading.find(reference) == store.reading.find(address):
        return store.decisions.split(page, now, note=note)
    return store.decisions.keep_apart(page, anchor, now, note=note)
