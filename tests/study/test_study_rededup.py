"""`rededup`: what is shown is what is then done, and ids stay."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from study_press import T0, Press, make_article, make_story
from study_program import Run

from crawler.model import PageId, Relation, StoryId, TextState
from crawler.settings import DedupSettings, PublisherSettings, Settings
from crawler.stores import open_store
from crawler.stores.anew import Placing
from crawler.stores.views import StoryView
from crawler.study.rejudging import Arrangement, Changes, Merge, Move, Reelection, Split, apply, compare_arrangements, preview

STORY = make_story(1)
LOOSELY = make_story(2)
STRICT = Settings(dedup=DedupSettings(jaccard=0.95, containment=0.97))
LOOSE = Settings(dedup=DedupSettings(jaccard=0.35, containment=0.35, lead=0.0))


def silent(_: int) -> None:
    return


@pytest.fixture
def filled(press: Press) -> Press:
    """A story with a whole copy and a cut one, one with half of its text under another beginning, apart, and a third alone."""
    press.publish(make_article("https://harbour.example/1", STORY, title="The ferry leaves for good", published=T0))
    press.publish(make_article("https://echo.example/1", [*STORY[:7], *make_story(5)[:1]]))
    press.publish(make_article("https://app.example/1", STORY[:5], state=TextState.TRUNCATED))
    press.publish(make_article("https://meadow.example/2", LOOSELY))
    press.publish(make_article("https://brook.example/2", [*make_story(6)[:1], *LOOSELY[:5], *make_story(6)[1:5]]))
    press.publish(make_article("https://hill.example/3", make_story(3)))
    press.rest()
    assert len(press.stories()) == 4
    return press


def without_ids(changes: Changes) -> Changes:
    """New stories have other ids each time; nothing else of the changes may differ."""
    return replace(changes, splits=tuple(sorted(changes.splits, key=lambda split: split.pages)))


@pytest.mark.parametrize("settings", [STRICT, LOOSE, Settings(dedup=DedupSettings(prefer=("echo.example",))), Settings()])
def test_what_is_applied_is_what_was_previewed(filled: Press, settings: Settings, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=settings) as store:
        before = filled.stories()
        shown = preview(store.anew, None, filled.now, silent)
        assert filled.stories() == before
        done = apply(store.anew, None, filled.now, silent)
        assert without_ids(shown) == without_ids(done)
        assert preview(store.anew, None, filled.now, silent).is_nothing


def test_the_same_settings_change_nothing(filled: Press) -> None:
    assert preview(filled.store.anew, None, filled.now, silent).is_nothing


def test_stricter_bounds_split_and_looser_ones_join_again_under_the_first_id(filled: Press, tmp_path: Path) -> None:
    before, ids = filled.stories(), {record.canonical.url: record.id for record in filled.store.reading.records()}
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=STRICT) as store:
        changes = apply(store.anew, None, filled.now, silent)
    assert [len(split.pages) for split in changes.splits] == [1]
    assert filled.stories() - before == {
        frozenset({"https://harbour.example/1", "https://app.example/1"}), frozenset({"https://echo.example/1"}),
    }  # fmt: skip
    changes = apply(filled.store.anew, None, filled.now, silent)
    assert len(changes.merges) == 1
    assert filled.stories() == before
    assert {record.canonical.url: record.id for record in filled.store.reading.records()} == ids


def test_stories_that_were_one_for_a_while_part_again_under_their_own_ids(filled: Press, tmp_path: Path) -> None:
    before, ids = filled.stories(), {record.canonical.url: record.id for record in filled.store.reading.records()}
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=LOOSE) as store:
        assert len(apply(store.anew, None, filled.now, silent).merges) == 1
    shown = preview(filled.store.anew, None, filled.now, silent)
    assert shown == apply(filled.store.anew, None, filled.now, silent)
    assert filled.stories() == before
    assert {record.canonical.url: record.id for record in filled.store.reading.records()} == ids
    (returned,) = [change for id in ids.values() for change in found(filled, id).history if change.event == "returned"]
    assert returned.url in ("https://meadow.example/2", "https://brook.example/2")


def found(press: Press, id: StoryId) -> StoryView:
    view = press.store.reading.story(id)
    assert view is not None
    return view


def test_copies_texts_come_back_whole_after_a_split(filled: Press, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=STRICT) as store:
        apply(store.anew, None, filled.now, silent)
    texts = {record.canonical.url: record.text for record in filled.store.reading.records()}
    assert texts["https://echo.example/1"] == "\n".join([*STORY[:7], *make_story(5)[:1]])


def test_only_pages_of_the_window_are_judged(filled: Press, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=STRICT) as store:
        assert preview(store.anew, filled.now + timedelta(minutes=1), filled.now, silent).is_nothing


def test_families_named_since_make_one_site_of_two(filled: Press, tmp_path: Path) -> None:
    settings = Settings(publishers=PublisherSettings(families=(("harbour.example", "echo.example"),)))
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=settings) as store:
        changes = apply(store.anew, None, filled.now, silent)
        sites = {member.site for record in store.reading.records() for member in (record.canonical, *record.copies)}
    assert "echo.example" not in sites
    assert changes.relabelled + len(changes.splits) == 1


def test_preview_writes_nothing_and_apply_says_what_it_did(filled: Press, run: Run) -> None:
    before = filled.stories()
    options = ("--set", "dedup.jaccard=0.95", "--set", "dedup.containment=0.97", "--json")
    shown = run("rededup", *options)
    assert filled.stories() == before
    done = run("rededup", *options, "--apply")
    assert (shown.code, done.code) == (0, 0)
    assert filled.stories() != before
    assert shown.lines[:-1] == done.lines[:-1]
    assert shown.lines[-1] | {"applied": True} == done.lines[-1]
    assert [(line["change"], line["urls"]) for line in done.lines[:-1]] == [("split", ["https://echo.example/1"])]


def test_a_person_reads_counts_and_examples(filled: Press, run: Run) -> None:
    answer = run("rededup", "--set", "dedup.jaccard=0.95", "--set", "dedup.containment=0.97", "--since", "30d")
    assert answer.out.splitlines()[0].startswith("4 stories, 5 after: 0 would be merged, 1 would be split off")
    assert "split: out of s" in answer.out
    assert "--apply" in answer.err


def test_apply_waits_for_nobody_at_work(filled: Press, run: Run, tmp_path: Path) -> None:
    from crawler.stores.lock import DataDirLock

    with DataDirLock(tmp_path / "data", "serve"):
        assert run("rededup", "--apply").code == 75
        assert run("rededup").code == 0


def test_apply_counts_the_death_of_a_crawl_before_it(filled: Press, run: Run, tmp_path: Path) -> None:
    assert filled.store.feeds.claim_due(filled.now, limit=1, lease_for=timedelta(minutes=5), ignore_due=True)
    (tmp_path / "data" / "crawler.lock").write_text("4711 crawl\n")  # as a crawl leaves it that is killed
    assert run("rededup", "--apply").code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "crawler.db")) as database:
        assert database.execute("SELECT sum(deaths), max(leased_until_at) FROM feeds").fetchall() == [(1, None)]


def test_a_wrong_setting_is_refused(filled: Press, run: Run) -> None:
    assert run("rededup", "--set", "dedup.jacard=0.5").code == 2


def placed(**stories: tuple[int, ...]) -> Arrangement:
    """Stories by id, the canonical page first."""
    return Arrangement.of(
        Placing(page=PageId(page), story=StoryId(story), relation=None if page == pages[0] else Relation.COPY)
        for story, pages in stories.items()
        for page in pages
    )


def test_changes_are_told_by_ids_that_stay() -> None:
    before = placed(a=(1, 2, 3), b=(4, 5), c=(6,), d=(7, 8))
    after = placed(a=(1, 2, 6), b=(5, 4, 3), d=(7,), e=(8,))
    assert compare_arrangements(before, after) == Changes(
        stories_before=4, stories_after=4,
        merges=(Merge(story=StoryId("c"), into=StoryId("a"), pages=(PageId(6),)),),
        splits=(Split(out_of=StoryId("d"), pages=(PageId(8),)),),
        moves=(Move(page=PageId(3), out_of=StoryId("a"), into=StoryId("b")),),
        reelections=(Reelection(story=StoryId("b"), before=PageId(4), after=PageId(5)),),
    )  # fmt: skip


def test_pages_that_gain_or_lose_a_story_are_told() -> None:
    changes = compare_arrangements(placed(a=(1, 2), b=(3,)), placed(a=(1, 4)))
    assert (changes.taken_in, changes.set_aside) == ((PageId(4),), (PageId(2), PageId(3)))
    assert changes.merges == (Merge(story=StoryId("b"), into=None, pages=(PageId(3),)),)
    assert not changes.is_nothing


def test_the_trial_leaves_no_file_behind(filled: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    preview(filled.store.anew, None, datetime.now(UTC), silent)
    assert list(folder.iterdir()) == []


def test_what_people_decided_survives(filled: Press, tmp_path: Path) -> None:
    store = filled.store
    store.decisions.merge(filled.page("https://meadow.example/2"), filled.page("https://brook.example/2"), filled.now)
    store.decisions.split(filled.page("https://app.example/1"), filled.now)
    filled.rest()
    decided = filled.stories()
    assert frozenset({"https://meadow.example/2", "https://brook.example/2"}) in decided
    assert frozenset({"https://app.example/1"}) in decided
    for settings in (STRICT, LOOSE, Settings()):
        with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=settings) as changed:
            shown = preview(changed.anew, None, filled.now, silent)
            assert without_ids(shown) == without_ids(apply(changed.anew, None, filled.now, silent))
        assert any({"https://meadow.example/2", "https://brook.example/2"} <= story for story in filled.stories())
        assert not any({"https://harbour.example/1", "https://app.example/1"} <= story for story in filled.stories())
    assert filled.stories() == decided


def test_the_labels_of_decisions_are_measured_before_and_after(filled: Press, run: Run) -> None:
    filled.store.decisions.merge(filled.page("https://meadow.example/2"), filled.page("https://brook.example/2"), filled.now)
    filled.rest()
    settings = ("--set", "dedup.containment=0.35", "--set", "dedup.jaccard=0.35")
    summary = run("rededup", *settings, "--json").lines[-1]
    assert summary["labels"]["labels"] == 1
    assert (summary["labels"]["before"]["recall"], summary["labels"]["after"]["recall"]) == (0.0, 1.0)
