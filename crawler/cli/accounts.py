"""A run's summary in words: every item is accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from crawler.cli.console import span_text
from crawler.publish.plain import mask, plain

if TYPE_CHECKING:
    from crawler.pipeline.summary import RunSummary

MOST_REASONS = 12
MOST_FEEDS = 20


def account(summary: RunSummary) -> Iterator[str]:
    """The lines of a summary: feeds, entries, pages, text, stories, then what failed and why."""
    yield from _came(summary)
    yield from _became(summary)
    if summary.ended_at is not None:
        yield f"{'time':<9}{span_text(summary.ended_at - summary.started_at)}, {summary.bytes_fetched / 1e6:.1f} MB of pages"
    yield from _failures(summary)
    if summary.interrupted:
        yield "interrupted: what was running is finished or handed back; the next crawl goes on from here"


def _came(summary: RunSummary) -> Iterator[str]:
    """What was asked for and what came."""
    failed = len(summary.feeds_failed)
    yield _line(
        "feeds",
        f"{summary.feeds_polled + failed} polled",
        {
            "new or changed": summary.feeds_polled - summary.feeds_not_modified,
            "not modified": summary.feeds_not_modified,
            "failed": failed,
        },
    )
    yield _line(
        "entries",
        f"{summary.entries_new} new",
        {
            "changed": summary.entries_changed,
            "known": summary.entries_known,
            "pages known already": summary.pages_joined_known,
            "listed only": summary.pages_listed,
        },
    )
    yield _line(
        "pages",
        f"{summary.pages_taken} taken",
        {
            "read": summary.pages_read,
            "from the feed": summary.pages_from_feed,
            "not modified": summary.pages_not_modified,
            "redirected": summary.pages_redirected,
            "failed": len(summary.pages_failed),
            "to be tried again": len(summary.pages_waiting),
            "robots": summary.pages_forbidden,
            "requests repeated": summary.requests_retried,
        },
    )


def _became(summary: RunSummary) -> Iterator[str]:
    """What was made of it."""
    yield _line(
        "text",
        f"{sum(summary.text_states.values())} read",
        {name.replace("_", " "): count for name, count in sorted(summary.text_states.items(), key=lambda item: -item[1])},
    )
    yield _line(
        "stories",
        f"{summary.stories_new} new",
        {
            "copies joined": summary.copies_joined,
            "originals promoted": summary.originals_promoted,
            "revised": summary.revisions,
            "unchanged": summary.articles_unchanged,
            "merged": summary.stories_merged,
            "pages judged again": summary.pages_rejudged,
        },
    )
    if summary.origins_asked:
        yield _line("origins", f"{summary.origins_asked} asked for", {"found": summary.origins_found})


def masked(values: dict[str, Any]) -> dict[str, Any]:
    """A summary's values as `--json` prints them: no secret of an address in them."""
    failed = [one | {"url": mask(one["url"]), "reason": mask(one["reason"])} for one in values.get("feeds_failed", ())]
    return values | {"feeds_failed": failed, "reasons": {mask(reason): n for reason, n in values.get("reasons", {}).items()}}


def _line(stage: str, first: str, counts: dict[str, int]) -> str:
    return f"{stage:<9}" + " · ".join([first, *(f"{count} {name}" for name, count in counts.items() if count)])


def _failures(summary: RunSummary) -> Iterator[str]:
    for failed in list(summary.feeds_failed.values())[:MOST_FEEDS]:
        yield f"failed   {plain(mask(failed.url))}  {plain(mask(failed.reason))}  (next try: {plain(failed.next_try)})"
    if len(summary.feeds_failed) > MOST_FEEDS:
        yield f"         … and {len(summary.feeds_failed) - MOST_FEEDS} more feeds: `status` lists them"
    reasons = summary.failures_by_reason()
    for reason, count in reasons.most_common(MOST_REASONS):
        yield f"         {count} {'page' if count == 1 else 'pages'}: {plain(mask(reason))}"
    if len(reasons) > MOST_REASONS:
        yield f"         … and {len(reasons) - MOST_REASONS} more reasons: `status` lists the pages"
