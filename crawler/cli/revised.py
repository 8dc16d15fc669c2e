"""The revisions of what is shown: listed, compared with one another, and the copies that still carry what was corrected."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crawler.errors import UsageError
from crawler.publish.plain import plain

if TYPE_CHECKING:
    from crawler.model import PageId
    from crawler.stores import Store
    from crawler.stores.revisions import Revision
    from crawler.stores.views import PageView, StoryView
    from crawler.study.stale import StaleRow

NEWEST = "newest"  # what --diff without a value asks for
_ASKED = re.compile(r"(?:(\d+)\.\.)?(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Two texts to be compared, and what each is called."""

    old_label: str
    new_label: str
    old: str
    new: str


def page_shown(store: Store, view: StoryView | PageView, reference: str) -> PageId:
    """The page whose revisions a reference means: its own where it is the address of one, else the story's canonical page."""
    from crawler.stores.views import PageView

    if isinstance(view, PageView):
        return view.id
    page = store.reading.page(reference)
    if page is not None and page.redirect_to is not None:
        page = store.reading.page(page.redirect_to)
    members = {member.page for member in (view.record.canonical, *view.record.copies)}
    return page.id if page is not None and page.id in members else view.record.canonical.page


def choose_texts(store: Store, view: StoryView | PageView, reference: str, asked: str) -> Texts:
    """What is to be compared: two revisions of an address; or a copy, where no revision is asked for, with its original.

    Raises UsageError where there are no such two.
    """
    from crawler.stores.views import StoryView

    page = page_shown(store, view, reference)
    revisions = store.revisions.of(page)
    if not revisions:
        raise UsageError(f"nothing was read of {reference} yet: there is nothing to compare")
    if asked == NEWEST and isinstance(view, StoryView) and page != view.record.canonical.page:
        return _from_original(store, view, revisions[-1])
    before, after = _numbers(asked, revisions)
    return Texts(
        old_label=_label(revisions[before - 1]), new_label=_label(revisions[after - 1]),
        old=_whole_text(store, revisions[before - 1]), new=_whole_text(store, revisions[after - 1]),
    )


def stale_rows(store: Store, view: StoryView) -> list[StaleRow]:
    """The copies that still carry words that were corrected."""
    from crawler.study.stale import report_stale

    return [row for row in report_stale(store.reporting.corrected(only=view.record.id)) if row.carries]


def revision_lines(revisions: Sequence[Revision]) -> Iterator[str]:
    from crawler.cli.console import counted, when

    for revision in revisions:
        base = f"kept as its difference from revision {revision.base_number} of {revision.base_url}" if revision.base_url else ""
        read = f"  {revision.number:<3} {when(revision.read_at)}"
        text = f"{counted(revision.words, 'word')}, {revision.state}, from the {revision.source}"
        yield plain("  ".join(part for part in (read, text, base) if part))


def stale_lines(rows: Sequence[StaleRow]) -> Iterator[str]:
    """Each copy and the old words it has, with what the original says now."""
    for row in rows:
        yield f"  {plain(row.url)}"
        for carried in row.carries:
            now = f"now “{plain(carried.new)}”" if carried.new else "now left out"
            yield f"      “{plain(carried.old)}”, {now}" if carried.old else f"      without “{plain(carried.new)}”"


def text_lines(texts: Texts) -> Iterator[str]:
    from crawler.cli.differences import difference_lines
    from crawler.cli.invocation import has_colour

    yield f"--- {plain(texts.old_label)}"
    yield f"+++ {plain(texts.new_label)}"
    lines = list(difference_lines(texts.old, texts.new, colour=has_colour(sys.stdout)))
    yield from lines or ["  the same words"]


def text_values(texts: Texts) -> dict[str, Any]:
    from crawler.cli.differences import change_values

    return {"old": texts.old_label, "new": texts.new_label, "changes": change_values(texts.old, texts.new)}


def revised_values(revisions: Sequence[Revision], stale: Sequence[StaleRow]) -> dict[str, Any]:
    from crawler.publish.jsonl import time_text

    return {
        "revisions": [
            {
                "number": revision.number, "read_at": time_text(revision.read_at), "title": revision.title, "words": revision.words,
                "text_state": revision.state, "text_source": revision.source, "taken_from": revision.base_url,
                "taken_from_revision": revision.base_number,
            }
            for revision in revisions
        ],
        "stale": [
            {"url": row.url, "carries": [{"old": carried.old, "new": carried.new} for carried in row.carries]} for row in stale
        ],
    }


def _from_original(store: Store, view: StoryView, copy: Revision) -> Texts:
    """A copy beside the revision that it was taken from; where that is not known yet, the newest."""
    of_original = store.revisions.of(view.record.canonical.page)
    is_tied = copy.base_page == view.record.canonical.page and copy.base_number is not None
    original = of_original[copy.base_number - 1 if is_tied and copy.base_number else -1]
    return Texts(
        old_label=f"{_label(original)}, the original", new_label=f"{_label(copy)}, the copy",
        old=_whole_text(store, original), new=_whole_text(store, copy),
    )


def _numbers(asked: str, revisions: Sequence[Revision]) -> tuple[int, int]:
    last = revisions[-1].number
    match = _ASKED.fullmatch(asked)
    if match is None and asked != NEWEST:
        raise UsageError(f"--diff {asked}: give a revision's number, such as 2, or two, such as 1..3")
    after = int(match[2]) if match else last
    before = int(match[1]) if match and match[1] else after - 1
    if last == 1:
        raise UsageError(f"{revisions[0].url} has one revision: nothing has changed since it was first read")
    if not (1 <= before <= last and 1 <= after <= last):
        raise UsageError(
            f"{revisions[0].url} has revisions 1 to {last}: --diff N shows what N changed, from 2 on; --diff M..N compares any two"
        )
    return before, after


def _whole_text(store: Store, revision: Revision) -> str:
    """Headline and text, so that a changed headline is seen too."""
    return "\n".join(part for part in (revision.title, store.revisions.text(revision.page, revision.number)) if part)


def _label(revision: Revision) -> str:
    from crawler.cli.console import when

    return f"{revision.url}  revision {revision.number}, {when(revision.read_at)}"
