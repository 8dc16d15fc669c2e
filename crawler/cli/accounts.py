"""A run's summary in words: every item is accounted for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from crawler.cli.console import counted, noun, span_text, table
from crawler.publish.plain import mask

if TYPE_CHECKING:
    from crawler.pipeline.summary import RunSummary

MOST_TROUBLES = 40  # lines: two screens
LONGEST_ADDRESS = 80  # characters of an address in a table
_COUNTED = {
    "feed_failed": ("feed", "feeds"), "part_failed": ("part of a feed", "parts of a feed"), "repeated": ("request", "requests"),
    "remarked": ("answer", "answers"),
}  # fmt: skip


def account(summary: RunSummary) -> Iterator[str]:
    """The lines of a summary: feeds, entries, pages, text, stories, then which hosts misbehaved and how."""
    yield from _came(summary)
    yield from _became(summary)
    if summary.ended_at is not None:
        yield f"{'time':<9}{span_text(summary.ended_at - summary.started_at)}, {summary.bytes_fetched / 1e6:.1f} MB of pages"
    yield from trouble_lines([masked_trouble(asdict(trouble)) for trouble in summary.troubles()])
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
            f"{noun(summary.pages_joined_known, 'page')} known already": summary.pages_joined_known,
            "listed only": summary.pages_listed,
            "left out": summary.entries_left_out,
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
            f"{noun(summary.requests_retried, 'request')} repeated": summary.requests_retried,
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
            f"{noun(summary.copies_joined, 'copy', 'copies')} joined": summary.copies_joined,
            f"{noun(summary.originals_promoted, 'original')} promoted": summary.originals_promoted,
            "revised": summary.revisions,
            "unchanged": summary.articles_unchanged,
            "merged": summary.stories_merged,
            f"{noun(summary.pages_rejudged, 'page')} judged again": summary.pages_rejudged,
        },
    )
    if summary.origins_asked:
        yield _line("origins", f"{summary.origins_asked} asked for", {"found": summary.origins_found})


def masked(values: dict[str, Any]) -> dict[str, Any]:
    """A summary's values as `--json` prints them: no secret of an address in them."""
    failed = [one | {"url": mask(one["url"]), "reason": mask(one["reason"])} for one in values.get("feeds_failed", ())]
    return values | {"feeds_failed": failed, "troubles": [masked_trouble(one) for one in values.get("troubles", ())]}


def masked_trouble(trouble: Mapping[str, Any]) -> dict[str, Any]:
    return {**trouble, "where": mask(trouble["where"]), "reason": mask(trouble["reason"])}


def trouble_lines(troubles: Sequence[Mapping[str, Any]], *, most: int = MOST_TROUBLES) -> Iterator[str]:
    """A table of what went wrong, by host, as a run's summary holds it; secrets are masked by now."""
    if not troubles:
        return
    hosts = len({trouble["host"] for trouble in troubles})
    rows = [(f"  {_short(one['where'])}", _how_many(one), one["next"], one["reason"]) for one in troubles[:most]]
    yield f"{'trouble':<9}{counted(hosts, 'host')}"
    yield from table(("  WHERE", "WHAT", "WHAT NEXT", "WHY"), rows).splitlines()
    if len(troubles) > most:
        yield f"  … and {len(troubles) - most} more; `status` lists the feeds and pages that fail"


def _short(where: str) -> str:
    return where if len(where) <= LONGEST_ADDRESS else where[: LONGEST_ADDRESS - 1] + "…"


def _how_many(trouble: Mapping[str, Any]) -> str:
    return counted(trouble["count"], *_COUNTED.get(trouble["kind"], ("page", "pages")))


def _line(stage: str, first: str, counts: dict[str, int]) -> str:
    return f"{stage:<9}" + " · ".join([first, *(f"{count} {name}" for name, count in counts.items() if count)])
