"""What `--json` prints of stories, pages and comparisons: documented names, times as RFC 3339."""

from __future__ import annotations

from typing import Any

from crawler.cli.deciding import decision_values
from crawler.publish.jsonl import story_values, time_text
from crawler.publish.plain import mask, without_user
from crawler.stores.views import Change, Comparison, PageView, StoryLine, StoryView


def story_line_values(story: StoryLine) -> dict[str, Any]:
    return {
        "id": story.id,
        "title": story.title,
        "url": without_user(story.url),
        "publisher": story.publisher,
        "site": story.site,
        "language": story.language,
        "text_state": story.text_state,
        "published_at": time_text(story.published_at),
        "first_seen_at": time_text(story.first_seen_at),
        "changed_at": time_text(story.changed_at),
        "copies": story.copies,
        "origins": story.origins,
    }


def story_view_values(view: StoryView) -> dict[str, Any]:
    """As an export's line, with the reason for the canonical version and the history."""
    return story_values(view.record) | {
        "why_canonical": view.why_canonical,
        "history": [
            {
                "at": time_text(change.at),
                "event": change.event,
                "url": change.url and without_user(change.url),
                "detail": detail_values(change),
            }
            for change in view.history
        ],
        "decisions": [decision_values(decision) for decision in view.decisions],
    }


def detail_values(change: Change) -> dict[str, Any]:
    """What an event of a story's history says beside its address."""
    return {name: without_user(value) if isinstance(value, str) else value for name, value in change.detail.items()}


def page_values(page: PageView) -> dict[str, Any]:
    return {
        "url": without_user(page.url),
        "state": page.state,
        "why_due": page.why_due,
        "due_at": time_text(page.due_at),
        "attempts": page.attempts,
        "last_error": page.last_error and mask(page.last_error),
        "fetched_at": time_text(page.fetched_at),
        "first_seen_at": time_text(page.first_seen_at),
        "redirect_to": page.redirect_to and without_user(page.redirect_to),
        "story": page.story,
        "feeds": [mask(url) for url in page.feeds],
    }


def comparison_values(comparison: Comparison) -> dict[str, Any]:
    return {
        "url": without_user(comparison.url),
        "other_url": without_user(comparison.other_url),
        "other_title": comparison.other_title,
        "other_story": comparison.other_story,
        "joined": comparison.joined,
        "reason": comparison.reason,
        "measures": comparison.measures,
    }
