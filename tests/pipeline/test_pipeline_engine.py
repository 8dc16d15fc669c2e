"""A crawl over fakes: fairness, bounds, rest, interruption, and an account of every item."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from pipeline_bench import Bench
from pipeline_fakes import START

from crawler.errors import StoreUnwritable, Unreachable
from crawler.events import FeedsCounted, PageForbidden
from crawler.fetch.results import Redirected
from crawler.model import FeedStatus
from crawler.pipeline.engine import CrawlRequest
from crawler.pipeline.summary import RunSummary


def follow(bench: Bench, host: str, pages: int) -> list[str]:
    """Have a feed followed that carries so many pages of its host, all served."""
    urls = [bench.web.serve(f"http://{host}/{n}", f"Story {n} of {host}.".encode()) for n in range(pages)]
    bench.store.feeds.follow(bench.web.serve(f"http://{host}/feed", " ".join(urls).encode()))
    return urls


def assert_adds_up(summary: RunSummary) -> None:
    assert summary.entries_new == summary.pages_queued + summary.pages_joined_known + summary.pages_listed
    assert summary.pages_taken == (
        summary.pages_read + summary.pages_from_feed + summary.pages_not_modified + summary.pages_redirected
        + len(summary.pages_failed) + len(summary.pages_waiting)
    )


async def test_a_crawl_polls_every_due_feed_and_ingests_every_page_once(bench: Bench) -> None:
    urls = [url for host in ("a.example", "b.example", "c.example") for url in follow(bench, host, 20)]
    summary = await bench.engine().crawl(CrawlRequest())
    assert sorted(bench.web.urls()) == sorted([*urls, *(f"http://{host}.example/feed" for host in "abc")])
    assert set(bench.store.articles.recorded) == set(urls)
    assert (summary.feeds_polled, summary.pages_taken, summary.stories_new, summary.exit_code) == (3, 60, 60, 0)
    assert_adds_up(summary)


async def test_a_second_crawl_asks_nothing(bench: Bench) -> None:
    follow(bench, "a.example", 3)
    await bench.engine().crawl(CrawlRequest())
    bench.web.asked.clear()
    await bench.engine().crawl(CrawlRequest())
    assert bench.web.asked == []


async def test_all_polls_each_active_feed_once_whether_due_or_not(bench: Bench) -> None:
    follow(bench, "a.example", 3)
    bench.store.feeds.follow("http://paused.example/feed", status=FeedStatus.PAUSED)
    bench.store.feeds.leased.add(bench.store.feeds.all()[1].id)
    await bench.engine().crawl(CrawlRequest())
    bench.clock.at += timedelta(minutes=1)
    bench.web.asked.clear()
    summary = await bench.engine().crawl(CrawlRequest(all_feeds=True))
    assert bench.web.urls() == ["http://a.example/feed"]
    assert bench.told.of(FeedsCounted)[1].total == 1
    assert summary.feeds_not_modified == 1


async def test_a_crawl_of_named_feeds_polls_no_other_but_ingests_what_is_queued(bench: Bench) -> None:
    follow(bench, "a.example", 1)
    follow(bench, "b.example", 1)
    bench.store.pages.queue(bench.web.serve("http://c.example/left", b"Left from before."))
    await bench.engine().crawl(CrawlRequest(feeds=[bench.store.feeds.all()[1].id]))
    assert sorted(bench.web.urls()) == ["http://b.example/0", "http://b.example/feed", "http://c.example/left"]


async def test_a_limit_bounds_the_pages_taken_up(bench: Bench) -> None:
    follow(bench, "a.example", 20)
    summary = await bench.engine().crawl(CrawlRequest(limit=5))
    assert summary.pages_taken == 5
    assert len(bench.store.pages.due(START, limit=100)) == 15


async def test_a_host_is_asked_no_more_at_once_than_allowed_and_all_no_more_than_the_slots(bench: Bench) -> None:
    for n in range(12):
        follow(bench, f"h{n}.example", 6)
    summary = await bench.engine(per_host=2, concurrency=5).crawl(CrawlRequest())
    assert summary.pages_taken == 72
    assert bench.web.most_of_a_host <= 2
    assert 2 < bench.web.most_under_way <= 5


async def test_a_held_host_keeps_no_one_waiting_and_its_pages_for_later(bench: Bench) -> None:
    fast = [url for n in range(4) for url in follow(bench, f"h{n}.example", 10)]
    for n in range(50):
        bench.store.pages.queue(bench.web.serve(f"http://held.example/{n}", b"Later."))
    bench.web.busy_for_s["held.example"] = 3600
    summary = await bench.engine(concurrency=4).crawl(CrawlRequest())
    assert set(bench.store.articles.recorded) == set(fast)
    assert summary.pages_taken == 40
    assert len(bench.store.pages.due(START, limit=100)) == 50
    assert not bench.store.pages.leased


async def test_a_slow_host_takes_no_slot_while_it_is_not_free(bench: Bench) -> None:
    slow = follow(bench, "slow.example", 3)
    fast = follow(bench, "fast.example", 12)
    bench.web.busy_for_s["slow.example"] = 1.0

    def free_when_others_are_done(url: str) -> float:
        return 1.0 if "slow" in url and not url.endswith("feed") and not set(fast) <= set(bench.store.articles.recorded) else 0.0

    bench.web.free_in_s = free_when_others_are_done  # type: ignore[method-assign]
    await bench.engine(concurrency=1).crawl(CrawlRequest())
    assert set(bench.store.articles.recorded) == {*slow, *fast}
    assert set(bench.web.urls()[-3:]) == set(slow)


async def test_a_redirects_target_is_fetched_in_the_same_crawl(bench: Bench) -> None:
    follow(bench, "a.example", 1)
    bench.web.serve("http://a.example/0", Redirected(target="http://a.example/new", permanent=True))
    bench.web.serve("http://a.example/new", b"Moved here.")
    summary = await bench.engine().crawl(CrawlRequest())
    assert set(bench.store.articles.recorded) == {"http://a.example/new"}
    assert (summary.pages_redirected, summary.pages_read) == (1, 1)
    assert_adds_up(summary)


async def test_a_crawl_ends_when_what_it_set_off_has_come_to_rest(bench: Bench) -> None:
    follow(bench, "a.example", 1)
    bench.store.articles.to_judge, bench.store.articles.to_settle = 120, 70
    summary = await bench.engine().crawl(CrawlRequest())
    assert (bench.store.articles.to_judge, bench.store.articles.to_settle) == (0, 0)
    assert summary.pages_rejudged == 120


async def test_recheck_asks_every_known_page_again(bench: Bench) -> None:
    follow(bench, "a.example", 2)
    await bench.engine().crawl(CrawlRequest())
    bench.web.asked.clear()
    summary = await bench.engine().crawl(CrawlRequest(recheck=True))
    assert sorted(bench.web.urls()) == ["http://a.example/0", "http://a.example/1"]
    assert all(validators for _, validators in bench.web.asked)
    assert summary.pages_not_modified == 2


async def test_a_dry_run_lists_what_is_due_and_asks_nothing(bench: Bench) -> None:
    follow(bench, "a.example", 1)
    bench.store.feeds.follow("http://later.example/feed", next_due_at=START + timedelta(hours=1))
    bench.store.pages.queue("http://c.example/left")
    summary = await bench.engine().crawl(CrawlRequest(dry_run=True))
    assert summary.foreseen is not None
    assert (summary.foreseen.feeds, summary.foreseen.pages) == (("http://a.example/feed",), ("http://c.example/left",))
    assert bench.web.asked == []
    assert bench.store.runs.finished == []


async def test_every_item_is_accounted_for_with_its_reason(bench: Bench) -> None:
    urls = follow(bench, "a.example", 4)
    bench.web.forbidden.add(urls[0])
    bench.web.serve(urls[1], Unreachable("no answer from a.example", url=urls[1]))
    bench.web.serve(urls[2], b"\x89PNG")
    bench.store.feeds.follow(bench.web.serve("http://down.example/feed", Unreachable("no such host", url="http://down.example/feed")))
    summary = await bench.engine().crawl(CrawlRequest())
    assert_adds_up(summary)
    assert (summary.pages_taken, summary.pages_read, summary.pages_from_feed, summary.pages_forbidden) == (4, 1, 2, 1)
    assert [failed.url for failed in summary.pages_waiting.values()] == [urls[1]]
    assert [(trouble.host, trouble.kind, trouble.reason) for trouble in summary.troubles()] == [
        ("down.example", "feed_failed", "no such host"), ("a.example", "page_waiting", "no answer from a.example"),
        ("a.example", "page_from_feed", "a picture, not a page"),
    ]  # fmt: skip
    assert [failed.reason for failed in summary.feeds_failed.values()] == ["no such host"]
    assert summary.exit_code == 3
    assert bench.store.runs.finished[0]["pages_waiting"] == 1
    assert len(bench.told.of(PageForbidden)) == 1


async def test_a_crawl_whose_every_feed_fails_has_failed(bench: Bench) -> None:
    bench.store.feeds.follow(bench.web.serve("http://down.example/feed", Unreachable("no such host", url="http://down.example/feed")))
    assert (await bench.engine().crawl(CrawlRequest())).exit_code == 1


async def test_an_interrupted_crawl_hands_back_what_it_cannot_finish(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pipeline.engine.CRAWL_GRACE_S", 0.05)
    for n in range(4):
        follow(bench, f"h{n}.example", 10)
    bench.web.gate = asyncio.Event()
    stop = asyncio.Event()
    crawl = asyncio.create_task(bench.engine(concurrency=4).crawl(CrawlRequest(), stop))
    async with asyncio.timeout(5):
        while bench.web.under_way < 4:  # noqa: ASYNC110
            await asyncio.sleep(0)
        stop.set()
        summary = await crawl
    assert (summary.interrupted, summary.exit_code) == (True, 130)
    assert not bench.store.pages.leased
    assert all(page.attempts == 0 for page in bench.store.pages.rows.values())
    assert bench.store.runs.finished[0]["interrupted"]


async def test_an_interrupted_crawl_finishes_what_is_nearly_done(bench: Bench) -> None:
    follow(bench, "a.example", 10)
    bench.web.gate = asyncio.Event()
    stop = asyncio.Event()
    crawl = asyncio.create_task(bench.engine().crawl(CrawlRequest(), stop))
    async with asyncio.timeout(5):
        while not bench.web.under_way:  # noqa: ASYNC110
            await asyncio.sleep(0)
        stop.set()
        bench.web.gate.set()
        summary = await crawl
    assert summary.pages_read == 1
    assert not bench.store.pages.leased


async def test_a_broken_store_ends_the_crawl_with_its_error(bench: Bench) -> None:
    follow(bench, "a.example", 30)
    bench.store.articles.error = StoreUnwritable("the disk is full")
    with pytest.raises(StoreUnwritable, match="the disk is full"):
        await bench.engine().crawl(CrawlRequest())


async def test_claims_are_few_however_many_pages_one_host_has(bench: Bench) -> None:
    follow(bench, "a.example", 200)
    await bench.engine().crawl(CrawlRequest())
    assert len(bench.store.articles.recorded) == 200
    assert len(bench.store.pages.claims) < 70
