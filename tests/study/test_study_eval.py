"""`eval`: precision, recall and F1 on labelled pairs, with intervals, and what other bounds would give."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_press import T0, Press, make_article, make_story
from study_program import Run
from texts import make_document

from crawler.dedup.compare import Bounds, compare
from crawler.dedup.judge import Rules
from crawler.study.evaluation import TOTAL, Score, evaluate, sweep_points, wilson
from crawler.study.labels import LabelledPair, read_label
from crawler.study.memory import MemoryDocket

STORY = make_story(1)
NOTHING = np.empty(0, dtype=np.uint64)


def pair(a: Any, b: Any, label: Any, kind: str | None = None) -> dict[str, Any]:
    return {"a": a, "b": b, "label": label} | ({"kind": kind} if kind else {})


def write(tmp_path: Path, *pairs: dict[str, Any]) -> str:
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(each) + "\n" for each in pairs), encoding="utf-8")
    return "pairs.jsonl"


def text(*paragraphs: str) -> dict[str, str]:
    return {"text": "\n".join(paragraphs)}


WHOLE, CUT, HALF = text(*STORY), text(*STORY[:4]), text(*STORY[:4], *make_story(7)[:4])
OTHER = text(*make_story(2))


def test_texts_of_a_file_are_counted_by_kind(tmp_path: Path, run: Run) -> None:
    file = write(
        tmp_path, pair(WHOLE, CUT, 1, "cut"), pair(WHOLE, OTHER, "apart", "other"), pair(WHOLE, HALF, True, "half"),
        pair(WHOLE, WHOLE, False, "other"),
    )  # fmt: skip
    rows = {row["kind"]: row for row in run("eval", file, "--json").lines if row["part"] == "kind"}
    assert list(rows) == ["cut", "half", "other", TOTAL]
    counts = {kind: tuple(row[name] for name in ("hits", "wrong", "missed", "apart")) for kind, row in rows.items()}
    assert counts == {"cut": (1, 0, 0, 0), "half": (0, 0, 1, 0), "other": (0, 1, 0, 1), TOTAL: (1, 1, 1, 1)}
    assert rows["other"]["recall"] is None
    assert rows["other"]["wrong_reasons"] == {"exact": 1}
    assert rows[TOTAL]["precision"]["value"] == 0.5


def test_the_sweep_holds_what_other_bounds_would_give(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, pair(WHOLE, HALF, "copy"), pair(WHOLE, OTHER, "different"))
    sweep = [row for row in run("eval", file, "--json").lines if row["part"] == "sweep"]
    by_value = {row["value"]: row for row in sweep if row["bound"] == "containment"}
    assert (by_value[0.4]["hits"], by_value[0.7]["hits"]) == (1, 0)
    assert {row["bound"]: row["value"] for row in sweep if row["in_force"]} == {"jaccard": 0.6, "containment": 0.7, "lead": 0.7}


def test_the_settings_in_force_are_those_that_are_measured(tmp_path: Path, run: Run) -> None:
    file = write(tmp_path, pair(WHOLE, HALF, "copy"))
    assert run("--set", "dedup.containment=0.4", "eval", file, "--json").lines[0]["hits"] == 1


def test_stored_pages_are_named_by_address_and_story(press: Press, tmp_path: Path, run: Run) -> None:
    story = press.publish(make_article("https://harbour.example/1", STORY, published=T0)).story
    press.publish(make_article("https://echo.example/1", STORY[:5]))
    file = write(
        tmp_path, pair("https://harbour.example/1", {"url": "https://echo.example/1"}, "copy"), pair(str(story), CUT, "copy"),
        pair("https://nobody.example/", WHOLE, "copy"),
    )  # fmt: skip
    answer = run("eval", file, "--json")
    assert (answer.lines[0]["hits"], answer.lines[0]["missed"]) == (2, 0)
    assert answer.lines[-1] == {"part": "skipped", "place": "line 3", "why": "nothing is stored under https://nobody.example/"}


def test_labels_are_what_people_decided_where_no_file_is_given(press: Press, run: Run) -> None:
    press.publish(make_article("https://harbour.example/1", STORY, published=T0))
    press.publish(make_article("https://echo.example/1", STORY[:5]))
    press.publish(make_article("https://brook.example/1", [*STORY[:4], *make_story(7)[:4]]))
    press.rest()
    original, copy, half = (press.page(f"https://{name}.example/1") for name in ("harbour", "echo", "brook"))
    press.store.decisions.merge(original, half, press.now)
    press.store.decisions.split(copy, press.now)
    rows = {row["kind"]: row for row in run("eval", "--json").lines if row["part"] == "kind"}
    assert rows["decided together"]["missed"] >= 1
    assert rows["decided apart"]["wrong"] >= 1


def test_without_any_label_a_hint_says_what_to_do(press: Press, run: Run) -> None:
    answer = run("eval")
    assert (answer.code, answer.out) == (0, "")
    assert "nobody has decided" in answer.err


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"a": "x", "b": "y"}', '{"a": "x", "b": "y", "label": "maybe"}', '{"a": 3, "b": "y", "label": 1}'],
)  # fmt: skip
def test_a_line_that_is_no_pair_is_named(line: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "bad.jsonl").write_text("\n" + line)
    answer = run("eval", "bad.jsonl")
    assert answer.code == 2
    assert "line 2" in answer.err


def test_csv_has_kinds_and_sweep_in_one_table(tmp_path: Path, run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("eval", write(tmp_path, pair(WHOLE, CUT, 1)), "--csv").out)))
    assert {row["part"] for row in rows} == {"kind", "sweep"}
    assert rows[0]["precision"] == "1.0000"
    assert run("eval", "pairs.jsonl", "--csv", "--json").code == 2


def test_a_person_reads_a_table(tmp_path: Path, run: Run) -> None:
    out = run("eval", write(tmp_path, pair(WHOLE, CUT, 1, "cut"))).out
    assert "1.000 [0.207–1.000]" in out
    assert "Wilson" in out


def test_wilson_intervals_are_those_of_the_literature() -> None:
    found = wilson(81, 263)  # Newcombe, Statistics in Medicine 17 (1998), table I
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) is None


@given(hits=st.integers(0, 200), misses=st.integers(0, 200))
def test_an_interval_holds_its_share(hits: int, misses: int) -> None:
    found = wilson(hits, hits + misses)
    if found is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1


@given(hits=st.integers(0, 50), wrong=st.integers(0, 50), missed=st.integers(0, 50))
def test_f1_is_the_harmonic_mean(hits: int, wrong: int, missed: int) -> None:
    score = Score(hits=hits, wrong=wrong, missed=missed)
    precision, recall, f1 = score.precision, score.recall, score.f1
    if precision and recall and f1 and hits:
        assert f1.value == pytest.approx(2 * precision.value * recall.value / (precision.value + recall.value))
        assert f1.low <= f1.value <= f1.high


def test_each_point_of_the_sweep_is_what_comparing_under_it_gives() -> None:
    """The sweep compares once and decides anew from the measures; templates and exact texts included."""
    numbers = [" ".join(f"{word} {i}" for i, word in enumerate(block.split())) for block in STORY]
    others = [" ".join(f"{word} {i + 7}" for i, word in enumerate(block.split())) for block in STORY]
    texts = [STORY, STORY[:4], [*STORY[:4], *make_story(7)[:4]], [*make_story(7)[:4], *STORY[4:]], numbers, others, make_story(2)]
    documents = [make_document(number, blocks) for number, blocks in enumerate(texts, start=1)]
    rules = Rules()
    for a in documents:
        for b in documents:
            if a.page < b.page:
                found = evaluate([LabelledPair(a=a, b=b, together=True, kind="k")], MemoryDocket(rules), rules)
                for row, (_, _, bounds) in zip(found.sweep, sweep_points(rules.bounds), strict=True):
                    joined = compare(a, b, low_chrome=NOTHING, high_chrome=NOTHING, bounds=bounds).joined
                    assert row.score.hits == joined, (a.page, b.page, row.bound, row.value)


def test_every_bound_that_is_swept_has_its_value_in_force_once() -> None:
    assert [value for _, value, bounds in sweep_points(Bounds()) if bounds == Bounds()] == [0.6, 0.7, 0.7]


@pytest.mark.parametrize(
    ("label", "together"), [(True, True), (0, False), (2.5, True), ("1", True), ("0.0", False), ("Copy", True), ("APART", False)]
)
def test_labels_are_read_in_many_spellings(label: object, together: bool) -> None:
    assert read_label(label, "here") is together
