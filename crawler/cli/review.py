"""`review`: a person is asked about what was decided closely, one key each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.invocation import Invocation, output_options

if TYPE_CHECKING:
    from crawler.stores import Store
    from crawler.stores.views import Doubt, Member

KEYS = "[y] one story  [n] not  [s] skip  [d] differences  [u] undo  [q] quit"
DIFFERENCES = 3  # shown at once; [d] shows all
OPENING = 60  # words
Pair = tuple[int, int]  # pages, the lower first


@click.command("review")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Ask about at most N pairs.  [default: all]")
@output_options
@click.pass_obj
def command(invocation: Invocation, limit: int | None) -> None:
    """Ask about near misses and weak joins, the closest first; what is answered is decided and not asked again.

    One key each on a terminal, one line each from a pipe. With --json the pairs are listed and nothing is asked.
    """
    with invocation.store() as store:
        if invocation.as_json:
            for doubt in store.doubts.open()[:limit]:
                invocation.emit(_values(doubt))
        else:
            Session(invocation, store, limit).run()


class Session:
    """Questions and answers until nothing is left, the limit is reached or the person has had enough."""

    def __init__(self, invocation: Invocation, store: Store, limit: int | None) -> None:
        self._invocation = invocation
        self._store = store
        self._limit = limit
        self._skipped: set[Pair] = set()
        self._decided: list[tuple[int, Pair]] = []  # decisions made here, for undo
        self._again: Pair | None = None  # the pair that an undone decision was about

    def run(self) -> None:
        while (open_doubts := self._open()) and self._has_room():
            doubt = next((one for one in open_doubts if _pair(one) == self._again), open_doubts[0])
            self._invocation.say("\n".join(_shown(self._store, doubt, len(open_doubts))))
            if not self._answer(doubt):
                break
        self._invocation.say(f"decided {len(self._decided)}, skipped {len(self._skipped)}, left {len(self._open())}")

    def _open(self) -> list[Doubt]:
        return [doubt for doubt in self._store.doubts.open() if _pair(doubt) not in self._skipped]

    def _has_room(self) -> bool:
        return self._limit is None or len(self._decided) + len(self._skipped) < self._limit

    def _answer(self, doubt: Doubt) -> bool:
        """Do what the person says; False where they quit."""
        while True:
            self._invocation.hint(KEYS)
            match read_key():
                case "y" | "n" as key:
                    self._decide(doubt, is_one=key == "y")
                    return True
                case "s":
                    self._skipped.add(_pair(doubt))
                    return True
                case "d":
                    self._invocation.say("\n".join(_differences(self._store, doubt, None)))
                case "u" if self._decided:
                    self._undo()
                    return True
                case "u":
                    self._invocation.hint("nothing was decided here yet; `undo` takes back earlier decisions")
                case "q" | "":
                    return False

    def _decide(self, doubt: Doubt, *, is_one: bool) -> None:
        decisions, now = self._store.decisions, datetime.now(UTC)
        if is_one:
            page, other = self._greater_first(doubt)
            decision = decisions.merge(page, other, now)
        elif doubt.joined:
            decision = decisions.split(doubt.page, now)
        else:
            decision = decisions.keep_apart(doubt.page, doubt.other, now)
        self._decided.append((decision.id, _pair(doubt)))
        self._again = None
        self._judge()

    def _greater_first(self, doubt: Doubt) -> tuple[Any, Any]:
        """The pages with that of the greater story first, whose id stays."""
        views = [self._store.reading.story(story) for story in doubt.stories]
        sizes = [0 if view is None else len(view.record.copies) for view in views]
        return (doubt.other, doubt.page) if sizes[1] > sizes[0] else (doubt.page, doubt.other)

    def _undo(self) -> None:
        decision, self._again = self._decided.pop()
        self._store.decisions.undo(decision, datetime.now(UTC))
        self._judge()

    def _judge(self) -> None:
        from crawler.cli.deciding import judge_now

        judge_now(self._invocation, self._store, "review")


def read_key() -> str:
    """One key from a terminal, the first letter of a line from elsewhere; "" at the end."""
    if sys.stdin.isatty():
        try:
            return click.getchar().lower()
        except EOFError:
            return ""
    line = sys.stdin.readline()
    return (line.strip()[:1] or " ").lower() if line else ""


def _shown(store: Store, doubt: Doubt, left: int) -> Iterator[str]:
    """Both pages side by side, the measures, and the first differences."""
    from crawler.cli.evidence import measure_lines, reason_text, side_by_side

    kind = "weak join" if doubt.joined else "near miss"
    yield f"\n{kind}, {left} left  ({reason_text(doubt.reason)})"
    one, other = _member(store, doubt.stories[0], doubt.page), _member(store, doubt.stories[1], doubt.other)
    yield from side_by_side(doubt.stories, [_heads(one, other), (_opening(store, doubt.page), _opening(store, doubt.other))])
    yield from measure_lines(doubt.measures)
    yield from _differences(store, doubt, DIFFERENCES)


def _heads(one: Member | None, other: Member | None) -> tuple[str, str]:
    from crawler.cli.console import when

    def head(member: Member | None) -> str:
        if member is None:
            return ""
        publisher = member.publisher or member.site
        return f"{member.title or ''} – {publisher}, {when(member.published_at)}, {member.state} – {member.url}"

    return head(one), head(other)


def _member(store: Store, story: Any, page: int) -> Member | None:
    view = store.reading.story(story)
    members = () if view is None else (view.record.canonical, *view.record.copies)
    return next((member for member in members if member.page == page), None)


def _text(store: Store, page: Any) -> str:
    return "\n".join(block.text for block in store.reading.blocks(page) if block.mark == "t")


def _opening(store: Store, page: Any) -> str:
    return " ".join(_text(store, page).split()[:OPENING])


def _differences(store: Store, doubt: Doubt, most: int | None) -> Iterator[str]:
    from crawler.cli.comparing import compare_texts
    from crawler.cli.evidence import side_by_side

    stretches = compare_texts(_text(store, doubt.page), _text(store, doubt.other))
    differing = [(stretch.here, stretch.there) for stretch in stretches if not stretch.is_shared]
    yield from side_by_side(("only here", "only there"), differing[:most])
    if most is not None and len(differing) > most:
        yield f"  … and {len(differing) - most} more: [d]"


def _pair(doubt: Doubt) -> Pair:
    return min(doubt.page, doubt.other), max(doubt.page, doubt.other)


def _values(doubt: Doubt) -> dict[str, Any]:
    return {
        "joined": doubt.joined,
        "reason": doubt.reason,
        "urls": list(doubt.urls),
        "stories": list(doubt.stories),
        "distance": round(doubt.distance, 4),
        "measures": doubt.measures,
    }
