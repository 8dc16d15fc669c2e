"""The commands on a data directory that a crawl has filled, and on ones that are not as they should be."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cli_judged
import pytest
from cli_program import Run

from crawler.cli.main import COMMANDS
from crawler.model import Pace, ParsedFeed, PollWishes, Validators
from crawler.polling import NextPoll
from crawler.settings import PollSettings, Settings
from crawler.stores import open_store

HARBOUR = cli_judged.url("harbour")
MIRROR = cli_judged.url("mirror")


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Run:
    cli_judged.fill(tmp_path / "data")
    return run


def story_of(run: Run, url: str) -> str:
    return str(run("show", url, "--json").lines[0]["id"])


def test_stories_are_listed_and_found_by_their_words(filled: Run) -> None:
    everything = filled("stories", "--json").lines
    assert len(everything) == len({line["id"] for line in everything})
    assert [line["title"] for line in filled("stories", "harbour", "--json").lines] == ["What the harbour says"]
    table = filled("stories", "harbour").out.splitlines()
    assert table[0].split() == ["STORY", "FIRST", "SEEN", "PUBLISHER", "TITLE", "COPIES", "ORIGINS"]
    assert "What the harbour says" in table[1]


def test_no_match_is_a_hint_and_no_data(filled: Run) -> None:
    answer = filled("stories", "zzzzzz")
    assert (answer.code, answer.out, answer.err) == (0, "", "no story matches\n")
    assert filled("-q", "stories", "zzzzzz").err == ""


def test_a_story_is_shown_by_id_by_its_beginning_and_by_any_address(filled: Run) -> None:
    story = story_of(filled, HARBOUR)
    for reference in (story, story[:6], MIRROR, MIRROR.removeprefix("https://")):
        answer = filled("show", reference)
        assert answer.code == 0
        assert answer.out.startswith("What the harbour says\n")
        assert MIRROR in answer.out
    assert cli_judged.TEXTS["harbour"][0] in filled("show", story, "--text").out


def test_a_copys_verdict_is_explained_with_its_measures(filled: Run) -> None:
    (explained,) = filled("explain", MIRROR, "--json").lines
    assert explained["canonical"] == HARBOUR
    assert explained["measures"]["reason"] == "exact"
    assert explained["measures"]["containment"] == 1.0
    assert "exact: the same words" in filled("explain", MIRROR).out


def test_two_stories_that_came_near_are_explained_side_by_side(filled: Run) -> None:
    council, borough = cli_judged.url("council"), cli_judged.url("borough")
    (explained,) = filled("explain", council, borough, "--json").lines
    assert explained["verdict"] == "two stories"
    assert explained["measures"]["reason"] == "no_lead"
    assert explained["longest_shared_runs"][0]["words"] == 140
    assert "only here" in filled("explain", council, borough).out


@pytest.mark.parametrize("command", ["show", "explain"])
def test_an_unknown_reference_is_a_usage_error(filled: Run, command: str) -> None:
    answer = filled(command, "https://nobody.example/1")
    assert answer.code == 2
    assert answer.err.startswith("error: nothing is stored under https://nobody.example/1")


def test_export_replaces_the_file_whole_and_gives_the_same_bytes(filled: Run, tmp_path: Path) -> None:
    file = tmp_path / "stories.jsonl"
    file.write_text("old")
    assert filled("export", str(file)).err == f"{len(filled('stories', '--json').lines)} stories written to {file}\n"
    first = file.read_bytes()
    filled("export", str(file))
    assert file.read_bytes() == first
    assert filled("export", "-").out.encode() == first
    assert [path.name for path in tmp_path.iterdir() if "stories" in path.name] == ["stories.jsonl"]


def test_export_into_a_folder_that_is_not_there_is_one_clear_line(filled: Run) -> None:
    answer = filled("export", "none/stories.jsonl")
    assert (answer.code, answer.err) == (2, "error: cannot write none/stories.jsonl: No such file or directory\n")


def test_status_counts_what_is_there(filled: Run) -> None:
    (status,) = filled("status", "--json").lines
    assert status["feeds"] == {"active": 1}
    assert status["pages"] == {"done": len(cli_judged.TEXTS)}
    assert status["stories"] + status["copies"] == len(cli_judged.TEXTS)
    shown = filled("status")
    assert "last run  none yet" in shown.out
    assert (status["contact"], shown.err[:40]) == (None, "warning: crawler.contact is not set: giv")
    assert filled("--set", "crawler.contact=desk@news.example", "status").err == ""


def test_prune_drops_index_rows_beyond_the_window_and_stories_only_when_asked(filled: Run) -> None:
    stories = filled("stories", "--json").out
    (kept,) = filled("prune", "--json").lines
    assert kept == {"index_rows": 0, "entries": 0, "stories": 0, "pages": 0}
    assert filled("stories", "--json").out == stories
    assert filled("prune").out == "dropped 0 index rows, 0 entries, 0 stories, 0 pages\n"


def test_prune_takes_the_days_from_the_option_before_the_setting(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_judged, "NOW", cli_judged.NOW.replace(year=2020))
    cli_judged.fill(tmp_path / "data")
    count = len(run("stories", "--json").lines)
    assert run("--set", "store.keep_days=9", "prune", "--keep-days", "0", "--json").lines[0]["stories"] == 0
    assert run("--set", "store.keep_days=9", "prune", "--json").lines[0]["stories"] == count
    assert run("stories").err == "no story yet: `crawl` brings them\n"


def test_feeds_are_followed_changed_paused_and_removed(run: Run) -> None:
    added = run("feeds", "add", "--no-check", "news.example/rss", "--topic", "World", "--every", "15m")
    assert added.out == "added 1, already known 0\n"
    assert run("feeds", "add", "https://news.example/rss", "--topic", "Local", "--text-only").out == "added 0, already known 1\n"
    (feed,) = run("feeds", "list", "--json").lines
    assert (feed["url"], feed["topics"], feed["every_s"], feed["text_only"]) == (
        "https://news.example/rss", ["World", "Local"], 900, True,
    )  # fmt: skip
    assert run("feeds", "pause", "1").out == "paused: https://news.example/rss\n"
    assert run("feeds", "show", "https://news.example/rss", "--json").lines[0]["status"] == "paused"
    assert run("feeds", "resume", "1", "--json").lines[0]["status"] == "active"
    assert run("feeds", "list", "--topic", "Sport").err == "no feed has the topic Sport\n"
    assert run("feeds", "remove", "1").out == "removed 1 feed; its stories stay\n"
    assert run("feeds", "show", "1").code == 2


def test_a_feeds_next_poll_is_shown_with_what_it_follows_from(run: Run, tmp_path: Path) -> None:
    run("feeds", "add", "--no-check", "https://news.example/rss")
    now = datetime.now(UTC)
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=Settings()) as store:
        (lease,) = store.feeds.claim_due(now, limit=1, lease_for=timedelta(minutes=5))
        due = NextPoll(
            due_at=now + timedelta(hours=2), why="Asked every 2 h: it is slow.", interval_s=7200, failures=0,
            pace=Pace(entries=1.5, hours=6),
        )  # fmt: skip
        wishes = PollWishes(every_s=3600, skip_hours=frozenset({0, 1}), skip_days=frozenset({6}))
        parsed = ParsedFeed(title="News", site_url=None, language=None, entries=(), wishes=wishes)
        store.feeds.record_poll(
            lease, parsed, validators=Validators(), body_hash=None, next_poll=due, now=now, settings=PollSettings(), lied=True
        )
    (shown,) = run("feeds", "show", "1", "--json").lines
    assert (shown["why_due"], shown["interval_s"], shown["new_per_day"]) == ("Asked every 2 h: it is slow.", 7200, 6.0)
    assert [shown[f"wishes_{name}"] for name in ("every_s", "skip_hours", "skip_days")] == [3600, [0, 1], [6]]
    assert shown["distrusted_at"]
    assert "wishes_skip_hours  0, 1\n" in run("feeds", "show", "1").out


def test_secrets_in_feed_addresses_are_never_shown(run: Run) -> None:
    run("feeds", "add", "--no-check", "https://reader:hunter2@news.example/rss?token=hunter2")
    for args in (("list",), ("list", "--json"), ("show", "1"), ("show", "1", "--json"), ("pause", "1")):
        answer = run("feeds", *args)
        assert answer.code == 0
        assert "hunter2" not in answer.out + answer.err
        assert "***@news.example" in answer.out


def test_a_secret_must_be_there_before_a_feed_may_need_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = run("feeds", "add", "https://news.example/rss", "--auth", "Desk")
    assert answer.code == 2
    assert "no setting secrets.desk (known: none)" in answer.err
    monkeypatch.setenv("CRAWLER_SECRETS__DESK", "reader:hunter2")
    assert run("feeds", "add", "--no-check", "https://news.example/rss", "--auth", "Desk").code == 0
    assert run("feeds", "list", "--json").lines[0]["auth"] == "desk"


def test_opml_survives_the_round_trip_with_its_folders(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.opml").write_text(
        '<opml version="2.0"><body><outline text="World"><outline type="rss" text="News" xmlUrl="https://news.example/rss"/>'
        "</outline></body></opml>"
    )
    assert run("feeds", "import", "in.opml").out == "added 1, already known 0\n"
    assert run("feeds", "import", "in.opml").out == "added 0, already known 1\n"
    assert run("feeds", "export", "out.opml").err == "1 feed written to out.opml\n"
    assert (refused := run("feeds", "export", "-", "--json")).code == 2
    assert (refused.out, "feeds list --json" in refused.err) == ("", True)
    run("feeds", "remove", "1")
    run("feeds", "import", "out.opml")
    (feed,) = run("feeds", "list", "--json").lines
    assert (feed["url"], feed["title"], feed["topics"]) == ("https://news.example/rss", "News", ["World"])


@pytest.mark.parametrize("command", [("crawl", "--feeds"), ("feeds", "import")])
def test_a_bad_opml_is_one_clear_line_that_names_the_file(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "bad.opml").write_text('<opml version="2.0"><body><outline type="rss" text="News"></body>')
    answer = run(*command, "bad.opml")
    assert answer.code == 2
    assert answer.err.startswith("error: bad.opml: ")
    assert len(answer.err.splitlines()) == 1


READERS = [("stories",), ("status",), ("feeds", "list"), ("export", "-"), ("prune",)]


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_file_that_is_no_database_is_one_clear_line(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "crawler.db").write_bytes(b"not a database" * 100)
    answer = run(*command)
    assert answer.code == 1
    assert "is damaged or no SQLite file" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_database_of_a_newer_version_is_refused(run: Run, tmp_path: Path) -> None:
    run("status")
    with sqlite3.connect(tmp_path / "data" / "crawler.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    answer = run("stories")
    assert answer.code == 1
    assert "was written by a newer version" in answer.err


@pytest.mark.parametrize("command", [("stories",), ("crawl",)], ids=" ".join)
def test_a_data_directory_that_cannot_be_made_is_one_clear_line(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("in the way")
    answer = run("--data-dir", "file/data", *command)
    assert answer.code == 1
    assert "choose a --data-dir that can be written" in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_data_directory_that_cannot_be_written_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    answer = run("stories")
    assert answer.code == 1
    assert "cannot write" in answer.err


def test_every_command_answers_to_help(run: Run) -> None:
    for name in COMMANDS:
        answer = run(name, "--help")
        assert (answer.code, answer.err) == (0, "")
        assert answer.out.startswith(f"Usage: crawler {name}")
