"""`eval`: how right the comparison is on labelled pairs."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.errors import UsageError

if TYPE_CHECKING:
    from crawler.study.evaluation import Evaluation, Interval, KindRow, Score, SweepRow

_TITLES = (
    "part", "kind", "bound", "value", "in_force", "pairs", "hits", "wrong", "missed", "apart",
    "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high", "f1", "f1_low", "f1_high",
)  # fmt: skip


@click.command("eval")
@click.argument("pairs", metavar="[PAIRS.jsonl]", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="CSV on stdout.")
@output_options
@click.pass_obj
def command(invocation: Invocation, pairs: str | None, as_csv: bool) -> None:
    """Compare labelled pairs as a verdict would: precision, recall and F1 of each kind, and what other bounds would give.

    Without a file the labels are the decisions of people (merge, split, review). A line of a file is {"a", "b", "label", "kind"}; a
    document is {"text", "title", "site"}, {"url"}, a stored address, a story's id, or a text. - reads stdin.
    """
    if as_csv and invocation.as_json:
        raise UsageError("--csv or --json, not both")
    evaluation = _evaluate(invocation, pairs)
    if not evaluation.total.pairs:
        _hint_at_nothing(invocation, evaluation, pairs)
    if invocation.as_json:
        for values in _json_rows(evaluation):
            invocation.emit(values)
    elif as_csv:
        from crawler.cli.sheets import csv_lines

        for line in csv_lines(_TITLES, [[values.get(title) for title in _TITLES] for values in _flat_rows(evaluation)]):
            invocation.say(line)
    elif evaluation.total.pairs:
        invocation.say(_tables(evaluation))
    if evaluation.skipped and evaluation.total.pairs:
        from crawler.cli.console import counted

        first = evaluation.skipped_reasons[0]
        invocation.hint(f"{counted(evaluation.skipped, 'pair')} skipped, the first: {first.place}: {first.why}")


def _evaluate(invocation: Invocation, pairs: str | None) -> Evaluation:
    from crawler.stores.rules import rules_of
    from crawler.study.evaluation import evaluate
    from crawler.study.labels import decided_pairs, read_pairs

    rules = rules_of(invocation.settings)
    with invocation.store() as store:
        decisions = store.studying.decisions() if pairs is None else None
        with store.studying.docket() as docket:
            if decisions is not None:
                return evaluate(decided_pairs(decisions, docket), docket, rules)
            with _lines(pairs or "-") as lines:
                return evaluate(read_pairs(lines, docket), docket, rules)


@contextmanager
def _lines(pairs: str) -> Iterator[TextIO]:
    if pairs == "-":
        yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
        return
    try:
        with Path(pairs).open(encoding="utf-8", errors="replace") as lines:
            yield lines
    except OSError as error:
        raise UsageError(f"cannot read {pairs}: {error.strerror or error}") from error


def _hint_at_nothing(invocation: Invocation, evaluation: Evaluation, pairs: str | None) -> None:
    if evaluation.skipped:
        first = evaluation.skipped_reasons[0]
        invocation.hint(f"no pair left of {evaluation.skipped}, the first skipped: {first.place}: {first.why}")
    elif pairs is None:
        invocation.hint("nobody has decided anything yet: `merge` and `split` do, or give a file of labelled pairs")
    else:
        invocation.hint(f"no pair in {pairs}")


def _json_rows(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    for kind in evaluation.kinds:
        yield {"part": "kind", "kind": kind.kind, **_values(kind.score), "wrong_reasons": dict(kind.wrong_reasons)}
    for row in evaluation.sweep:
        yield {"part": "sweep", "bound": row.bound, "value": row.value, "in_force": row.is_current, **_values(row.score)}
    for skipped in evaluation.skipped_reasons:
        yield {"part": "skipped", "place": skipped.place, "why": skipped.why}


def _flat_rows(evaluation: Evaluation) -> Iterator[dict[str, Any]]:
    for values in _json_rows(evaluation):
        if values["part"] == "skipped":
            continue
        for name in ("precision", "recall", "f1"):
            interval = values.pop(name) or {}
            values |= {name: interval.get("value"), f"{name}_low": interval.get("low"), f"{name}_high": interval.get("high")}
        yield values


def _values(score: Score) -> dict[str, Any]:
    return {
        "pairs": score.pairs, "hits": score.hits, "wrong": score.wrong, "missed": score.missed, "apart": score.apart,
        "precision": _interval(score.precision), "recall": _interval(score.recall), "f1": _interval(score.f1),
    }


def _interval(interval: Interval | None) -> dict[str, float] | None:
    if interval is None:
        return None
    return {"value": round(interval.value, 6), "low": round(interval.low, 6), "high": round(interval.high, 6)}


def _tables(evaluation: Evaluation) -> str:
    from crawler.cli.console import table

    titles = ("KIND", "PAIRS", "JOINED", "WRONG", "MISSED", "PRECISION", "RECALL", "F1", "WRONG BECAUSE")
    kinds = table(titles, [_kind_cells(row) for row in evaluation.kinds], numbers=(1, 2, 3, 4))
    swept = ("BOUND", "VALUE", "", "JOINED", "WRONG", "MISSED", "PRECISION", "RECALL", "F1")
    sweep = table(swept, [_sweep_cells(row) for row in evaluation.sweep], numbers=(1, 3, 4, 5))
    note = "95 % Wilson score intervals in brackets; each bound of the sweep alone is changed, * is in force"
    return f"{kinds}\n\n{sweep}\n\n{note}"


def _kind_cells(row: KindRow) -> tuple[object, ...]:
    score = row.score
    reasons = ", ".join(f"{reason} {count}" for reason, count in row.wrong_reasons)
    return (row.kind, score.pairs, score.hits + score.wrong, score.wrong, score.missed, *_shares(score), reasons)


def _sweep_cells(row: SweepRow) -> tuple[object, ...]:
    score = row.score
    mark = "*" if row.is_current else " "
    return (row.bound, f"{row.value:.2f}", mark, score.hits + score.wrong, score.wrong, score.missed, *_shares(score))


def _shares(score: Score) -> tuple[str, str, str]:
    return _share(score.precision), _share(score.recall), _share(score.f1)


def _share(interval: Interval | None) -> str:
    return "-" if interval is None else f"{interval.value:.3f} [{interval.low:.3f}–{interval.high:.3f}]"
