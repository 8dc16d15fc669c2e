"""`prune`: drop what the settings say need not be kept."""

from __future__ import annotations

import click

from crawler.cli.invocation import Invocation, output_options

_WORDS = {"index_rows": ("index row",), "entries": ("entry", "entries"), "stories": ("story", "stories"), "pages": ("page",)}


@click.command("prune")
@click.option(
    "--keep-days",
    type=click.IntRange(min=0),
    metavar="N",
    help="Stories not changed for so long go; 0 keeps them for ever.  [default: store.keep_days]",
)
@output_options
@click.pass_obj
def command(invocation: Invocation, keep_days: int | None) -> None:
    """Drop index rows and seen ids that lie beyond their windows, and stories older than store.keep_days."""
    import dataclasses
    from datetime import UTC, datetime

    settings = invocation.settings
    with invocation.store() as store:
        pruned = store.pruning.prune(
            datetime.now(UTC),
            settings.store.keep_days if keep_days is None else keep_days,
            window_days=settings.dedup.window_days,
        )
    counts = dataclasses.asdict(pruned)
    if invocation.as_json:
        invocation.emit(counts)
    else:
        from crawler.cli.console import counted

        said = (counted(count, *_WORDS[name]) for name, count in counts.items())
        invocation.say(f"dropped {', '.join(said)}")
