"""`report`: who publishes, who takes from whom, what is stale, which feeds overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.invocation import Command, Invocation, output_options
from crawler.cli.options import Since
from crawler.errors import UsageError

if TYPE_CHECKING:
    from crawler.study.reports import PairRow
    from crawler.study.stale import StaleRow

_TABLE_ROWS = 50  # that a terminal is shown; CSV and JSON have all


@click.group("report")
def command() -> None:
    """Report on publishers, on who takes from whom and how fast, on stale copies, on feeds that overlap."""


def report_options(function: Command) -> Command:
    """What every report takes."""
    for option in (
        click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N rows.  [default: 50, CSV and JSON all]"),
        click.option("--csv", "as_csv", is_flag=True, help="CSV on stdout."),
        click.option("--since", type=Since(), help="Of stories first seen (stale: corrected) since then: 30d, or 2026-11-20."),
    ):
        function = option(function)
    return function


@command.command("publishers")
@report_options
@output_options
@click.pass_obj
def publishers(invocation: Invocation, since: datetime | None, as_csv: bool, limit: int | None) -> None:
    """Show each site's stories: of how many it has the canonical version, of how many a copy of another's."""
    from crawler.study.reports import report_publishers

    with invocation.store() as store:
        rows = report_publishers(store.reporting.stories(since), _site_of(invocation))
    columns = ("site", "publisher", "stories", "originals", "copies", "original_share", "copy_share", "carried", "reposts")
    _write(invocation, columns, ({name: getattr(row, name) for name in columns} for row in rows), as_csv=as_csv, limit=limit)


@command.command("graph")
@click.option("--graphml", "graphml_file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), metavar="FILE",
              help="Write the graph as GraphML; - is stdout.")  # fmt: skip
@report_options
@output_options
@click.pass_obj
def graph(invocation: Invocation, since: datetime | None, as_csv: bool, limit: int | None, graphml_file: Path | None) -> None:
    """Show who takes from whom: stories, relations, the median lag."""
    if graphml_file is not None:
        _write_graph(invocation, graphml_file, since)
        return
    rows = (
        {name: getattr(row, name) for name in ("original", "copier", "stories", "timed", "lag_median_s")}
        | {relation.value: number for relation, number in row.relations}
        for row in _pairs(invocation, since)
    )
    columns = ("original", "copier", "stories", "copy", "excerpt", "edited", "timed", "lag_median_s")
    _write(invocation, columns, ({name: row.get(name, 0) for name in columns} for row in rows), as_csv=as_csv, limit=limit)


@command.command("lag")
@report_options
@output_options
@click.pass_obj
def lag(invocation: Invocation, since: datetime | None, as_csv: bool, limit: int | None) -> None:
    """Show how long after the canonical version each site's copies say that they were published."""
    spread = ("lag_min_s", "lag_p25_s", "lag_median_s", "lag_p75_s", "lag_p90_s", "lag_max_s")
    columns = ("original", "copier", "stories", "timed", *spread)
    rows = ({name: getattr(row, name) for name in columns} for row in _pairs(invocation, since))
    _write(invocation, columns, rows, as_csv=as_csv, limit=limit)


@command.command("stale")
@report_options
@output_options
@click.pass_obj
def stale(invocation: Invocation, since: datetime | None, as_csv: bool, limit: int | None) -> None:
    """List the copies of corrected stories that are tied to an older revision or still carry the old words."""
    from crawler.study.stale import report_stale

    columns = (
        "story", "original", "copy", "site", "relation", "of_revision", "revisions", "carries", "changes", "old_words", "new_words",
    )  # fmt: skip
    with invocation.store() as store:
        rows = (_stale_values(row) for row in report_stale(store.reporting.corrected(since)))
        _write(invocation, columns, rows, as_csv=as_csv, limit=limit, flexible=9)


