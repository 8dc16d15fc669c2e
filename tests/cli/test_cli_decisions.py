"""A person decides: on the command line, with one key each, or from a pipe."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import sqlite3
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli_judged import LEASE, NOW, fill, url

from crawler.events import Event, StoriesRejudged
from crawler.pipeline.desk import Desk
from crawler.pipeline.judging import Judge
from crawler.settings import Settings
from crawler.stores import open_store
from crawler.stores.lock import DataDirLock

Run = Callable[..., Any]  # the program, as the fixture `run` calls it


async def judge_as_a_service_does(folder: Path) -> list[Event]:
    """What a running service's judge lane tells of when it looks for what is due."""
    told = list[Event]()
    with open_store(f"sqlite:///{folder}/crawler.db", settings=Settings()) as store:
        async with Desk() as desk:
            judge = Judge(store=store.articles, desk=desk, observe=told.append, now=lambda: datetime.now(UTC))
            await judge.until_rest(asyncio.Event())
    return told


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    fill(tmp_path / "data")
    return run


def story(run: Run, name: str) -> dict[str, Any]:
    return run("show", url(name), "--json").lines[0]


def pages(shown: dict[str, Any]) -> set[str]:
    return {shown["canonical"]["url"], *(copy["url"] for copy in shown["copies"])}


