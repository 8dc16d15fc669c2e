"""`decisions`: what people decided."""

from __future__ import annotations

import click

from crawler.cli.invocation import Invocation, output_options


@click.command("decisions")
@output_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """List what people decided, the last first: in force, overruled by a later decision, or undone."""
    from crawler.cli.console import table
    from crawler.cli.deciding import decision_values, state_text, what_text

    with invocation.store() as store:
        found = store.decisions.all()
    if invocation.as_json:
        for decision in found:
            invocation.emit(decision_values(decision))
    elif found:
        rows = [(one.id, one.created_at, state_text(one), what_text(one), one.note) for one in found]
        invocation.say(table(("NUMBER", "WHEN", "STATE", "DECISION", "NOTE"), rows, flexible=3, numbers=(0,)))
    else:
        invocation.hint("nothing was decided yet: `review` asks, `merge`, `split` and `pin` decide")
