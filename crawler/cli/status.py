"""`status`: how things stand, or with --config every setting and where its value came from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.invocation import Invocation, output_options

if TYPE_CHECKING:
    from crawler.stores.health import Failing, Health
    from crawler.stores.runs import Run

HIDDEN = "********"
SURVIVED = ("page_from_feed", "repeated", "remarked")
MOST_SURVIVED = 20


@click.command("status")
@click.option("--config", "with_config", is_flag=True, help="Every setting with its value and its source; secrets hidden.")
@output_options
@click.pass_obj
def command(invocation: Invocation, with_config: bool) -> None:
    """Show the database, the feeds, the last run, and what fails and when it is tried again."""
    if with_config:
        _show_config(invocation)
        return
    now = datetime.now(UTC)
    with invocation.store() as store:
        health, run = store.reading.health(now), store.runs.latest()
    if invocation.as_json:
        import dataclasses

        from crawler.cli.accounts import masked
        from crawler.publish.plain import mask

        last_run = run and dataclasses.asdict(run) | {"summary": run.summary and masked(dict(run.summary))}
        values = dataclasses.asdict(health) | {"last_run": last_run}
        for failing in (*values["failing_feeds"], *values["failing_pages"]):
            failing |= {"url": mask(failing["url"]), "reason": mask(failing["reason"])}
        contact = invocation.settings.crawler.contact or None
        invocation.emit({"database": _database(invocation), "contact": contact, **values})
    else:
        from crawler.cli.running import NO_CONTACT

        invocation.say("\n".join(_lines(_database(invocation), health, run, now)))
        if not invocation.settings.crawler.contact:
            invocation.warn(NO_CONTACT)


def _show_config(invocation: Invocation) -> None:
    from crawler.cli.console import table

    rows = [(key, _shown(value), source) for key, value, source in invocation.loaded.rows()]
    if invocation.as_json:
        for (key, shown, source), (_, value, _) in zip(rows, invocation.loaded.rows(), strict=True):
            invocation.emit({"setting": key, "value": shown if _is_secret(value) else value, "source": source})
    else:
        invocation.say(table(("SETTING", "VALUE", "SOURCE"), rows, flexible=1))


def _is_secret(value: Any) -> bool:
    return hasattr(value, "get_secret_value")


def _shown(value: Any) -> str:
    if _is_secret(value):
        return HIDDEN if value.get_secret_value() else ""
    if isinstance(value, tuple):
        return "[" + ", ".join(_shown(part) for part in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _database(invocation: Invocation) -> str:
    """Where the data is, without a password."""
    url = invocation.settings.crawler.database.get_secret_value()
    if not url:
        return str(invocation.data_dir / "crawler.db")
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def _lines(database: str, health: Health, run: Run | None, now: datetime) -> Iterator[str]:
    from crawler.cli.console import counted, due_text, when

    yield f"database  {database}"
    due = f"{health.feeds_due} due, the next {due_text(health.next_feed_at, now)}"
    yield f"feeds     {_counts(health.feeds)}; {due}; {health.feeds_failing} failing"
    yield f"pages     {_counts(health.pages)}; {health.pages_due} due, {health.pages_retrying} to be tried again"
    copies, revisions = counted(health.copies, "copy", "copies"), counted(health.revisions, "revision")
    yield f"stories   {health.stories} with {copies}, {revisions} of their pages"
    if health.pages_to_judge:
        yield f"          {counted(health.pages_to_judge, 'page')} to be judged again by the next crawl, or the service"
    if health.pages_crowded:
        yield f"          {counted(health.pages_crowded, 'page')} with crowded index rows (`explain` tells how many)"
    if run is None:
        yield "last run  none yet"
    else:
        ended = f"ended {when(run.ended_at)}" if run.ended_at else "not ended: it runs, or was killed"
        yield f"last run  {run.command}, started {when(run.started_at)}, {ended}"
        yield from _brought(run)
        yield from _survived(run)
    yield from _failing("feeds that fail", health.failing_feeds, now)
    yield from _failing("pages that fail", health.failing_pages, now)
    if health.holds:
        yield from (
            "",
            "hosts left alone",
            *(f"  {hold.host}  until {when(hold.until_at)}  {_clean(hold.reason)}" for hold in health.holds),
        )


def _brought(run: Run) -> Iterator[str]:
    """What that run came to, in a line; its own summary told all of it."""
    from crawler.cli.console import counted

    counts = run.summary
    if "stories_new" in counts:
        failed = len(counts["feeds_failed"])
        feeds, pages = counted(counts["feeds_polled"] + failed, "feed"), counted(counts["pages_taken"], "page")
        stories = counted(counts["stories_new"], "new story", "new stories")
        copies = counted(counts["copies_joined"], "copy", "copies")
        taken = f"{feeds} polled, {failed} failed; {pages} taken, {counts['pages_failed']} failed"
        yield f"          {taken}; {stories}, {copies} joined"


def _survived(run: Run) -> Iterator[str]:
    """What hosts did in that run beside what stands among the failures below."""
    from crawler.cli.accounts import masked_trouble, trouble_lines

    troubles = [masked_trouble(one) for one in run.summary.get("troubles", ()) if one["kind"] in SURVIVED]
    if troubles:
        yield from ("", "met in the last run, and survived", *list(trouble_lines(troubles, most=MOST_SURVIVED))[1:])


def _counts(counts: Any) -> str:
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in counts.items()) or "none"


def _failing(title: str, failing: tuple[Failing, ...], now: datetime) -> Iterator[str]:
    from crawler.cli.console import due_text, table

    if failing:
        rows = [
            (
                "  " + _clean(one.url),
                _clean(one.reason),
                f"{one.failures:g}",
                due_text(one.next_at, now) if one.next_at else "given up",
            )
            for one in failing
        ]
        yield from ("", title, table(("  ADDRESS", "REASON", "TIMES", "TRIED AGAIN"), rows, flexible=1))


def _clean(text: str) -> str:
    from crawler.publish.plain import mask, plain

    return plain(mask(text))
