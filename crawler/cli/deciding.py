"""What the commands share by which a person decides: judging at once, and telling what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crawler.cli.invocation import Invocation

if TYPE_CHECKING:
    from crawler.stores import Store
    from crawler.stores.views import Decision

BATCH = 50  # pages judged in one transaction
Command = TypeVar("Command", bound=Callable[..., Any])


def note_option(command: Command) -> Command:
    return click.option("--note", metavar="TEXT", default="", help="Why; kept with the decision.")(command)


def decide(invocation: Invocation, act: Callable[[Store, datetime], Decision]) -> None:
    """Let a person's word be written, judge what it touches, and tell how its stories stand then."""
    with invocation.store() as store:
        decision = act(store, datetime.now(UTC))
        is_judged = judge_now(invocation, store, decision.verb)
        standing = _standing(store, decision)
    if invocation.as_json:
        invocation.emit(decision_values(decision) | {"judged": is_judged, "now": standing})
        return
    from crawler.publish.plain import plain

    invocation.say(plain(decision_text(decision)))
    for story in standing:
        invocation.say(plain(f"  {story['story']}  pages {story['pages']}  canonical {story['canonical']}  ({story['why']})"))


def judge_now(invocation: Invocation, store: Store, command: str) -> bool:
    """Judge and settle until nothing is due; False where another process is at work, which does it in its turn."""
    from crawler.errors import AlreadyRunning
    from crawler.wiring import alone

    try:
        with alone(invocation.settings, invocation.data_dir, store, command):
            while store.articles.judge_due(datetime.now(UTC), BATCH)[0] or store.articles.settle_due(BATCH):
                pass
    except AlreadyRunning:
        invocation.hint("noted; the crawl or service that is running takes it up within a minute")
        return False
    return True


def decision_text(decision: Decision) -> str:
    """A decision on one line."""
    note = f" “{decision.note}”" if decision.note else ""
    return f"decision {decision.id} of {decision.created_at:%Y-%m-%d}, {state_text(decision)}: {what_text(decision)}{note}"


def what_text(decision: Decision) -> str:
    """What was decided, of what."""
    joint = {"merge": " with ", "split": " from "}.get(decision.verb, ", ")
    return f"{decision.verb} {joint.join(decision.urls)}" + (f" ({', '.join(decision.stories)})" if decision.stories else "")


def state_text(decision: Decision) -> str:
    if decision.undone_at is not None:
        return "undone"
    return "in force" if decision.in_force else "overruled by a later one"


def decision_values(decision: Decision) -> dict[str, Any]:
    """A decision as `--json` prints it."""
    from crawler.publish.jsonl import time_text

    return {
        "id": decision.id,
        "verb": decision.verb,
        "created_at": time_text(decision.created_at),
        "undone_at": time_text(decision.undone_at),
        "in_force": decision.in_force,
        "stories": list(decision.stories),
        "urls": list(decision.urls),
        "note": decision.note,
    }


def _standing(store: Store, decision: Decision) -> list[dict[str, Any]]:
    """The stories that the decision's addresses are in now."""
    found = dict.fromkeys(store.reading.find(url) for url in decision.urls)
    views = [view for story in found if isinstance(story, str) and (view := store.reading.story(story)) is not None]
    return [
        {
            "story": view.record.id,
            "pages": 1 + len(view.record.copies),
            "canonical": view.record.canonical.url,
            "why": view.why_canonical,
        }
        for view in views
    ]
