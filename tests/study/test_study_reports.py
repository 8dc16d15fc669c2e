"""`report`: sums over stories that were recorded, and what copies did not follow."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from xml.etree import ElementTree as tree

import pytest
from study_press import T0, Press, make_article, make_story
from study_program import Run

from crawler.dedup.words import words_of
from crawler.study.reports import quantile
from crawler.study.stale import corrections_between, is_carried, runs_of

HOUR = timedelta(hours=1)
FERRY, HAY, BRIDGE, MILL = (make_story(seed) for seed in (1, 2, 3, 4))


@pytest.fixture
def filled(press: Press) -> Press:
    """Harbour's two stories: one taken by Echo after an hour and by the App, cut, after three; one by Echo twice. Meadow's own."""
    everything = ["https://all.example/feed"]
    press.publish(make_article("https://harbour.example/1", FERRY, publisher="Harbour Post", published=T0), also_in=everything)
    press.publish(make_article("https://echo.example/1", [*FERRY[:7], *make_story(5)[:1]], published=T0 + HOUR))
    press.publish(make_article("https://app.example/1", FERRY[:6], published=T0 + 3 * HOUR, publisher="=App()"))
    press.publish(make_article("https://harbour.example/2", HAY, publisher="Harbour Post", published=T0), also_in=everything)
    press.publish(make_article("https://echo.example/2", HAY, published=T0 + 5 * HOUR))
    press.publish(make_article("https://www.echo.example/2b", HAY, published=T0 + 6 * HOUR))
    press.publish(make_article("https://meadow.example/3", BRIDGE))
    press.rest()
    assert len(press.stories()) == 3
    return press


def test_publishers_have_originals_and_copies(filled: Press, run: Run) -> None:
    rows = {row["site"]: row for row in run("report", "publishers", "--json").lines}
    assert list(rows) == ["echo.example", "harbour.example", "app.example", "meadow.example"]
    assert rows["harbour.example"] == {
        "site": "harbour.example", "publisher": "Harbour Post", "stories": 2, "originals": 2, "copies": 0, "original_share": 1.0,
        "copy_share": 0.0, "carried": 2, "reposts": 0,
    }  # fmt: skip
    echo = rows["echo.example"]
    assert (echo["stories"], echo["originals"], echo["copies"], echo["reposts"]) == (2, 0, 2, 1)


def test_the_graph_says_who_takes_from_whom_and_how_late(filled: Press, run: Run) -> None:
    rows = run("report", "graph", "--json").lines
    assert [(row["original"], row["copier"], row["stories"], row["lag_median_s"]) for row in rows] == [
        ("harbour.example", "echo.example", 2, 5 * 3600), ("harbour.example", "app.example", 1, 3 * 3600),
    ]  # fmt: skip
    assert rows[1]["excerpt"] == 1


def test_lags_are_spread(filled: Press, run: Run) -> None:
    first = run("report", "lag", "--json").lines[0]
    assert (first["timed"], first["lag_min_s"], first["lag_p25_s"], first["lag_max_s"]) == (3, 3600, 3 * 3600, 6 * 3600)
    assert "1 h" in run("report", "lag").out


def test_feeds_contained_in_others_come_first(filled: Press, run: Run) -> None:
    rows = run("report", "overlap", "--json").lines
    shares = {(row["feed"], row["other"]): (row["shared"], row["share"]) for row in rows}
    assert shares["https://all.example/feed", "https://harbour.example/feed"] == (2, 1.0)
    assert shares["https://app.example/feed", "https://echo.example/feed"] == (1, 1.0)
    assert shares["https://echo.example/feed", "https://app.example/feed"] == (1, 0.5)
    assert not any("meadow" in row["feed"] or "meadow" in row["other"] for row in rows)
    assert [row["share"] for row in rows] == sorted((row["share"] for row in rows), reverse=True)


def test_families_are_one_publisher(filled: Press, run: Run) -> None:
    families = ("--set", 'publishers.families=[["harbour.example", "echo.example"]]')
    rows = {row["site"]: row for row in run(*families, "report", "publishers", "--json").lines}
    assert "echo.example" not in rows
    assert (rows["harbour.example"]["originals"], rows["harbour.example"]["reposts"]) == (2, 3)


def test_the_graph_is_graphml(filled: Press, run: Run) -> None:
    answer = run("report", "graph", "--graphml", "-")
    space = {"g": "http://graphml.graphdrawing.org/xmlns"}
    graph = tree.fromstring(answer.out)  # noqa: S314 (our own output)
    assert {(edge.get("source"), edge.get("target")) for edge in graph.iterfind(".//g:edge", space)} == {
        ("harbour.example", "echo.example"), ("harbour.example", "app.example"),
    }  # fmt: skip
    assert len(list(graph.iterfind(".//g:node", space))) == 4
    assert run("report", "graph", "--graphml", "graph.xml").code == 0


def test_csv_holds_no_formula(filled: Press, run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("report", "publishers", "--csv").out)))
    assert [row["publisher"] for row in rows if row["site"] == "app.example"] == ["'=App()"]
    assert rows[1]["original_share"] == "1.0000"


def test_since_leaves_out_older_stories(filled: Press, run: Run) -> None:
    since = (filled.now - timedelta(seconds=30)).isoformat()
    assert [row["site"] for row in run("report", "publishers", "--json", "--since", since).lines] == ["meadow.example"]


def test_reports_of_an_empty_store_say_so(press: Press, run: Run) -> None:
    for name in ("publishers", "graph", "lag", "stale", "overlap"):
        answer = run("report", name)
        assert (answer.code, answer.out) == (0, "")
        assert "nothing to report" in answer.err


def corrected(text: list[str], old: str, new: str) -> list[str]:
    assert old in text[1]
    return [text[0], text[1].replace(old, new), *text[2:]]


def test_copies_that_keep_the_old_words_are_stale(press: Press, run: Run) -> None:
    old = " ".join(MILL[1].split()[10:12])
    fixed = corrected(MILL, old, "twelve barrels")
    press.publish(make_article("https://harbour.example/4", MILL, published=T0))
    press.publish(make_article("https://echo.example/4", MILL, published=T0 + HOUR))
    press.publish(make_article("https://late.example/4", MILL[2:], published=T0 + HOUR))
    press.rest()
    press.revise(make_article("https://harbour.example/4", fixed, published=T0))
    press.rest()
    press.publish(make_article("https://after.example/4", [*MILL[:7], *make_story(8)[:1]], published=T0 + 9 * HOUR))
    press.publish(make_article("https://good.example/4", fixed, published=T0 + 9 * HOUR))
    press.rest()
    rows = {row["site"]: row for row in run("report", "stale", "--json").lines}
    assert set(rows) == {"echo.example", "after.example", "late.example"}
    for site in ("echo.example", "after.example"):
        assert (rows[site]["carries"], rows[site]["changes"], rows[site]["revisions"]) == (1, 1, 2)
        assert (rows[site]["old_words"], rows[site]["new_words"]) == ([old], ["twelve barrels"])
    assert (rows["late.example"]["carries"], rows["late.example"]["of_revision"]) == (0, 1)  # tied to it, though it lacks the place
    assert old in run("report", "stale").out


@pytest.mark.parametrize(
    ("copy", "stale"),
    [
        ("The mill burned down on Monday night, and twelve men were hurt, the mayor said.", True),
        ("The mill burned down on Monday night, and nine men were hurt, the mayor said.", False),
        ("The mill burned down on Monday night.", False),
        ("He said that twelve men were hurt, and left.", False),
    ],
)
def test_a_change_is_carried_where_its_words_stand_in_place(copy: str, stale: bool) -> None:
    old = "The mill burned down on Monday night, and twelve men were hurt, the mayor said."
    (correction,) = corrections_between(old, old.replace("twelve", "nine"))
    assert (correction.old, correction.new) == ("twelve", "nine")
    assert is_carried(correction, runs_of(words_of(copy))) is stale


def test_an_addition_that_is_lacking_is_carried_as_the_old_text() -> None:
    old = "The mill burned down on Monday night. Twelve men were hurt."
    (correction,) = corrections_between(old, old.replace("night.", "night, an earlier report had it."))
    assert is_carried(correction, runs_of(words_of(old)))
    new = "The mill burned down on Monday night, an earlier report had it. Twelve men were hurt."
    assert not is_carried(correction, runs_of(words_of(new)))


def test_quantiles_interpolate() -> None:
    assert [quantile([0, 10, 20, 30], share) for share in (0.0, 0.5, 1.0)] == [0, 15, 30]
    assert quantile([], 0.5) is None
