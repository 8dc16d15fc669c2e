"""An engine over fakes, and the fakes, as tests use them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline_fakes import FakeClock, FakeStore, FakeWeb, FakeWorkers, Told

from crawler.pipeline.desk import Desk
from crawler.pipeline.engine import Engine
from crawler.pipeline.hub import Hub
from crawler.settings import FetchSettings, PublisherSettings, Settings


@dataclass
class Bench:
    """An engine over fakes, and the fakes."""

    web: FakeWeb
    store: FakeStore
    workers: FakeWorkers
    clock: FakeClock
    told: Told
    desk: Desk

    def engine(self, *, families: tuple[tuple[str, ...], ...] = (), **fetch: Any) -> Engine:
        settings = Settings(
            fetch=FetchSettings(**fetch), publishers=PublisherSettings(families=families),
            secrets={"desk": "reader:word"},  # type: ignore[dict-item]
        )
        return Engine(
            store=self.store, desk=self.desk, fetcher=self.web, workers=self.workers, settings=settings, hub=Hub(self.told),
            now=self.clock,
        )
