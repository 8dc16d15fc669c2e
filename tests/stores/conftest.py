"""A store for every test, once for each database that stores are promised on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stores_world import World

from crawler.settings import Settings
from crawler.stores import Store, open_store


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    return {"sqlite": f"sqlite:///{tmp_path}/crawler.db"}[request.param]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with open_store(database_url, settings=Settings()) as opened:
        yield opened


@pytest.fixture
def world(store: Store, database_url: str) -> World:
    return World(store, database_url)
