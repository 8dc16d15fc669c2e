"""`feeds discover` and `feeds add`: from the address that a person knows to the feed that is followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.cli.options import Seconds
from crawler.errors import UsageError

if TYPE_CHECKING:
    from crawler.cli.following import Outcome
    from crawler.pipeline.found import Discovery, FoundFeed
    from crawler.stores import Store

NOT_FOLLOWED, TO_BE_CHOSEN = 1, 2


@click.command("discover")
@click.argument("url", metavar="URL")
@output_options
@click.pass_obj
def discover(invocation: Invocation, url: str) -> int:
    """List the feeds that a page offers, each looked at; nothing is stored."""
    import asyncio

    from crawler.cli.following import address_of

    address = address_of(url)
    with invocation.store() as store:
        found = asyncio.run(_discover(invocation, store, address))
    _show(invocation, found.feeds)
    _tell_broken(invocation, found)
    if not found.feeds:
        invocation.complain(f"no feed was found at {found.url}")
        return NOT_FOLLOWED
    if not invocation.as_json:
        invocation.hint("`feeds add ADDRESS` follows one")
    return 0


@click.command("add")
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="Put it under a topic; repeatable.")
@click.option("--every", "every_s", type=Seconds(), metavar="SPAN", help="Its own interval, such as 15m or 6h.")
@click.option("--text-only", is_flag=True, default=None, help="Take the text from the feed, never fetch its pages.")
@click.option("--auth", metavar="NAME", help="Basic authentication with the setting secrets.NAME (user:password).")
@click.option("--no-check", is_flag=True, help="Follow the addresses as they are, asking nothing.")
@output_options
@click.pass_obj
def add(
    invocation: Invocation,
    urls: tuple[str, ...],
    topics: tuple[str, ...],
    every_s: int | None,
    text_only: bool | None,
    auth: str | None,
    no_check: bool,
) -> int:
    """Follow feeds, by their addresses or a page's that offers one; of one that is followed already, change the options given."""
    from crawler.cli.following import Options, address_of, follow, look_and_follow

    _require_secret(invocation, auth)
    addresses = list(dict.fromkeys(map(address_of, urls)))
    options = Options(topics=topics, every_s=every_s, text_only=text_only, auth=auth and auth.lower())
    with invocation.store() as store:
        if no_check:
            outcomes = [follow(store, address, options) for address in addresses]
        else:
            outcomes = look_and_follow(store, invocation.settings, addresses, options)
    return _report(invocation, outcomes)


def report_added(invocation: Invocation, added: int, known: int, **more: Any) -> None:
    """Say how many feeds are followed now and were not before, and how many were."""
    if invocation.as_json:
        invocation.emit({"added": added, "known": known, **more})
    else:
        invocation.say(f"added {added}, already known {known}")


async def _discover(invocation: Invocation, store: Store, address: str) -> Discovery:
    from crawler.wiring import open_discoverer

    async with open_discoverer(invocation.settings, store) as discoverer:
        return await discoverer.discover(address)


def _report(invocation: Invocation, outcomes: Sequence[Outcome]) -> int:
    followed = [outcome for outcome in outcomes if outcome.feed is not None]
    undecided = [outcome for outcome in outcomes if outcome.feed is None and outcome.offered and outcome.offered.feeds]
    refused = [outcome for outcome in outcomes if outcome.feed is None and outcome not in undecided]
    _report_counts(invocation, followed, undecided, refused)
    for outcome in followed:
        _tell_followed(invocation, outcome)
    for outcome in refused:
        _tell_refused(invocation, outcome)
    for outcome in undecided:
        _tell_undecided(invocation, outcome)
    return TO_BE_CHOSEN if undecided else NOT_FOLLOWED if refused else 0


