"""Stories as JSON Lines: one story a line, the same bytes for the same story.

The schema is docs/commands.md's ("export"). Keys stand in the documented order, times are RFC 3339 in UTC, and characters that
would steer a terminal stand as JSON escapes, so that a line may be printed as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from crawler.publish.plain import escape_unseen, mask, without_user
from crawler.stores.views import Member, StoryRecord

_SECOND = timedelta(seconds=1)


def write_jsonl(records: Iterable[StoryRecord], stream: IO[bytes]) -> int:
    """Write one line for each story as it comes; how many there were."""
    count = 0
    for record in records:
        stream.write(json_line(story_values(record)).encode() + b"\n")
        count += 1
    return count


def json_line(values: Mapping[str, Any]) -> str:
    """One JSON value on one line, readable and safe to print."""
    return escape_unseen(json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=_encode))


def story_values(record: StoryRecord) -> dict[str, Any]:
    """A story as its documented values, keys in order."""
    metadata, canonical = record.metadata, record.canonical
    return {
        "id": record.id,
        "canonical": {
            "url": without_user(canonical.url),
            "title": canonical.title,
            "authors": list(metadata.authors or metadata.organisations or metadata.agencies),
            "publisher": canonical.publisher,
            "published_at": time_text(canonical.published_at),
            "updated_at": time_text(metadata.updated.at if metadata.updated else None),
            "language": metadata.language,
            "text": record.text,
            "text_state": canonical.state,
            "text_source": canonical.source,
        },
        "copies": [copy_values(copy, canonical) for copy in record.copies],
        "feeds": [mask(url) for url in record.feeds],
        "first_seen_at": time_text(record.first_seen_at),
        "changed_at": time_text(record.changed_at),
        "origins": record.origins,
    }


def copy_values(copy: Member, canonical: Member) -> dict[str, Any]:
    """A copy as its documented values; `lag_s` is how long after the canonical version it says it was published."""
    lag = copy.published_at - canonical.published_at if copy.published_at and canonical.published_at else None
    return {
        "url": without_user(copy.url),
        "title": copy.title,
        "publisher": copy.publisher,
        "relation": copy.relation,
        "published_at": time_text(copy.published_at),
        "first_seen_at": time_text(copy.first_seen_at),
        "lag_s": None if lag is None else lag // _SECOND,
        "jaccard": copy.measure("jaccard"),
        "containment": copy.measure("containment"),
        "coverage": copy.measure("coverage"),
    }


def time_text(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with Z; microseconds only where there are any."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return time_text(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
