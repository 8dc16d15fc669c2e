"""`show` lists revisions and the copies that did not follow; `show --diff` tells what changed, word for word."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.cli.differences import change_values, difference_lines
from crawler.dedup.words import tokenise
from crawler.feeds.opml import FollowedFeed
from crawler.model import Article, FeedEntry, Metadata, ParsedFeed, TextSource, TextState, Validators
from crawler.polling import NextPoll
from crawler.settings import PollSettings, Settings
from crawler.stores import Store, open_store

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORIGINAL, COPY = "https://harbourpost.example/ferry", "https://readall.example/story/991"
PARAGRAPHS = (
    "The night ferry between Aldmouth and Port Wyre will stop for good in March, its owner said on Friday in a short statement.",
    "Passengers fell by half in four years, and the ship needs a new engine that nobody on either shore wants to pay for now.",
    "The mayor of Aldmouth called the decision a disgrace, and asked the ministry to step in before the last crossing is made.",
    "Twelve sailors lose their work, among them two who have served on the line since it was opened by the old king himself.",
    "A committee of residents means to buy the ship and to run it by themselves, as was done on the southern isles long ago.",
)
CORRECTED = tuple(paragraph.replace("Twelve sailors", "Forty sailors and \x1b[31mcooks") for paragraph in PARAGRAPHS)


def follow(store: Store, url: str, now: datetime) -> None:
    store.feeds.add(FollowedFeed(url=f"{url}/feed"), now)
    leases = store.feeds.claim_due(now, limit=9, lease_for=HOUR, ignore_due=True)
    for lease in leases:
        parsed = None
        if lease.feed.url == f"{url}/feed":
            entry = FeedEntry(key=url, url=url, title="A title", content_hash=url)
            parsed = ParsedFeed(title=None, site_url=None, language=None, entries=(entry,))
        store.feeds.record_poll(
            lease, parsed, validators=Validators(), body_hash=None, now=now, settings=PollSettings(),
            next_poll=NextPoll(due_at=now + HOUR, why="", interval_s=3600, failures=0),
        )


def read(store: Store, url: str, paragraphs: tuple[str, ...], now: datetime, title: str = "Night ferry to stop for good") -> None:
    store.pages.recheck_all(now)
    for lease in store.pages.claim_due(now, limit=9, lease_for=HOUR, per_host=9):
        if lease.url != url:
            store.pages.release(lease)
            continue
        article = Article(
            url=url, metadata=Metadata(title=title), blocks=paragraphs, marks="t" * len(paragraphs), state=TextState.FULL,
            source=TextSource.PAGE, tokens=tokenise(paragraphs),
        )
        store.articles.record_article(lease, article, validators=Validators(), body_hash=f"{now}", now=now)
    while store.articles.judge_due(now, 50)[0] or store.articles.settle_due(50):
        pass


@pytest.fixture
def filled(run, tmp_path: Path) -> None:
    """A story with a copy, corrected an hour later; the copy was not."""
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=Settings()) as store:
        follow(store, ORIGINAL, NOW)
        read(store, ORIGINAL, PARAGRAPHS, NOW)
        follow(store, COPY, NOW)
        read(store, COPY, PARAGRAPHS[:4], NOW)
        read(store, ORIGINAL, CORRECTED, NOW + HOUR, title="Night ferry to stop in spring")


def test_a_story_lists_its_revisions_and_the_copies_with_old_words(run, filled: None) -> None:
    first, second = (sum(len(paragraph.split()) for paragraph in paragraphs) for paragraphs in (PARAGRAPHS, CORRECTED))
    out = run("show", ORIGINAL).out
    assert f"\nrevisions\n  1   2026-11-20 12:00Z  {first} words, full, from the page\n" in out
    assert f"\n  2   2026-11-20 13:00Z  {second} words, full, from the page\n" in out
    assert f"corrected since\n  {COPY}\n      “Twelve sailors" in out
    assert "\x1b" not in out


def test_a_copys_address_lists_the_copys_revisions_and_what_they_were_taken_from(run, filled: None) -> None:
    out = run("show", COPY).out
    revision = out.partition("\nrevisions of the copy\n  1   2026-11-20 12:00Z  ")[2].splitlines()[0]
    assert revision.endswith(f"full, from the page  kept as its difference from revision 1 of {ORIGINAL}")


def test_revisions_and_stale_copies_are_in_the_json_too(run, filled: None) -> None:
    (values,) = run("show", ORIGINAL, "--json").lines
    assert [(row["number"], row["title"]) for row in values["revisions"]] == [
        (1, "Night ferry to stop for good"), (2, "Night ferry to stop in spring"),
    ]
    assert [row["url"] for row in values["stale"]] == [COPY]
    (values,) = run("show", COPY, "--json").lines
    assert (values["revisions"][0]["taken_from"], values["revisions"][0]["taken_from_revision"]) == (ORIGINAL, 1)


@pytest.mark.parametrize("args", [(ORIGINAL, "--diff"), ("--diff", ORIGINAL), (ORIGINAL, "--diff", "2"), (ORIGINAL, "--diff=1..2")])
def test_what_the_newest_revision_changed_is_told_word_for_word(run, filled: None, args: tuple[str, ...]) -> None:
    answer = run("show", *args)
    assert answer.code == 0
    changed = "[-Twelve sailors-]{+Forty sailors and cooks+}"
    assert answer.out.splitlines() == [
        f"--- {ORIGINAL}  revision 1, 2026-11-20 12:00Z",
        f"+++ {ORIGINAL}  revision 2, 2026-11-20 13:00Z",
        "  Night ferry to stop [-for good-]{+in spring+} The night ferry between Aldmouth and Port Wyre …",
        f"  … step in before the last crossing is made. {changed} lose their work, among them two who have …",
    ]


def test_a_copy_is_compared_with_the_revision_that_it_was_taken_from(run, filled: None) -> None:
    out = run("show", COPY, "--diff").out
    assert out.splitlines()[0] == f"--- {ORIGINAL}  revision 1, 2026-11-20 12:00Z, the original"
    assert "Twelve" not in out.replace("[-", "")
    assert "[-A committee of residents" in out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((ORIGINAL, "--diff", "7"), "has revisions 1 to 2"),
        ((ORIGINAL, "--diff", "1"), "has revisions 1 to 2"),
        ((ORIGINAL, "--diff", "last"), "give a revision's number"),
        ((COPY, "--diff", "1"), "has one revision"),
        (("https://nowhere.example/1", "--diff"), "nothing is stored under"),
        (("--diff",), "Missing argument"),
    ],
)
def test_a_revision_that_is_not_there_is_a_usage_error(run, filled: None, args: tuple[str, ...], said: str) -> None:
    answer = run("show", *args)
    assert answer.code == 2
    assert said in answer.err


def test_the_json_of_a_difference_holds_every_word(run, filled: None) -> None:
    (values,) = run("show", ORIGINAL, "--diff", "--json").lines
    old = " ".join(change.get("shared", change.get("left_out", "")) for change in values["changes"])
    assert " ".join(old.split()) == " ".join(("Night ferry to stop for good", *PARAGRAPHS))


def test_colours_take_the_place_of_signs_on_a_terminal(filled: None, tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    program = [sys.executable, "-c", "from crawler.cli import main; main()", "show", ORIGINAL, "--diff"]
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {
        "TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    subprocess.run(program, cwd=tmp_path, stdout=follower, stderr=follower, env=environ, check=True)
    os.close(follower)
    shown = os.read(leader, 65_536).decode()
    os.close(leader)
    assert "\x1b[31m\x1b[9mfor good\x1b[0m \x1b[32min spring\x1b[0m" in shown
    assert "[-" not in shown


def test_equal_texts_have_no_changes() -> None:
    assert list(difference_lines("One two\nthree", "One two three", colour=False)) == []
    assert change_values("", "") == []


def test_changes_near_each_other_share_a_line_and_distant_ones_do_not() -> None:
    words = [f"w{number}" for number in range(80)]
    new = ["x", *words[:10], "y", *words[11:60], "z", *words[61:]]
    lines = list(difference_lines(" ".join(words), " ".join(new), colour=False))
    assert len(lines) == 2
    assert lines[0].startswith("  {+x+} w0 w1")
    assert "[-w10-]{+y+}" in lines[0]
    assert lines[1].startswith("  … w52")
    assert lines[1].endswith("w68 …")