def _report_counts(
    invocation: Invocation, followed: Sequence[Outcome], undecided: Sequence[Outcome], refused: Sequence[Outcome]
) -> None:
    from crawler.publish.plain import mask

    added = sum(outcome.is_new for outcome in followed)
    offers = [
        {"url": mask(outcome.asked), "feeds": [_values(feed) for feed in outcome.offered.feeds]}
        for outcome in undecided
        if outcome.offered
    ]
    report_added(
        invocation,
        added,
        len(followed) - added,
        feeds=[mask(outcome.feed) for outcome in followed if outcome.feed],
        not_reached=[mask(outcome.feed) for outcome in followed if outcome.feed and outcome.trouble],
        to_be_chosen=offers,
        not_followed=[mask(outcome.asked) for outcome in refused],
    )


def _tell_followed(invocation: Invocation, outcome: Outcome) -> None:
    from crawler.publish.plain import mask, plain

    feed = plain(mask(outcome.feed or ""))
    if outcome.trouble:
        invocation.warn(f"{outcome.trouble}; it is followed all the same, and asked again when it is due")
    elif outcome.feed != outcome.asked:
        title = f" ({plain(mask(outcome.title))})" if outcome.title else ""
        invocation.hint(f"{plain(mask(outcome.asked))}: following {feed}{title}")
    if outcome.kept_back:
        invocation.warn(f"{feed} lies elsewhere than {outcome.asked}: followed without --auth; name its own address to change that")


def _tell_refused(invocation: Invocation, outcome: Outcome) -> None:
    reason = outcome.trouble
    if outcome.offered is not None:
        _tell_broken(invocation, outcome.offered)
        reason = f"no feed was found at {outcome.asked}"
    invocation.complain(f"{reason}; it is not followed (--no-check follows an address as it is)")


def _tell_undecided(invocation: Invocation, outcome: Outcome) -> None:
    assert outcome.offered is not None
    feeds = outcome.offered.feeds
    if not invocation.as_json:
        _show(invocation, feeds)
    offers = f"{len(feeds)} feeds" if len(feeds) > 1 else "a feed of comments only" if feeds[0].is_comments else "one feed"
    invocation.complain(f"{outcome.asked} offers {offers}: choose with `feeds add {feeds[0].url}` or another of the addresses")


def _tell_broken(invocation: Invocation, found: Discovery) -> None:
    from crawler.publish.plain import mask, plain

    for url, reason in found.broken:
        shown = plain(mask(reason))
        invocation.hint(shown if mask(url) in shown else f"{plain(mask(url))}: {shown}")


def _show(invocation: Invocation, feeds: Sequence[FoundFeed]) -> None:
    from crawler.cli.console import span_text, table
    from crawler.publish.plain import mask

    if invocation.as_json:
        for feed in feeds:
            invocation.emit(_values(feed))
        return
    now = datetime.now(UTC)
    rows = [
        (
            feed.title and mask(feed.title),
            feed.format or "not looked at",
            feed.entries if feed.format else None,
            f"{span_text(now - feed.newest_at)} ago" if feed.newest_at else None,
            f"{feed.found_by} (comments)" if feed.is_comments else feed.found_by,
            mask(feed.url),
        )
        for feed in feeds
    ]
    if rows:
        invocation.say(table(("TITLE", "TYPE", "ENTRIES", "NEWEST", "FOUND BY", "ADDRESS"), rows, flexible=0, numbers=(2,)))


def _values(feed: FoundFeed) -> dict[str, Any]:
    """A feed that was found, as `--json` prints it; secrets masked."""
    from crawler.publish.jsonl import time_text
    from crawler.publish.plain import mask

    return {
        "url": mask(feed.url),
        "title": feed.title and mask(feed.title),
        "format": feed.format,
        "entries": feed.entries if feed.format else None,
        "newest_at": time_text(feed.newest_at),
        "found_by": feed.found_by,
        "comments": feed.is_comments,
    }


def _require_secret(invocation: Invocation, name: str | None) -> None:
    if name is not None and name.lower() not in invocation.settings.secrets:
        known = ", ".join(sorted(invocation.settings.secrets)) or "none"
        raise UsageError(
            f"no setting secrets.{name.lower()} (known: {known}); write it under [secrets] in the settings file, "
            f"or set CRAWLER_SECRETS__{name.upper()} or CRAWLER_SECRETS__{name.upper()}_FILE"
        )
