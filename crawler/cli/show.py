"""`show`: one story, or one address and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from crawler.cli.invocation import Invocation, output_options

if TYPE_CHECKING:
    from crawler.stores.views import Change, Member, PageView, StoryView


@click.command("show")
@click.argument("reference", metavar="ID|URL")
@click.option("--text", "with_text", is_flag=True, help="With the canonical text.")
@output_options
@click.pass_obj
def command(invocation: Invocation, reference: str, with_text: bool) -> None:
    """Show a story: its canonical version, its copies, its history; or an address that has no story (yet), and why."""
    from crawler.cli.lookup import look_up
    from crawler.cli.values import page_values, story_view_values
    from crawler.stores.views import StoryView

    with invocation.store() as store:
        view = look_up(store.reading, reference)
    if invocation.as_json:
        invocation.emit(story_view_values(view) if isinstance(view, StoryView) else page_values(view))
    else:
        invocation.say("\n".join(_story_lines(view, with_text) if isinstance(view, StoryView) else _page_lines(view)))


def _story_lines(view: StoryView, with_text: bool) -> Iterator[str]:
    from crawler.cli.console import when
    from crawler.publish.plain import mask, plain, plain_lines

    record = view.record
    canonical, metadata = record.canonical, record.metadata
    authors = ", ".join(metadata.authors or metadata.organisations or metadata.agencies)
    reasons = f" ({'; '.join(record.reasons)})" if record.reasons else ""
    yield plain(canonical.title or canonical.url)
    yield from _fields(
        ("story", record.id),
        ("canonical", f"{canonical.url}  ({view.why_canonical})"),
        ("publisher", canonical.publisher or canonical.site),
        ("authors", authors),
        ("published", when(canonical.published_at)),
        ("updated", when(metadata.updated.at) if metadata.updated else ""),
        ("language", metadata.language or ""),
        ("text", f"{len(record.text.split())} words, {canonical.state}, from the {canonical.source}{reasons}"),
        ("first seen", when(record.first_seen_at)),
        ("origins", f"{record.origins} {'site' if record.origins == 1 else 'sites'} published it on their own"),
    )
    yield from _copies(record.copies)
    yield from _section("seen in", [f"  {plain(mask(url))}" for url in record.feeds])
    yield from _section("history", [_change(change) for change in view.history])
    if with_text:
        yield from ("", plain_lines(record.text))


def _copies(copies: tuple[Member, ...]) -> Iterator[str]:
    from crawler.cli.console import share, table

    if not copies:
        return
    rows = [
        (
            f"  {copy.relation}",
            copy.url,
            copy.publisher or copy.site,
            copy.first_seen_at,
            share(copy.measure("containment")),
            share(copy.measure("coverage")),
            share(copy.measure("jaccard")),
        )
        for copy in copies
    ]
    titles = ("  COPY", "ADDRESS", "PUBLISHER", "FIRST SEEN", "IN CANONICAL", "SHOWS", "JACCARD")
    yield from ("", table(titles, rows, flexible=1, numbers=(4, 5, 6)))


def _change(change: Change) -> str:
    from crawler.cli.console import when
    from crawler.publish.plain import plain

    detail = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in change.detail.items())
    return plain(f"  {when(change.at)}  {change.event:<9} {change.url or ''}  {detail}").rstrip()


def _page_lines(page: PageView) -> Iterator[str]:
    from crawler.cli.console import when
    from crawler.publish.plain import mask, plain

    yield plain(page.url)
    yield from _fields(
        ("state", page.state),
        ("error", mask(page.last_error or "")),
        ("due", f"{when(page.due_at)}  {page.why_due}" if page.due_at else ""),
        ("attempts", page.attempts or ""),
        ("fetched", when(page.fetched_at)),
        ("first seen", when(page.first_seen_at)),
        ("leads to", page.redirect_to or ""),
        ("story", page.story or "none"),
    )
    yield from _section("seen in", [f"  {plain(mask(url))}" for url in page.feeds])


def _fields(*fields: tuple[str, object]) -> Iterator[str]:
    from crawler.publish.plain import plain

    for name, value in fields:
        if value not in ("", "-"):
            yield f"  {name:<12}{plain(str(value))}"


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield from ("", title, *lines)
