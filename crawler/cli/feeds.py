"""`feeds`: what is followed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.finding import add, discover, report_added
from crawler.cli.invocation import Invocation, output_options
from crawler.errors import UsageError

if TYPE_CHECKING:
    from crawler.model import Feed
    from crawler.stores import Store


@click.group("feeds")
def command() -> None:
    """Say which feeds are followed; a running service takes it up at once."""


command.add_command(discover)
command.add_command(add)


@command.command("list")
@click.option("--topic", metavar="TOPIC", help="Only of this topic.")
@output_options
@click.pass_obj
def list_feeds(invocation: Invocation, topic: str | None) -> None:
    """List the feeds with their state and when each is polled next."""
    from crawler.cli.console import due_text, table
    from crawler.publish.plain import mask

    now = datetime.now(UTC)
    with invocation.store() as store:
        feeds = [feed for feed in store.feeds.all() if topic is None or topic in feed.topics]
    if invocation.as_json:
        for feed in feeds:
            invocation.emit(_values(feed))
    elif feeds:
        rows = [
            (
                feed.id,
                feed.status,
                due_text(feed.next_due_at, now) if feed.status == "active" else "-",
                feed.title and mask(feed.title),
                ", ".join(feed.topics),
                mask(feed.url),
                mask(feed.last_error or ""),
            )
            for feed in feeds
        ]
        invocation.say(
            table(("ID", "STATUS", "NEXT POLL", "TITLE", "TOPICS", "ADDRESS", "LAST ERROR"), rows, flexible=3, numbers=(0,))
        )
    else:
        invocation.hint(f"no feed has the topic {topic}" if topic else "no feeds yet: `feeds add URL` or `feeds import FILE`")


@command.command("show")
@click.argument("reference", metavar="ID|URL")
@output_options
@click.pass_obj
def show(invocation: Invocation, reference: str) -> None:
    """Show one feed: its options, its last polls, when the next one is and why."""
    from crawler.publish.plain import plain

    with invocation.store() as store:
        feed = _find(store, reference)
    if invocation.as_json:
        invocation.emit(_values(feed))
        return
    for name, value in _values(feed).items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        if shown not in (None, "", False):
            invocation.say(f"{name:<19}{plain(str(shown))}")


@command.command("pause")
@click.argument("references", nargs=-1, required=True, metavar="ID|URL...")
@output_options
@click.pass_obj
def pause(invocation: Invocation, references: tuple[str, ...]) -> None:
    """Stop polling feeds; what they brought stays."""
    _set_status(invocation, references, "paused")


@command.command("resume")
@click.argument("references", nargs=-1, required=True, metavar="ID|URL...")
@output_options
@click.pass_obj
def resume(invocation: Invocation, references: tuple[str, ...]) -> None:
    """Poll feeds again."""
    _set_status(invocation, references, "active")


@command.command("remove")
@click.argument("references", nargs=-1, required=True, metavar="ID|URL...")
@click.option("--purge", is_flag=True, help="Also drop the stories that only these feeds brought.")
@output_options
@click.pass_obj
def remove(invocation: Invocation, references: tuple[str, ...], purge: bool) -> None:
    """Stop following feeds; the stories they brought stay, unless --purge."""
    from crawler.cli.console import counted

    with invocation.store() as store:
        feeds = [_find(store, reference) for reference in references]
        dropped = sum(store.feeds.remove(feed.id, purge=purge) for feed in feeds)
    if invocation.as_json:
        invocation.emit({"removed": len(feeds), "stories_dropped": dropped})
    else:
        invocation.say(
            f"removed {counted(len(feeds), 'feed')}"
            + (f" and {counted(dropped, 'story', 'stories')}" if purge else "; its stories stay")
        )


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@output_options
@click.pass_obj
def import_feeds(invocation: Invocation, file: Path) -> None:
    """Follow the feeds of an OPML file or a list of addresses, one a line; OPML folders become topics."""
    from crawler.cli.following import follow_list

    with invocation.store() as store:
        followed = follow_list(store, file, _read(file))
    report_added(invocation, followed.added, len(followed.feeds) - followed.added)


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--with-secrets", is_flag=True, help="Leave passwords and keys in the addresses, for an import elsewhere.")
@output_options
@click.pass_obj
def export_feeds(invocation: Invocation, file: Path, with_secrets: bool) -> None:
    """Write the feeds as OPML (- for stdout), topics as folders; secrets in their addresses are masked."""
    from crawler.cli.console import counted
    from crawler.feeds.opml import write_opml
    from crawler.publish.plain import mask

    if str(file) == "-" and invocation.as_json:
        raise UsageError("feeds export writes OPML, no JSON: `feeds list --json` gives the feeds as JSON Lines")
    with invocation.store() as store:
        feeds = [_shown(feed) for feed in store.feeds.all()]
    masked = [feed if with_secrets else replace(feed, url=mask(feed.url)) for feed in feeds]
    if masked != feeds:
        invocation.hint("keys and passwords in addresses are masked: such a feed cannot be imported; --with-secrets leaves them")
    body = write_opml(masked)
    if str(file) == "-":
        sys.stdout.buffer.write(body)
        return
    try:
        file.write_bytes(body)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from error
    invocation.hint(f"{counted(len(feeds), 'feed')} written to {file}")


def _shown(feed: Feed) -> Feed:
    """The feed with words that may be printed."""
    from crawler.publish.plain import mask, plain

    title, site_url = feed.title and plain(mask(feed.title)), feed.site_url and mask(feed.site_url)
    return replace(feed, title=title, site_url=site_url, topics=tuple(plain(topic) for topic in feed.topics))


def _set_status(invocation: Invocation, references: Iterable[str], status: str) -> None:
    from crawler.model import FeedStatus

    now = datetime.now(UTC)
    with invocation.store() as store:
        feeds = [_find(store, reference) for reference in references]
        for feed in feeds:
            store.feeds.set_status(feed.id, FeedStatus(status), now)
        changed = [_find(store, str(feed.id)) for feed in feeds]
    for feed in changed:
        if invocation.as_json:
            invocation.emit(_values(feed))
        else:
            invocation.say(f"{status}: {_values(feed)['url']}")


def _find(store: Store, reference: str) -> Feed:
    from crawler.publish.plain import mask

    feed = store.feeds.find(reference)
    if feed is None:
        raise UsageError(f"no feed {mask(reference)} is followed; `feeds list` shows ids and addresses")
    return feed


def _values(feed: Feed) -> dict[str, Any]:
    """A feed as `--json` prints it; secrets masked."""
    from crawler.publish.jsonl import time_text
    from crawler.publish.plain import mask

    return {
        "id": feed.id,
        "url": mask(feed.url),
        "title": feed.title and mask(feed.title),  # some feeds call themselves by their address
        "site_url": feed.site_url and mask(feed.site_url),
        "topics": list(feed.topics),
        "status": feed.status,
        "every_s": feed.every_s,
        "text_only": feed.text_only,
        "auth": feed.auth,
        "interval_s": feed.interval_s,
        "next_due_at": time_text(feed.next_due_at),
        "why_due": feed.why_due,
        "new_per_day": feed.pace and round(feed.pace.entries / feed.pace.hours * 24, 1),
        "wishes_every_s": feed.wishes.every_s,
        "wishes_skip_hours": sorted(feed.wishes.skip_hours),
        "wishes_skip_days": sorted(feed.wishes.skip_days),
        "last_polled_at": time_text(feed.last_polled_at),
        "last_ok_at": time_text(feed.last_ok_at),
        "failures": feed.failures,
        "last_error": feed.last_error and mask(feed.last_error),
        "etag": feed.validators.etag,
        "last_modified": feed.validators.last_modified,
        "distrusted_at": feed.distrusted_at and time_text(feed.distrusted_at),
        "parts": [mask(part.url) for part in feed.parts],
        "added_at": time_text(feed.added_at),
    }


def _read(file: Path) -> bytes:
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