def answer(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{key}\n" for key in keys)))


def test_merge_makes_one_story_under_the_first_id(filled: Run) -> None:
    first, second = story(filled, "harbour")["id"], story(filled, "ferry")["id"]
    merged = filled("merge", first, second, "--note", "one press release", "--json")
    assert merged.code == 0
    assert merged.lines[0]["judged"] is True
    assert [(one["story"], one["pages"]) for one in merged.lines[0]["now"]] == [(first, 5)]
    assert pages(story(filled, "echo")) == {url(name) for name in ("harbour", "mirror", "digest", "ferry", "echo")}
    assert filled("show", second, "--json").lines[0]["id"] == first


def test_split_gives_the_page_a_story_of_its_own(filled: Run) -> None:
    before = story(filled, "harbour")["id"]
    said = filled("split", before, url("digest"))
    assert said.code == 0
    assert "decision 1" in said.out
    assert pages(story(filled, "digest")) == {url("digest")}
    assert story(filled, "mirror")["id"] == before != story(filled, "digest")["id"]


def test_split_of_a_storys_id_asks_for_the_page(filled: Run) -> None:
    said = filled("split", story(filled, "harbour")["id"])
    assert said.code == 2
    assert "which page" in said.err


def test_split_of_two_stories_keeps_them_apart(filled: Run) -> None:
    assert filled("split", url("ferry"), url("harbour")).code == 0
    assert filled("decisions", "--json").lines[0]["urls"] == [url("harbour"), url("ferry")]


def test_pin_makes_a_page_canonical_and_unpin_ends_it(filled: Run) -> None:
    before = story(filled, "harbour")
    filled("pin", url("digest"))
    pinned = story(filled, "harbour")
    assert (pinned["id"], pinned["canonical"]["url"]) == (before["id"], url("digest"))
    assert pinned["why_canonical"] == "pinned by a person"
    filled("unpin", url("digest"))
    assert story(filled, "harbour")["canonical"] == before["canonical"]


def test_undo_takes_back_the_last_decision_or_a_named_one(filled: Run) -> None:
    before = {name: story(filled, name)["id"] for name in ("harbour", "digest", "ferry", "echo")}
    filled("merge", url("harbour"), url("ferry"))
    filled("pin", url("echo"))
    assert filled("undo", "1").code == 0
    assert {name: story(filled, name)["id"] for name in before} == before
    assert filled("undo").code == 0
    assert [line["undone_at"] is not None for line in filled("decisions", "--json").lines] == [True, True]
    assert filled("undo").code == 2


def test_decisions_are_listed_the_last_first_with_their_state(filled: Run) -> None:
    filled("split", url("digest"), "--note", "only a summary")
    filled("merge", url("harbour"), url("digest"))
    listed = filled("decisions")
    rows = listed.out.splitlines()
    assert "in force" in rows[1]
    assert "overruled" in rows[2]
    assert "only a summary" in rows[2]


def test_no_decision_yet_is_said_so(filled: Run) -> None:
    assert filled("decisions").out == ""
    assert "nothing was decided yet" in filled("decisions").err


def test_show_and_explain_tell_of_decisions_in_force(filled: Run) -> None:
    filled("pin", url("digest"), "--note", "the editors' own")
    assert [one["verb"] for one in story(filled, "harbour")["decisions"]] == ["pin"]
    assert "the editors' own" in filled("show", url("harbour")).out
    assert "pin https://digest.example/a" in filled("explain", url("digest")).out
    filled("undo")
    assert story(filled, "harbour")["decisions"] == []
    assert "decided" not in filled("explain", url("digest")).out


def test_an_unknown_address_is_refused_in_one_line(filled: Run) -> None:
    for args in (["merge", url("harbour"), "https://nowhere.example/"], ["pin", "snope"], ["split", "https://nowhere.example/"]):
        said = filled(*args)
        assert said.code == 2
        assert said.err.count("\n") == 1


def test_what_is_decided_beside_a_service_is_left_for_it_to_judge(filled: Run, tmp_path: Path) -> None:
    with DataDirLock(tmp_path / "data", "serve"):
        said = filled("pin", url("digest"), "--json")
        assert said.lines[0]["judged"] is False
        assert "takes it up" in said.err
        assert story(filled, "harbour")["canonical"]["url"] == url("harbour")
        told = asyncio.run(judge_as_a_service_does(tmp_path / "data"))
    assert [event.promoted for event in told if isinstance(event, StoriesRejudged)] == [1]
    assert story(filled, "harbour")["canonical"]["url"] == url("digest")


def test_a_command_that_takes_the_lock_counts_the_death_of_a_crawl_before_it(filled: Run, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=Settings()) as store:
        assert store.feeds.claim_due(NOW, limit=1, lease_for=LEASE, ignore_due=True)
    (tmp_path / "data" / "crawler.lock").write_text("4711 crawl\n")  # as a crawl leaves it that is killed
    for _ in range(2):  # and once only
        filled("pin", url("digest"))
        with closing(sqlite3.connect(tmp_path / "data" / "crawler.db")) as database:
            assert database.execute("SELECT deaths, leased_until_at FROM feeds").fetchall() == [(1, None)]


def test_review_asks_of_near_misses_and_weak_joins(filled: Run) -> None:
    listed = filled("review", "--json").lines
    assert {(frozenset(line["urls"]), line["joined"], line["reason"]) for line in listed} == {
        (frozenset({url("council"), url("borough")}), False, "no_lead"),
        (frozenset({url("market"), url("trader")}), True, "jaccard"),
    }


def test_review_shows_both_sides_their_measures_and_differences(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "q")
    shown = filled("review").out
    for part in ("What the market says", "What the trader says", "jaccard", "only here", "left 2"):
        assert part in shown


def test_yes_merges_and_no_splits_and_neither_is_asked_again(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = filled("review", "--json").lines[0]
    answer(monkeypatch, "yn" if not first["joined"] else "ny")
    said = filled("review")
    assert "decided 2, skipped 0, left 0" in said.out
    assert pages(story(filled, "council")) == {url("council"), url("borough")}
    assert pages(story(filled, "market")) == {url("market")}
    assert filled("review", "--json").lines == []


def test_the_other_answers_keep_things_as_they_are_and_are_remembered(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = filled("review", "--json").lines[0]
    answer(monkeypatch, "ny" if not first["joined"] else "yn")
    filled("review")
    assert pages(story(filled, "council")) == {url("council")}
    assert pages(story(filled, "market")) == {url("market"), url("trader")}
    assert filled("review", "--json").lines == []
    assert {line["verb"] for line in filled("decisions", "--json").lines} == {"merge", "split"}


def test_a_skipped_pair_is_asked_next_time(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "ss")
    assert "decided 0, skipped 2, left 0" in filled("review").out
    assert len(filled("review", "--json").lines) == 2


def test_undo_in_review_takes_the_answer_back_and_asks_again(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [story(filled, name)["id"] for name in ("council", "borough", "market", "trader")]
    answer(monkeypatch, "uyuduq")
    said = filled("review")
    assert "nothing was decided here yet" in said.err
    assert "decided 0" in said.out
    assert [story(filled, name)["id"] for name in ("council", "borough", "market", "trader")] == before


def test_the_end_of_a_pipe_ends_a_review(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "")
    assert filled("review").code == 0


def test_limit_bounds_what_is_asked(filled: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "sssss")
    assert "skipped 1, left 1" in filled("review", "--limit", "1").out


def test_single_keys_are_read_from_a_terminal(filled: Run, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    lines = termios.tcgetattr(ours)[3]
    call = [sys.executable, "-c", "import sys; from crawler.cli import main; sys.exit(main(['review']))"]
    process = subprocess.Popen(call, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True)
    assert process.stderr is not None
    assert "[q] quit" in process.stderr.readline()
    while termios.tcgetattr(ours)[3] == lines and process.poll() is None:  # until it reads keys, not lines
        os.sched_yield()
    os.write(ours, b"q")
    out, _ = process.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 0
    assert "left 2" in out
