"""The newsroom, played once for all tests of a file."""

from __future__ import annotations

import asyncio

import pytest
from demo_played import Played

from crawler.demo.run import play


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo's two crawls through the real engine."""
    played = Played(data_dir=tmp_path_factory.mktemp("demo"))
    played.asked = asyncio.run(play(played.data_dir, observe=lambda event: None, tell=played.hear))
    return played
