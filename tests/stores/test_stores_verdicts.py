"""A verdict that breaks off half-way leaves nothing of itself, in the database or in memory."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from stores_world import World, body, entry

from crawler.stores.docket import SqlDocket
from crawler.stores.engine import read
from crawler.stores.rulings import Rulings
from crawler.stores.schema import articles, revisions, site_names, sites

TEXT = " ".join(f"word{number}" for number in range(60))


def test_what_a_site_calls_itself_is_stored_though_the_first_verdict_broke_off(world: World) -> None:
    world.poll(world.follow(), body(entry("a")))
    (lease,) = world.claim()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rulings, "write", lambda *_, **__: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            world.judge(lease, TEXT, publisher="The Gazette")
    assert [list(world.rows(table)) for table in (articles, revisions, sites, site_names)] == [[], [], [], []]
    world.judge(lease, TEXT, publisher="The Gazette")
    assert set(world.rows(site_names, "name")) == {"gazette", "gazetteexample"}


@pytest.mark.parametrize("titles", [[], [77]])
def test_rows_that_thousands_share_leave_room_for_what_tells_more(world: World, tmp_path: Path, titles: list[int]) -> None:
    """A paragraph that stands under everything fills some rows; the source shares the others, or only the title."""
    rows, crowded, source = list(range(64)), 14, 5000
    with closing(sqlite3.connect(tmp_path / "crawler.db")) as bare:  # which minds no references
        bare.executemany("INSERT INTO bands (row, page_id) VALUES (?, ?)",
                         [(row, page) for row in rows[:crowded] for page in range(1, 1001)])
        if titles:
            bare.execute("INSERT INTO title_keys (key, page_id) VALUES (77, ?)", [source])
        else:
            bare.executemany("INSERT INTO bands (row, page_id) VALUES (?, ?)", [(row, source) for row in rows[crowded:]])
        bare.commit()
    with read(world.store.feeds._engine) as connection:
        for judged in (1, 9999):  # one of the crowd, and one that is new
            proposed = SqlDocket(connection).propose(rows, None, titles, excluding=judged)  # type: ignore[arg-type]
            assert source in proposed.pages
            assert proposed.crowded_rows == crowded
