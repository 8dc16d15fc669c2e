"""A verdict that breaks off half-way leaves nothing of itself, in the database or in memory."""

from __future__ import annotations

import pytest
from stores_world import World, body, entry

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
