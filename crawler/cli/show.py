"""`show`: one story, or one address and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.cli.revised import NEWEST

if TYPE_CHECKING:
    from crawler.stores import Store
    from crawler.stores.revisions import Revision
    from crawler.stores.views import Change, Member, PageView, StoryView
    from crawler.study.stale import StaleRow


@click.command("show")
@click.argument("reference", metavar="ID|URL", required=False)
@click.option("--text", "with_text", is_flag=True, help="With the canonical text.")
@click.option(
    "--diff",
    "asked",
    metavar="[REV]",
    is_flag=False,
    flag_value=NEWEST,
    help="What the newest revision changed, or REV did, or 1..3 between them; of a copy's address: from its original.",
)
@output_options
@click.pass_obj
def command(invocation: Invocation, reference: str | None, with_text: bool, asked: str | None) -> None:
    """Show a story: its canonical version, its copies, its history; or an address that has no story (yet), and why."""
    if reference is None and asked not in (None, NEWEST):
        reference, asked = asked, NEWEST  # `show --diff ID`: the value of --diff may be left out
    if reference is None:
        raise click.UsageError("Missing argument 'ID|URL'.")
    with invocation.store() as store:
        if asked is None:
            _show(invocation, store, reference, with_text)
        else:
            _show_difference(invocation, store, reference, asked)


def _show(invocation: Invocation, store: Store, reference: str, with_text: bool) -> None:
    from crawler.cli.lookup import look_up
    from crawler.cli.revised import page_shown, revised_values, stale_rows
    from crawler.cli.values import page_values, story_view_values
    from crawler.stores.views import StoryView

    view = look_up(store.reading, reference)
    revisions = store.revisions.of(page_shown(store, view, reference))
    stale = stale_rows(store, view) if isinstance(view, StoryView) else []
    if invocation.as_json:
        values = story_view_values(view) if isinstance(view, StoryView) else page_values(view)
        invocation.emit(values | revised_values(revisions, stale))
    elif isinstance(view, StoryView):
        invocation.say("\n".join(_story_lines(view, revisions, stale, with_text)))
    else:
        invocation.say("\n".join([*_page_lines(view), *_revisions(revisions, "")]))


def _show_difference(invocation: Invocation, store: Store, reference: str, asked: str) -> None:
    from crawler.cli.lookup import look_up
    from crawler.cli.revised import choose_texts, text_lines, text_values

    texts = choose_texts(store, look_up(store.reading, reference), reference, asked)
    if invocation.as_json:
        invocation.emit(text_values(texts))
    else:
        invocation.say("\n".join(text_lines(texts)))


def _revisions(revisions: Sequence[Revision], canonical: str) -> Iterator[str]:
    """The revisions of the canonical page, or of the copy that was asked for."""
    from crawler.cli.revised import revision_lines

    is_other = bool(canonical and revisions and revisions[-1].url != canonical)
    yield from _section("revisions of the copy" if is_other else "revisions", list(revision_lines(revisions)))


def _story_lines(view: StoryView, revisions: Sequence[Revision], stale: Sequence[StaleRow], with_text: bool) -> Iterator[str]:
    from crawler.cli.console import counted, when
    from crawler.cli.deciding import decision_text
    from crawler.cli.revised import stale_lines
    from crawler.publish.plain import mask, plain, plain_lines, without_user

    record = view.record
    canonical, metadata = record.canonical, record.metadata
    address = without_user(canonical.url)
    authors = ", ".join(metadata.authors or metadata.organisations or metadata.agencies)
    reasons = f" ({'; '.join(record.reasons)})" if record.reasons else ""
    yield plain(canonical.title or address)
    yield from _fields(
        ("story", record.id),
        ("canonical", f"{address}  ({view.why_canonical})"),
        ("publisher", canonical.publisher or canonical.site),
        ("authors", authors),
        ("published", when(canonical.published_at)),
        ("updated", when(metadata.updated.at) if metadata.updated else ""),
        ("language", metadata.language or ""),
        ("text", f"{counted(len(record.text.split()), 'word')}, {canonical.state}, from the {canonical.source}{reasons}"),
        ("first seen", when(record.first_seen_at)),
        ("origins", f"{counted(record.origins, 'site')} published it on their own"),
    )
    yield from _copies(record.copies)
    yield from _section("seen in", [f"  {plain(mask(url))}" for url in record.feeds])
    yield from _revisions(revisions, canonical.url)
    yield from _section("copies with words that were corrected since", list(stale_lines(stale)))
    yield from _section("decided by people", [f"  {plain(decision_text(decision))}" for decision in view.decisions])
    yield from _section("history", [_change(change) for change in view.history])
    if with_text:
        yield from ("", plain_lines(record.text))


def _copies(copies: tuple[Member, ...]) -> Iterator[str]:
    from crawler.cli.console import share, table
    from crawler.publish.plain import without_user

    if not copies:
        return
    rows = [
        (
            f"  {copy.relation}",
            without_user(copy.url),
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
    from crawler.cli.values import detail_values
    from crawler.publish.plain import plain, without_user

    detail = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in detail_values(change).items() if value is not None)
    return plain(f"  {when(change.at)}  {change.event:<9} {without_user(change.url or '')}  {detail}").rstrip()


def _page_lines(page: PageView) -> Iterator[str]:
    from crawler.cli.console import when
    from crawler.publish.plain import mask, plain, without_user

    yield plain(without_user(page.url))
    yield from _fields(
        ("state", page.state),
        ("error", mask(page.last_error or "")),
        ("due", f"{when(page.due_at)}  {page.why_due}" if page.due_at else ""),
        ("attempts", page.attempts or ""),
        ("fetched", when(page.fetched_at)),
        ("first seen", when(page.first_seen_at)),
        ("leads to", without_user(page.redirect_to or "")),
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
