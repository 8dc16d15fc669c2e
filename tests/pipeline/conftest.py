from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pipeline_bench import Bench
from pipeline_fakes import FakeClock, FakeStore, FakeWeb, FakeWorkers, Told

from crawler.pipeline.desk import Desk


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Desk() as desk:
        yield Bench(web=FakeWeb(), store=FakeStore(), workers=FakeWorkers(), clock=FakeClock(), told=Told(), desk=desk)
