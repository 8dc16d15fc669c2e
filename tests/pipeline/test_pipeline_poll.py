"""One feed's poll: what is asked, parsed, recorded and told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pipeline_bench import Bench
from pipeline_fakes import NOT_MODIFIED, START, fetched

from crawler.errors import BadResponse, CrawlerError, ForbiddenAddress, NoWorker, StoreBusy, Unreachable, WorkerFailed
from crawler.events import FeedFailed, FeedPolled
from crawler.fetch.results import NotModified
from crawler.model import PollWishes, Validators

URL = "http://paper.example/feed"


async def poll(bench: Bench) -> None:
    (lease,) = bench.store.feeds.claim_due(bench.clock(), limit=1, lease_for=timedelta(minutes=15))
    await bench.engine().poller.poll_feed(lease, lambda: None)


@pytest.mark.parametrize("trouble", [StoreBusy("held"), NoWorker("no memory")])
async def test_what_the_machine_cannot_do_is_no_failure_of_the_feed(bench: Bench, trouble: CrawlerError) -> None:
    feed = bench.store.feeds.follow(bench.web.serve(URL, trouble))
    with pytest.raises(type(trouble)):
        await poll(bench)
    assert bench.store.feeds.released == [feed]
    assert bench.store.feeds.reasons == bench.told == []


async def test_new_entries_are_parsed_recorded_and_their_pages_queued(bench: Bench) -> None:
    bench.store.feeds.follow(bench.web.serve(URL, b"http://paper.example/1 http://paper.example/2"))
    await poll(bench)
    (event,) = bench.told.of(FeedPolled)
    assert (event.result.new_entries, event.result.pages_queued, event.not_modified) == (2, 2, False)
    assert list(bench.store.pages.rows) == ["http://paper.example/1", "http://paper.example/2"]


async def test_a_feed_is_asked_with_the_validators_it_gave(bench: Bench) -> None:
    bench.store.feeds.follow(bench.web.serve(URL, b"http://paper.example/1", NOT_MODIFIED))
    await poll(bench)
    bench.clock.at += timedelta(hours=20)
    await poll(bench)
    assert bench.web.asked == [(URL, Validators()), (URL, Validators(etag='"1"'))]
    assert bench.told.of(FeedPolled)[1].not_modified


async def test_a_304_changes_only_the_validators_it_carries(bench: Bench) -> None:
    feed = bench.store.feeds.follow(URL, validators=Validators(etag='"old"', last_modified="Mon"))
    bench.web.serve(URL, NotModified(validators=Validators(etag='"new"'), freshness_s=None))
    await poll(bench)
    assert bench.store.feeds.rows[feed].validators == Validators(etag='"new"', last_modified="Mon")


async def test_a_304_told_for_a_day_is_put_to_the_test_once(bench: Bench) -> None:
    whole = fetched(URL, b"http://paper.example/1")
    feed = bench.store.feeds.follow(bench.web.serve(URL, whole, NOT_MODIFIED, whole, NOT_MODIFIED))
    for hours in (25, 20, 0):
        await poll(bench)
        bench.clock.at += timedelta(hours=hours)
    assert [bool(validators) for _, validators in bench.web.asked] == [False, True, False, True]
    assert bench.store.feeds.rows[feed].distrusted_at is None


async def test_a_server_caught_lying_is_asked_without_conditions_for_a_week(bench: Bench) -> None:
    feed = bench.store.feeds.follow(
        bench.web.serve(URL, NOT_MODIFIED, b"http://paper.example/2"), validators=Validators(etag='"1"'), last_ok_at=START,
        whole_at=START - timedelta(days=2),
    )
    await poll(bench)
    assert bench.store.feeds.rows[feed].distrusted_at == bench.clock.at
    assert list(bench.store.pages.rows) == ["http://paper.example/2"]
    for days in (6, 2):
        bench.clock.at += timedelta(days=days)
        bench.web.serve(URL, b"http://paper.example/2")
        await poll(bench)
    assert [bool(validators) for _, validators in bench.web.asked] == [True, False, False, True]


async def test_where_the_test_of_a_304_fails_the_304_stands_for_a_day(bench: Bench) -> None:
    kept, refused = Validators(etag='"1"'), BadResponse("too often", url=URL, status=429)
    bench.web.serve(URL, NOT_MODIFIED, refused, NOT_MODIFIED, NOT_MODIFIED, refused)
    feed = bench.store.feeds.follow(URL, validators=kept, every_s=3600)
    for hours in (23, 2, 0):
        await poll(bench)
        bench.clock.at += timedelta(hours=hours)
    assert [bool(validators) for _, validators in bench.web.asked] == [True, False, True, True, False]
    row = bench.store.feeds.rows[feed]
    assert (row.validators, row.failures, row.distrusted_at) == (kept, 0, None)


async def test_an_index_did_not_lie_where_its_parts_brought_what_is_new(bench: Bench) -> None:
    index = fetched(URL, b"part=http://paper.example/part")
    feed = bench.store.feeds.follow(bench.web.serve(URL, index, NOT_MODIFIED, index))
    bench.web.serve("http://paper.example/part", b"http://paper.example/1", b"http://paper.example/1 http://paper.example/2")
    for hours in (25, 0):
        await poll(bench)
        bench.clock.at += timedelta(hours=hours)
    assert list(bench.store.pages.rows) == ["http://paper.example/1", "http://paper.example/2"]
    assert bench.store.feeds.rows[feed].distrusted_at is None


async def test_what_a_feed_asked_for_holds_after_a_304(bench: Bench) -> None:
    bench.web.serve(URL, NOT_MODIFIED)
    feed = bench.store.feeds.follow(URL, validators=Validators(etag="x"), whole_at=START, wishes=PollWishes(every_s=40_000))
    await poll(bench)
    assert bench.store.feeds.rows[feed].next_due_at >= START + timedelta(seconds=40_000)


async def test_an_unchanged_body_is_not_parsed_again(bench: Bench) -> None:
    answer = fetched(URL, b"http://paper.example/1")
    bench.store.feeds.follow(bench.web.serve(URL, answer), body_hash=answer.body_hash)
    await poll(bench)
    assert bench.workers.ran == []
    assert bench.store.feeds.results == [None]


async def test_a_feed_that_is_none_fails_with_its_reason_and_next_try(bench: Bench) -> None:
    feed = bench.store.feeds.follow(bench.web.serve(URL, b"<html>"))
    await poll(bench)
    (event,) = bench.told.of(FeedFailed)
    assert event.reason == "a page, not a feed"
    assert event.next_try.startswith("2026-01-05 1")
    assert bench.store.feeds.rows[feed].next_due_at > START


async def test_a_worker_that_fails_on_a_feed_is_that_feeds_failure(bench: Bench) -> None:
    bench.store.feeds.follow(bench.web.serve(URL, b"x"))
    bench.workers.failures[b"x"] = [WorkerFailed("parse_feed was still at work after 15 s")]
    await poll(bench)
    assert bench.store.feeds.reasons == ["parse_feed was still at work after 15 s"]


async def test_too_many_requests_is_patience_not_a_failure(bench: Bench) -> None:
    error = BadResponse("429 Too Many Requests", url=URL, status=429, retry_after_s=7200, transient=True)
    feed = bench.store.feeds.follow(bench.web.serve(URL, error))
    await poll(bench)
    row = bench.store.feeds.rows[feed]
    assert row.failures == 0
    assert row.next_due_at >= START + timedelta(hours=2)
    assert len(bench.told.of(FeedFailed)) == 1


@pytest.mark.parametrize(("retry_after_s", "failures"), [(7200.0, 0), (None, 0.5)])
async def test_503_is_patience_where_it_says_for_how_long_and_else_a_failure(
    bench: Bench, retry_after_s: float | None, failures: float
) -> None:
    error = BadResponse("503 Service Unavailable", url=URL, status=503, retry_after_s=retry_after_s, transient=True)
    feed = bench.store.feeds.follow(bench.web.serve(URL, error))
    await poll(bench)
    assert bench.store.feeds.rows[feed].failures == failures


async def test_a_passing_failure_counts_a_half_and_a_lasting_one_whole(bench: Bench) -> None:
    soft = bench.store.feeds.follow(bench.web.serve(URL, Unreachable("no answer", url=URL)))
    await poll(bench)
    hard = bench.store.feeds.follow(bench.web.serve("http://inside.example/", ForbiddenAddress("private", url="http://inside.example/")))
    await poll(bench)
    assert (bench.store.feeds.rows[soft].failures, bench.store.feeds.rows[hard].failures) == (0.5, 1.0)


async def test_an_exception_that_nobody_foresaw_fails_the_feed_and_says_so(bench: Bench) -> None:
    bench.store.feeds.follow(bench.web.serve(URL, KeyError("surprise")))
    await poll(bench)
    assert bench.store.feeds.reasons == ["internal error, please report it: KeyError: 'surprise'"]


async def test_a_secret_is_sent_by_its_name_and_a_missing_one_is_a_clear_failure(bench: Bench) -> None:
    bench.store.feeds.follow(bench.web.serve(URL, b""), auth="desk")
    await poll(bench)
    bench.store.feeds.follow("http://other.example/feed", auth="nowhere")
    await poll(bench)
    assert [secret and secret.get_secret_value() for secret in bench.web.secrets] == ["reader:word"]
    assert "needs the secret 'nowhere'" in bench.store.feeds.reasons[0]


async def test_the_host_is_free_again_before_the_feed_is_parsed(bench: Bench) -> None:
    bench.store.feeds.follow(bench.web.serve(URL, b"http://paper.example/1"))
    (lease,) = bench.store.feeds.claim_due(bench.clock(), limit=1, lease_for=timedelta(minutes=15))
    ran_when_answered: list[list[str]] = []
    await bench.engine().poller.poll_feed(lease, lambda: ran_when_answered.append(list(bench.workers.ran)))
    assert ran_when_answered == [[]]


async def test_polls_go_by_settings_that_were_loaded_again(bench: Bench) -> None:
    engine = bench.engine()
    settings = engine.settings
    engine.reload(settings.model_copy(update={"poll": settings.poll.model_copy(update={"every_s": 60_000})}))
    feed = bench.store.feeds.follow(bench.web.serve(URL, b"http://paper.example/1"))
    (lease,) = bench.store.feeds.claim_due(bench.clock(), limit=1, lease_for=timedelta(minutes=15))
    await engine.poller.poll_feed(lease, lambda: None)
    assert bench.store.feeds.rows[feed].next_due_at >= START + timedelta(seconds=60_000)
