"""Shared by all rooms; that this file is here puts the modules beside it (local_web) within reach of every test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from local_web import LocalWeb


@pytest.fixture
async def local_web() -> AsyncIterator[LocalWeb]:
    async with LocalWeb() as web:
        yield web
