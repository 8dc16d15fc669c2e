"""From what a person types (a story id, its beginning, an address) to what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.errors import UsageError
from crawler.stores.views import Member, PageView, StoryView

if TYPE_CHECKING:
    from crawler.stores.reading import Reading


def look_up(reading: Reading, reference: str) -> StoryView | PageView:
    """The story that a reference means, or a page that is in none. Raises UsageError where nothing is known of it."""
    found = reading.find(reference)
    view = reading.story(found) if isinstance(found, str) else None if found is None else reading.page(found)
    if view is None:
        raise UsageError(
            f"nothing is stored under {reference}: give a story's id (`stories` lists them), "
            "its first four characters or more where they are unique, or an article's address"
        )
    return view


def find_member(reading: Reading, reference: str) -> Member:
    """The member that a reference means: the page of an address, a story's canonical version. Raises UsageError."""
    view = look_up(reading, reference)
    if isinstance(view, PageView):
        raise UsageError(
            f"{view.url} has not been judged ({view.last_error or view.why_due or view.state}): there is nothing to compare"
        )
    page = reading.page(reference)
    return next((copy for copy in view.record.copies if page is not None and copy.page == page.id), view.record.canonical)
