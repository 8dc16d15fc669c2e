"""From what a person types (a story id, its beginning, an address) to what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.errors import UsageError
from crawler.stores.views import PageView, StoryView

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
