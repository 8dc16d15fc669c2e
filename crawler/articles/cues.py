"""Where a page or its feed names the origin of its text."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.articles.head import Head
from crawler.model import FeedEntry, Metadata, OriginCue


def read_cues(head: Head, *, url: str, metadata: Metadata, blocks: Sequence[str], entry: FeedEntry | None) -> tuple[OriginCue, ...]:
    """Every claim of page and feed that the text comes from elsewhere, the strongest first; never one that names the page's own site."""
    return ()
