"""One page's way: each answer leads to one recorded outcome and the events that tell it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pipeline_bench import Bench
from pipeline_fakes import NOT_MODIFIED, START, fetched

from crawler.errors import BadResponse, CrawlerError, NoWorker, StoreBusy, StoreUnwritable, TooLarge, Unreachable, WorkerFailed
from crawler.events import ArticleJudged, ArticleRead, PageFailed, PageFetched, PageForbidden, PageNotModified, PageRedirected
from crawler.fetch.results import Redirected
from crawler.model import FeedEntry, TextSource, Validators

URL = "http://paper.example/story"
ENTRY = FeedEntry(key="1", url=URL, title="A bridge opens", summary="The bridge over the river opened on Monday.")
BARE = FeedEntry(key="1", url=URL)


async def ingest(bench: Bench, entry: FeedEntry | None = ENTRY, **changes: Any) -> str:
    bench.store.pages.queue(URL, entry, **changes)
    (lease,) = bench.store.pages.claim_due(bench.clock(), limit=1, lease_for=timedelta(minutes=15), per_host=1)
    await bench.engine().ingester.ingest_page(lease, lambda: None)
    return bench.store.pages.outcomes[URL]


def failure(status: int, *, transient: bool, retry_after_s: float | None = None) -> CrawlerError:
    return BadResponse(f"{URL} answered {status}", url=URL, status=status, transient=transient, retry_after_s=retry_after_s)


async def test_a_page_is_fetched_read_and_judged(bench: Bench) -> None:
    bench.web.serve(URL, b"The bridge opened.")
    assert await ingest(bench) == "read from the page"
    assert [type(event) for event in bench.told] == [PageFetched, ArticleRead, ArticleJudged]
    assert bench.told.of(ArticleRead)[0].words == 3


async def test_a_page_that_robots_forbid_is_judged_from_the_feed_and_never_asked(bench: Bench) -> None:
    bench.web.forbidden.add(URL)
    assert await ingest(bench) == "read from the feed"
    assert bench.web.asked == []
    assert [type(event) for event in bench.told] == [PageForbidden, ArticleRead, ArticleJudged]
    assert bench.store.articles.recorded[URL].reasons == ("robots.txt forbids this page",)


async def test_a_text_only_page_is_read_from_the_feed_without_a_request(bench: Bench) -> None:
    assert await ingest(bench, text_only=True) == "read from the feed"
    assert bench.web.asked == []
    assert [type(event) for event in bench.told] == [ArticleRead, ArticleJudged]


async def test_a_judged_page_is_asked_conditionally_and_a_304_leaves_it(bench: Bench) -> None:
    bench.web.serve(URL, NOT_MODIFIED)
    outcome = await ingest(bench, judged=True, body_hash="ab", validators=Validators(etag='"1"'))
    assert outcome == "unchanged"
    assert bench.web.asked == [(URL, Validators(etag='"1"'))]
    assert len(bench.told.of(PageNotModified)) == 1


async def test_a_page_judged_from_the_feed_is_asked_without_validators(bench: Bench) -> None:
    bench.web.serve(URL, b"At last the page.")
    assert await ingest(bench, judged=True, body_hash=None, validators=Validators(etag='"1"')) == "read from the page"
    assert bench.web.asked == [(URL, Validators())]


async def test_the_same_body_is_not_read_again(bench: Bench) -> None:
    answer = fetched(URL, b"The bridge opened.")
    bench.web.serve(URL, answer)
    assert await ingest(bench, judged=True, body_hash=answer.body_hash) == "unchanged"
    assert bench.workers.ran == []


@pytest.mark.parametrize("trouble", [StoreBusy("held"), StoreUnwritable("no space left"), NoWorker("no memory")])
async def test_what_the_machine_cannot_do_is_no_fault_of_the_page(bench: Bench, trouble: CrawlerError) -> None:
    """robots.txt is kept in the database: where that is held or full while it is looked up, nothing is known of the page."""
    bench.web.serve(URL, trouble)
    with pytest.raises(type(trouble)):
        await ingest(bench)
    assert bench.store.pages.released == [URL]
    assert bench.store.articles.recorded == bench.store.pages.outcomes == {}
    assert bench.told == []


async def test_a_redirect_is_handed_to_the_store(bench: Bench) -> None:
    bench.web.serve(URL, Redirected(target="http://paper.example/new", permanent=True))
    assert await ingest(bench) == "redirected to http://paper.example/new"
    assert bench.told.of(PageRedirected)[0].target == "http://paper.example/new"


@pytest.mark.parametrize(
    ("target", "hops", "reason"), [(URL, 0, "redirects to itself"), ("http://paper.example/6", 5, "more than 5")]
)
async def test_a_redirect_without_end_leaves_the_feeds_text(bench: Bench, target: str, hops: int, reason: str) -> None:
    bench.web.serve(URL, Redirected(target=target, permanent=False))
    assert await ingest(bench, hops=hops) == "read from the feed"
    assert reason in bench.told.of(PageFailed)[0].reason


@pytest.mark.parametrize(("attempts", "wait"), [(0, timedelta(minutes=10)), (1, timedelta(hours=1)), (2, timedelta(hours=6))])
async def test_a_passing_failure_is_tried_again_later(bench: Bench, attempts: int, wait: timedelta) -> None:
    bench.web.serve(URL, Unreachable("no answer", url=URL))
    assert await ingest(bench, attempts=attempts) == "failed: no answer"
    assert bench.store.pages.due_at[URL] == START + wait
    assert bench.told.of(PageFailed)[0].will_retry


async def test_a_retry_after_puts_a_page_off_for_longer(bench: Bench) -> None:
    bench.web.serve(URL, failure(503, transient=True, retry_after_s=7200))
    await ingest(bench)
    assert bench.store.pages.due_at[URL] == START + timedelta(hours=2)


async def test_after_the_last_attempt_the_feeds_text_stands_in(bench: Bench) -> None:
    bench.web.serve(URL, Unreachable("no answer", url=URL))
    assert await ingest(bench, attempts=3) == "read from the feed"
    (event,) = bench.told.of(PageFailed)
    assert (event.reason, event.will_retry, event.from_feed) == ("no answer", False, True)


@pytest.mark.parametrize("error", [failure(403, transient=False), TooLarge("too large", url=URL)])
async def test_a_lasting_failure_is_not_tried_again(bench: Bench, error: CrawlerError) -> None:
    bench.web.serve(URL, error)
    assert await ingest(bench) == "read from the feed"


@pytest.mark.parametrize("entry", [None, BARE])
async def test_without_a_word_from_the_feed_the_page_has_failed(bench: Bench, entry: FeedEntry | None) -> None:
    bench.web.serve(URL, failure(404, transient=False))
    assert await ingest(bench, entry) == f"failed: {URL} answered 404"
    assert bench.store.pages.due_at[URL] is None


async def test_a_later_failure_never_replaces_the_pages_own_text(bench: Bench) -> None:
    bench.web.serve(URL, failure(410, transient=False))
    assert (await ingest(bench, judged=True, body_hash="ab")).startswith("failed")
    assert bench.store.articles.recorded == {}


async def test_a_page_whose_work_never_ended_is_judged_from_the_feed_unasked(bench: Bench) -> None:
    reason = "no result after 4 attempts: its work never came to an end"
    assert await ingest(bench, given_up=reason) == "read from the feed"
    assert reason in bench.told.of(PageFailed)[0].reason


async def test_what_is_no_page_is_judged_from_the_feed_with_the_reason(bench: Bench) -> None:
    bench.web.serve(URL, b"\x89PNG")
    assert await ingest(bench) == "read from the feed"
    assert bench.told.of(PageFailed)[0].reason == "a picture, not a page"
    assert bench.store.articles.recorded[URL].source is TextSource.FEED


async def test_a_page_whose_worker_died_gets_one_more_worker(bench: Bench) -> None:
    bench.web.serve(URL, b"x")
    bench.workers.failures[b"x"] = [WorkerFailed("died")]
    assert await ingest(bench) == "read from the page"
    assert bench.web.urls() == [URL]


async def test_a_page_that_kills_its_worker_twice_is_judged_from_the_feed(bench: Bench) -> None:
    bench.web.serve(URL, b"x")
    bench.workers.failures[b"x"] = [WorkerFailed("died"), WorkerFailed("died again")]
    assert await ingest(bench) == "read from the feed"
    assert bench.told.of(PageFailed)[0].reason == "died again"


async def test_a_page_that_hangs_its_worker_is_not_read_again(bench: Bench) -> None:
    bench.web.serve(URL, b"x")
    hung = WorkerFailed("still at work")
    hung.transient = False
    bench.workers.failures[b"x"] = [hung, WorkerFailed("never reached")]
    assert await ingest(bench) == "read from the feed"
    assert bench.workers.ran == ["read_page", "read_entry"]


async def test_an_exception_that_nobody_foresaw_fails_one_page_and_says_so(bench: Bench) -> None:
    bench.web.serve(URL, KeyError("surprise"))
    assert await ingest(bench) == "read from the feed"
    assert bench.told.of(PageFailed)[0].reason == "internal error, please report it: KeyError: 'surprise'"


async def test_what_the_verdict_cannot_take_fails_its_own_page_only(bench: Bench) -> None:
    bench.web.serve(URL, b"The bridge opened.")
    bench.store.articles.error = ValueError("no such thing")
    assert (await ingest(bench)).startswith("failed: internal error")
    (told,) = bench.told.of(PageFailed)
    assert "ValueError" in told.reason
