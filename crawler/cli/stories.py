"""`stories`: list and search."""

from __future__ import annotations

from datetime import datetime

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.cli.options import Since


@click.command("stories")
@click.argument("query", nargs=-1)
@click.option("--since", type=Since(), help="First seen since then: 2d, 3h, or 2026-11-20.")
@click.option("--publisher", metavar="NAME", help="Of the canonical version: part of its name, or its domain.")
@click.option("--topic", metavar="TOPIC", help="Seen in a feed of this topic.")
@click.option("--copies-min", type=click.IntRange(min=0), default=0, metavar="N", help="With at least so many copies.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N")
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    query: tuple[str, ...],
    since: datetime | None,
    publisher: str | None,
    topic: str | None,
    copies_min: int,
    limit: int,
) -> None:
    """List stories, the newest first; with words, those that hold all of them, the best match first."""
    from crawler.cli.console import table, when
    from crawler.cli.values import story_line_values
    from crawler.stores.views import StoryQuery

    asked = StoryQuery(words=" ".join(query), since=since, publisher=publisher, topic=topic, copies_min=copies_min, limit=limit)
    with invocation.store() as store:
        found = store.reading.stories(asked)
    if invocation.as_json:
        for story in found:
            invocation.emit(story_line_values(story))
        return
    if not found:
        invocation.hint(
            "no story matches" if query or since or publisher or topic or copies_min else "no story yet: `crawl` brings them"
        )
        return
    rows = [
        (story.id, when(story.first_seen_at), story.publisher or story.site, story.title, story.copies, story.origins)
        for story in found
    ]
    invocation.say(table(("STORY", "FIRST SEEN", "PUBLISHER", "TITLE", "COPIES", "ORIGINS"), rows, flexible=3, numbers=(4, 5)))
    if len(found) == limit:
        invocation.hint(f"the first {limit}; --limit shows more")
