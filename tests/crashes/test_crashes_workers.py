"""Pages that bring their worker process down, in a crawl among neighbours: only they fail, and the feed's text stands in."""

from __future__ import annotations

from pathlib import Path

import crashes_tasks
import pytest
from crashes_newsroom import Newsroom
from local_web import LocalWeb

from crawler.events import PageFailed
from crawler.feeds.opml import FollowedFeed
from crawler.pipeline.engine import CrawlRequest
from crawler.settings import CrawlerSettings, FetchSettings, Settings
from crawler.wiring import open_engine

SETTINGS = Settings(crawler=CrawlerSettings(workers=2), fetch=FetchSettings(delay_s=0))
REASONS = {
    "segfault": ("ended its worker process (killed by SIGSEGV)", 2),  # the second time in another process, alone with it
    "be_killed": ("ended its worker process (killed by SIGKILL)", 2),
    "leave": ("ended its worker process (exit code 0)", 2),
    "hang": ("was still at work after 3 s", 1),
    "eat_memory": ("asked for more memory than a worker process is granted", 1),
}


async def test_only_the_guilty_pages_fail_and_their_stories_are_kept_from_the_feed(
    local_web: LocalWeb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("crawler.pipeline.ingest.tasks", crashes_tasks)
    newsroom, told = Newsroom(), []
    newsroom.serve(local_web)
    guilty = {}
    papers = [told for number in range(4) for told in newsroom.feeds[f"http://paper{number}.example/feed.xml"]]
    for page, misdeed in zip(papers[::3], (*REASONS, "make_noise"), strict=False):
        guilty[page.url] = misdeed
        local_web.serve(page.url, page.html().replace("<body>", f"<body><!-- misdeed: {misdeed} {tmp_path / misdeed} -->"))
    async with open_engine(SETTINGS, tmp_path / "data", told.append, environ=local_web.environ) as engine:
        for url in newsroom.feeds:
            if "paper" in url:
                await engine.desk.call(engine.store.feeds.add, FollowedFeed(url=url), engine.now())  # type: ignore[attr-defined]
        summary = await engine.crawl(CrawlRequest())
        again = await engine.crawl(CrawlRequest())
        stories = {record.canonical.url: record for record in engine.store.reading.records()}  # type: ignore[attr-defined]
    failed = {event.url: event for event in told if isinstance(event, PageFailed)}
    assert {guilty[url] for url in failed} == set(REASONS)
    for url, event in failed.items():
        reason, times = REASONS[guilty[url]]
        assert reason in event.reason
        assert event.from_feed
        assert not event.will_retry
        assert (tmp_path / guilty[url]).stat().st_size == times
        assert stories[url].canonical.source == "feed"
    assert (summary.pages_from_feed, summary.pages_read) == (len(REASONS), len(papers) - len(REASONS))
    assert {told.url for told in papers} == set(stories)
    assert again.pages_taken == 0
    assert "noise" not in "".join(capfd.readouterr())
