"""`rededup`: judge what is stored anew under other settings; a preview, or applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.cli.options import Since

if TYPE_CHECKING:
    from crawler.settings import Settings
    from crawler.stores import Store
    from crawler.study.rejudging import Changes

_TOLD_EVERY = 1000  # pages


@click.command("rededup")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="A setting to try: dedup.jaccard=0.5; repeatable.")
@click.option("--since", type=Since(), help="Only pages first seen since then: 30d, or 2026-11-20.  [default: all]")
@click.option("--apply", "is_applied", is_flag=True, help="Do it; without, it is only shown what would change.")
@click.option("--limit", type=click.IntRange(min=0), default=5, show_default=True, metavar="N", help="Examples of each change.")
@output_options
@click.pass_obj
def command(
    invocation: Invocation, overrides: tuple[str, ...], since: datetime | None, is_applied: bool, limit: int
) -> None:
    """Judge stored texts anew: which stories would merge, split, be re-elected under these settings.

    Without --apply nothing is written: the same is done to a copy of what verdicts read. What people decided stands in either case.
    """
    before = invocation.load().settings
    invocation.overrides = (*invocation.overrides, *overrides)
    changes, labels = _run(invocation, before, since, is_applied=is_applied)
    if invocation.as_json:
        _emit(invocation, changes, labels, is_applied=is_applied)
    else:
        invocation.say("\n".join(_lines(changes, labels, limit, is_applied=is_applied)))
        _hint_after(invocation, changes, overrides, is_applied=is_applied)


def _run(
    invocation: Invocation, before: Settings, since: datetime | None, *, is_applied: bool
) -> tuple[_Shown, dict[str, Any] | None]:
    from crawler.study.rejudging import apply, preview
    from crawler.wiring import alone

    now, told = datetime.now(UTC), _told(invocation)
    if not is_applied:
        with invocation.store() as store:
            return _Shown(store, preview(store.anew, since, now, told)), _label_values(store, before, invocation.settings)
    with invocation.store() as store, alone(invocation.settings, invocation.data_dir, store, "rededup --apply"):
        changes = apply(store.anew, since, now, told)
        return _Shown(store, changes), _label_values(store, before, invocation.settings)


def _told(invocation: Invocation) -> Callable[[int], None]:
    def tell(judged: int) -> None:
        if judged % _TOLD_EVERY == 0:
            invocation.hint(f"{judged} pages judged")

    return tell


class _Shown:
    """Changes with the addresses of their pages."""

    def __init__(self, store: Store, changes: Changes) -> None:
        self.changes = changes
        pages = {
            *(page for merge in changes.merges for page in merge.pages),
            *(page for split in changes.splits for page in split.pages),
            *(move.page for move in changes.moves), *changes.taken_in, *changes.set_aside,
            *(page for election in changes.reelections for page in (election.before, election.after)),
        }
        self._urls = store.studying.urls(sorted(pages))

    def url(self, page: int) -> str:
        return self._urls.get(page, f"page {page}")

    def rows(self) -> Iterator[dict[str, Any]]:
        for merge in self.changes.merges:
            yield {"change": "merge", "story": merge.story, "into": merge.into, "urls": [self.url(page) for page in merge.pages]}
        for split in self.changes.splits:
            yield {"change": "split", "story": split.out_of, "urls": [self.url(page) for page in split.pages]}
        for move in self.changes.moves:
            yield {"change": "move", "story": move.out_of, "into": move.into, "urls": [self.url(move.page)]}
        for kind, pages in (("take in", self.changes.taken_in), ("set aside", self.changes.set_aside)):
            for page in pages:
                yield {"change": kind, "story": None, "urls": [self.url(page)]}
        for election in self.changes.reelections:
            urls = [self.url(election.after)]
            yield {"change": "re-elect", "story": election.story, "instead_of": self.url(election.before), "urls": urls}


def _label_values(store: Store, before: Settings, after: Settings) -> dict[str, Any] | None:
    """What the old and the new bounds make of the pairs that people decided; None where there are none."""
    from crawler.stores.rules import rules_of
    from crawler.study.evaluation import evaluate
    from crawler.study.labels import decided_pairs

    decisions = store.studying.decisions()
    if not decisions.together and not decisions.apart:
        return None
    with store.studying.docket() as docket:
        scores = [evaluate(decided_pairs(decisions, docket), docket, rules_of(settings)).total for settings in (before, after)]
    values: dict[str, Any] = {"labels": scores[0].pairs}
    for name, score in zip(("before", "after"), scores, strict=True):
        precision, recall = score.precision, score.recall
        values[name] = {"precision": precision and round(precision.value, 4), "recall": recall and round(recall.value, 4)}
    return values


def _emit(invocation: Invocation, shown: _Shown, labels: dict[str, Any] | None, *, is_applied: bool) -> None:
    for row in shown.rows():
        invocation.emit(row)
    changes = shown.changes
    invocation.emit({
        "change": "summary", "applied": is_applied,
        "stories_before": changes.stories_before, "stories_after": changes.stories_after,
        "merges": len(changes.merges), "splits": len(changes.splits), "moves": len(changes.moves),
        "taken_in": len(changes.taken_in), "set_aside": len(changes.set_aside), "reelections": len(changes.reelections),
        "relabelled": changes.relabelled, "labels": labels,
    })


def _lines(shown: _Shown, labels: dict[str, Any] | None, limit: int, *, is_applied: bool) -> Iterator[str]:
    from crawler.cli.console import counted, noun
    from crawler.publish.plain import plain

    changes = shown.changes
    would = "" if is_applied else "would be "
    stories = counted(changes.stories_before, "story", "stories")
    yield (
        f"{stories}, {changes.stories_after} after: {len(changes.merges)} {would}merged, "
        f"{len(changes.splits)} {would}split off, {counted(len(changes.moves), 'page')} {would}moved, {len(changes.reelections)} "
        f"{would}re-elected, {counted(changes.relabelled, 'relation')} {would}{noun(changes.relabelled, 'another', 'others')}"
    )
    if labels is not None:
        was, now = labels["before"], labels["after"]
        numbers = [f"{name} {_number(was[name])} → {_number(now[name])}" for name in ("precision", "recall")]
        yield f"by the bounds alone, on {counted(labels['labels'], 'pair')} that people decided: {', '.join(numbers)}"
    shown_of: dict[str, int] = {}
    for row in shown.rows():
        kind = row["change"]
        shown_of[kind] = shown_of.get(kind, 0) + 1
        if shown_of[kind] <= limit:
            yield plain(_example(row))
        elif shown_of[kind] == limit + 1:
            yield f"{kind}: … (--limit shows more, --json all)"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _example(row: dict[str, Any]) -> str:
    first, more = row["urls"][0], len(row["urls"]) - 1
    pages = f"{first}{f' and {more} more' if more else ''}"
    match row["change"]:
        case "merge":
            return f"merge: {row['story']} into {row['into']}: {pages}"
        case "split":
            return f"split: out of {row['story']}: {pages}"
        case "take in" | "set aside":
            return f"{row['change']}: {pages}, an origin that an article named"
        case "move":
            return f"move: from {row['story']} to {row['into']}: {pages}"
        case _:
            return f"re-elect: {row['story']}: {first} instead of {row['instead_of']}"


def _hint_after(invocation: Invocation, shown: _Shown, overrides: tuple[str, ...], *, is_applied: bool) -> None:
    if not is_applied and not shown.changes.is_nothing:
        invocation.hint("nothing was written; --apply does it")
    elif is_applied and overrides:
        invocation.hint(f"pages to come are judged as the settings file says: put {' '.join(overrides)} there to keep to it")