@command.command("overlap")
@report_options
@output_options
@click.pass_obj
def overlap(invocation: Invocation, since: datetime | None, as_csv: bool, limit: int | None) -> None:
    """Show which feeds are contained in others: the share of a feed's stories that another feed carries too."""
    from crawler.publish.plain import mask
    from crawler.study.reports import report_overlap

    with invocation.store() as store:
        found = report_overlap(store.reporting.carried(since))
    columns = ("feed", "other", "stories", "shared", "share")
    rows = (
        {"feed": mask(row.feed), "other": mask(row.other), "stories": row.stories, "shared": row.shared, "share": row.share}
        for row in found
    )
    _write(invocation, columns, rows, as_csv=as_csv, limit=limit, flexible=0)


def _site_of(invocation: Invocation) -> Callable[[str], str]:
    from crawler.urls import Sites

    return Sites(invocation.settings.publishers.families).of


def _pairs(invocation: Invocation, since: datetime | None) -> list[PairRow]:
    from crawler.study.reports import report_pairs

    with invocation.store() as store:
        return report_pairs(store.reporting.stories(since), _site_of(invocation))


def _write_graph(invocation: Invocation, file: Path, since: datetime | None) -> None:
    from crawler.cli.console import counted
    from crawler.cli.graphml import graphml
    from crawler.study.reports import report_pairs, report_publishers

    with invocation.store() as store:
        pairs = report_pairs(store.reporting.stories(since), _site_of(invocation))
        sites = report_publishers(store.reporting.stories(since), _site_of(invocation))
    text = graphml(pairs, sites)
    if str(file) == "-":
        invocation.say(text.rstrip("\n"))
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from error
    invocation.hint(f"{counted(len(sites), 'site')} and {counted(len(pairs), 'pair')} of them written to {file}")


def _stale_values(row: StaleRow) -> dict[str, Any]:
    return {
        "story": row.story, "original": row.original, "copy": row.url, "site": row.site, "relation": row.relation.value,
        "of_revision": row.base, "revisions": row.revisions, "carries": len(row.carries), "changes": row.changes,
        "old_words": [words.old for words in row.carries], "new_words": [words.new for words in row.carries],
    }


def _write(
    invocation: Invocation, columns: Sequence[str], rows: Iterable[dict[str, Any]], *, as_csv: bool, limit: int | None,
    flexible: int = 1,
) -> None:
    """The rows as they were asked for: JSON Lines and CSV with names and seconds, a table with spans."""
    from crawler.cli.console import table
    from crawler.cli.sheets import csv_lines

    if as_csv and invocation.as_json:
        raise UsageError("--csv or --json, not both")
    if invocation.as_json:
        for row in islice(rows, limit):
            invocation.emit(row)
        return
    if as_csv:
        for line in csv_lines(columns, ([_joined(row[name]) for name in columns] for row in islice(rows, limit))):
            invocation.say(line)
        return
    most = limit or _TABLE_ROWS
    shown = list(islice(rows, most + 1))
    if not shown:
        invocation.hint("nothing to report")
        return
    titles = [name.removesuffix("_s").replace("_", " ").upper() for name in columns]
    numbers = [i for i, name in enumerate(columns) if isinstance(shown[0][name], (int, float)) or name.endswith("_s")]
    invocation.say(table(titles, list(_cells(columns, shown[:most])), flexible=flexible, numbers=numbers))
    if len(shown) > most:
        invocation.hint(f"the first {most}; --limit shows more, --csv and --json all")


def _joined(value: Any) -> Any:
    return " | ".join(value) if isinstance(value, list) else value


def _cells(columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> Iterator[list[object]]:
    from crawler.cli.console import share

    for row in rows:
        cells: list[object] = []
        for name in columns:
            value = row[name]
            if name.endswith("_s"):
                cells.append(_span(value))
            else:
                cells.append(share(value) if isinstance(value, float) else _joined(value))
        yield cells


def _span(seconds: int | None) -> str:
    """A lag as a person reads it; one below zero was published before."""
    from crawler.cli.console import span_text

    if seconds is None:
        return "-"
    return f"{'-' if seconds < 0 else ''}{span_text(timedelta(seconds=seconds))}"
