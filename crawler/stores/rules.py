"""The settings that a verdict depends on, as the verdict takes them."""

from __future__ import annotations

from datetime import timedelta

from crawler.dedup.compare import Bounds
from crawler.dedup.judge import Rules
from crawler.settings import Settings
from crawler.urls import Sites


def rules_of(settings: Settings) -> Rules:
    """The rules of these settings; bounds that are no settings keep their defaults."""
    dedup = settings.dedup
    return Rules(
        bounds=Bounds(
            jaccard=dedup.jaccard, containment=dedup.containment, lead=dedup.lead, window=timedelta(days=dedup.window_days)
        ),
        sites=Sites(settings.publishers.families),
        prefer=dedup.prefer,
    )
