"""Every setting with its default and bounds, and where its value came from: flag, environment, file, default."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CrawlerSettings(Section):
    """Who we are and where things are kept."""

    contact: str = ""
    database: SecretStr = SecretStr("")  # empty: sqlite in the data directory
    workers: int = Field(default=0, ge=0, le=64)  # 0: one a core


class FetchSettings(Section):
    delay_s: float = Field(default=2.0, ge=0, le=3600)
    per_host: int = Field(default=1, ge=1, le=16)
    concurrency: int = Field(default=32, ge=1, le=1024)
    timeout_s: float = Field(default=20.0, gt=0, le=600)
    max_bytes: int = Field(default=10_485_760, ge=1024)
    ports: tuple[int, ...] = (80, 443)
    allow_private: bool = False


class PollSettings(Section):
    every_s: int = Field(default=3600, ge=60)
    min_s: int = Field(default=600, ge=60)
    max_s: int = Field(default=86_400, ge=60)
    max_age_days: int = Field(default=0, ge=0)  # 0: no limit
    max_entries: int = Field(default=2000, ge=1)


class DedupSettings(Section):
    window_days: int = Field(default=30, ge=1)
    jaccard: float = Field(default=0.6, gt=0, le=1)
    containment: float = Field(default=0.7, gt=0, le=1)
    lead: float = Field(default=0.7, ge=0, le=1)
    prefer: tuple[str, ...] = ()
    chase_origins: bool = True


class RecheckSettings(Section):
    after_s: tuple[int, ...] = (3600, 21_600, 86_400)


class PublisherSettings(Section):
    families: tuple[tuple[str, ...], ...] = ()  # domains that are one site; the first names it


class StoreSettings(Section):
    keep_days: int = Field(default=0, ge=0)  # 0: for ever


class Settings(Section):
    crawler: CrawlerSettings = CrawlerSettings()
    fetch: FetchSettings = FetchSettings()
    poll: PollSettings = PollSettings()
    dedup: DedupSettings = DedupSettings()
    recheck: RecheckSettings = RecheckSettings()
    publishers: PublisherSettings = PublisherSettings()
    store: StoreSettings = StoreSettings()
    secrets: dict[str, SecretStr] = {}  # name -> "user:password", for feeds that need Basic auth
