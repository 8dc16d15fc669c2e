"""A feed in pages, followed on its first poll; a sitemap index, whose parts are asked at every poll; and what of them is missed."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pipeline_fakes
import pytest
from pipeline_bench import Bench
from pipeline_fakes import START, fetched

from crawler.errors import BadResponse, StoreBusy, Unreachable
from crawler.events import FeedFailed, FeedPartFailed, FeedPolled
from crawler.fetch.results import NotModified
from crawler.model import FeedPart, Validators
from crawler.pipeline import poll as polling
from crawler.pipeline.paging import with_credentials

URL = "http://paper.example/feed"


def page_url(number: int) -> str:
    return f"{URL}?page={number}" if number > 1 else URL


def serve_pages(bench: Bench, count: int, each: int = 2) -> None:
    """Pages of `each` entries, each but the last naming the next."""
    for number in range(1, count + 1):
        entries = [f"http://paper.example/{number}-{place}" for place in range(each)]
        following = [f"next={page_url(number + 1)}"] if number < count else []
        bench.web.serve(page_url(number), fetched(page_url(number), " ".join(entries + following).encode(), etag=f'"{number}"'))


async def poll(bench: Bench, families: tuple[tuple[str, ...], ...] = (), **settings: int) -> None:
    engine = bench.engine(families=families)
    engine.poller.settings = engine.settings.poll.model_copy(update=settings)
    (lease,) = bench.store.feeds.claim_due(bench.clock(), limit=1, lease_for=timedelta(minutes=15))
    await engine.poller.poll_feed(lease, lambda: None)


def entries(bench: Bench) -> list[str | None]:
    (parsed,) = bench.store.feeds.results
    assert parsed is not None
    return [entry.url for entry in parsed.entries]


async def test_all_pages_come_with_the_first_in_one_record_and_its_validators_alone_are_kept(bench: Bench) -> None:
    serve_pages(bench, 3)
    feed = bench.store.feeds.follow(URL)
    await poll(bench)
    assert bench.web.urls() == [page_url(1), page_url(2), page_url(3)]
    assert entries(bench) == [f"http://paper.example/{page}-{place}" for page in (1, 2, 3) for place in (0, 1)]
    assert bench.store.feeds.rows[feed].validators == Validators(etag='"1"')
    assert bench.told.of(FeedPolled)[0].result.new_entries == 6


async def test_only_the_first_poll_reads_further(bench: Bench) -> None:
    serve_pages(bench, 3)
    bench.store.feeds.follow(URL, last_ok_at=START - timedelta(days=1))
    await poll(bench)
    assert bench.web.urls() == [URL]


@pytest.mark.parametrize(("setting", "asked"), [({"max_pages": 3}, 3), ({"max_pages": 1}, 1), ({"max_entries": 4}, 2)])
async def test_pages_and_entries_are_bounded(bench: Bench, setting: dict[str, int], asked: int) -> None:
    serve_pages(bench, 9)
    bench.store.feeds.follow(URL)
    await poll(bench, **setting)
    assert bench.web.urls() == [page_url(number) for number in range(1, asked + 1)]


async def test_a_page_that_leads_back_or_repeats_the_first_ends_the_way(bench: Bench) -> None:
    bench.web.serve(URL, f"http://paper.example/1 next={page_url(2)}".encode())
    bench.web.serve(page_url(2), f"http://paper.example/2 next={URL}".encode())
    bench.store.feeds.follow(URL)
    await poll(bench)
    bench.web.serve(page_url(2), f"http://paper.example/1 next={page_url(3)}".encode())
    bench.store.feeds.results.clear()
    bench.store.feeds.follow("http://paper.example/feed#again")
    bench.web.serve("http://paper.example/feed#again", f"http://paper.example/1 next={page_url(2)}".encode())
    await poll(bench)
    assert bench.web.urls() == [URL, page_url(2), "http://paper.example/feed#again", page_url(2)]
    assert bench.told.of(FeedPartFailed) == []


async def test_further_pages_are_not_given_up_for_a_database_that_is_held(bench: Bench) -> None:
    serve_pages(bench, 4)
    bench.web.serve(page_url(3), StoreBusy("held by another process"))
    feed = bench.store.feeds.follow(URL)
    with pytest.raises(StoreBusy):
        await poll(bench)
    assert bench.store.feeds.released == [feed]
    assert bench.store.feeds.results == []


async def test_a_page_that_fails_leaves_what_was_had_and_is_told(bench: Bench) -> None:
    serve_pages(bench, 4)
    bench.web.serve(page_url(3), BadResponse("answered 500", url=page_url(3), status=500, transient=True))
    bench.store.feeds.follow(URL)
    await poll(bench)
    assert len(entries(bench)) == 4
    (missed,) = bench.told.of(FeedPartFailed)
    assert (missed.url, missed.reason) == (page_url(3), "answered 500")
    assert bench.told.of(FeedFailed) == []


async def test_a_page_of_another_site_is_not_asked_and_told(bench: Bench) -> None:
    bench.web.serve(URL, b"http://paper.example/1 next=http://other.example/feed")
    bench.store.feeds.follow(URL)
    await poll(bench)
    assert bench.web.urls() == [URL]
    assert "lies on another site" in bench.told.of(FeedPartFailed)[0].reason
    assert entries(bench) == ["http://paper.example/1"]


async def test_a_page_on_another_domain_of_the_family_is_one_of_the_site(bench: Bench) -> None:
    bench.web.serve(URL, b"http://paper.example/1 next=http://archive.other.example/feed")
    bench.web.serve("http://archive.other.example/feed", b"http://paper.example/2")
    bench.store.feeds.follow(URL)
    await poll(bench, families=(("paper.example", "other.example"),))
    assert entries(bench) == ["http://paper.example/1", "http://paper.example/2"]
    assert bench.told.of(FeedPartFailed) == []


async def test_when_time_is_up_what_was_had_is_recorded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    serve_pages(bench, 3)
    bench.store.feeds.follow(URL)
    monkeypatch.setattr(polling, "RESERVE_S", polling.DEADLINE_S)
    await poll(bench)
    assert len(entries(bench)) == 2
    assert bench.told.of(FeedPartFailed)[0].reason.startswith("not done within 170 s")


async def test_the_feeds_secret_goes_to_its_own_origin_only(bench: Bench) -> None:
    serve_pages(bench, 2)
    bench.web.serve(page_url(2), b"http://paper.example/2 next=http://archive.paper.example/feed")
    bench.web.serve("http://archive.paper.example/feed", Unreachable("gone", url=""))
    bench.store.feeds.follow(URL, auth="desk")
    await poll(bench)
    assert [secret is not None for secret in bench.web.secrets] == [True, True, False]


def test_credentials_in_a_feeds_address_are_lent_to_its_own_origin_only() -> None:
    feed = "https://reader:word@paper.example/feed"
    assert with_credentials("https://paper.example/feed?page=2", feed) == "https://reader:word@paper.example/feed?page=2"
    for other in ("http://paper.example/feed", "https://paper.example:8443/feed", "https://www.paper.example/feed"):
        assert with_credentials(other, feed) is None


async def test_a_304_to_a_page_asked_without_conditions_is_its_failure(bench: Bench) -> None:
    serve_pages(bench, 2)
    bench.web.serve(page_url(2), NotModified(validators=Validators(), freshness_s=None))
    bench.store.feeds.follow(URL)
    await poll(bench)
    assert len(entries(bench)) == 2
    assert "304" in bench.told.of(FeedPartFailed)[0].reason


INDEX = "http://paper.example/index.xml"
PARTS = ("http://paper.example/a.xml", "http://paper.example/b.xml")


def serve_index(bench: Bench) -> None:
    bench.web.serve(INDEX, fetched(INDEX, " ".join(f"part={part}" for part in PARTS).encode(), etag='"index"'))
    for part in PARTS:
        bench.web.serve(part, fetched(part, f"{part}/1 {part}/2".encode(), etag=f'"{part[-5]}"'))


async def poll_again(bench: Bench) -> None:
    bench.clock.at += timedelta(days=2)
    bench.web.asked.clear()
    bench.store.feeds.results.clear()
    await poll(bench)


async def test_an_index_brings_the_entries_of_its_parts_in_one_record(bench: Bench) -> None:
    serve_index(bench)
    feed = bench.store.feeds.follow(INDEX)
    await poll(bench)
    assert bench.web.urls() == [INDEX, *PARTS]
    assert entries(bench) == [f"{part}/{number}" for part in PARTS for number in (1, 2)]
    assert [(part.url, part.validators.etag) for part in bench.store.feeds.rows[feed].parts] == [
        (PARTS[0], '"a"'), (PARTS[1], '"b"'),
    ]  # fmt: skip
    assert bench.store.feeds.rows[feed].validators.etag == '"index"'


async def test_parts_are_asked_with_what_they_gave_also_where_the_index_stands(bench: Bench) -> None:
    serve_index(bench)
    bench.store.feeds.follow(INDEX)
    await poll(bench)
    unchanged = NotModified(validators=Validators(), freshness_s=None)
    bench.web.serve(INDEX, unchanged)
    bench.web.serve(PARTS[0], unchanged)
    bench.web.serve(PARTS[1], f"{PARTS[1]}/2 {PARTS[1]}/3".encode())
    await poll_again(bench)
    assert bench.web.asked[-2:] == [(PARTS[0], Validators(etag='"a"')), (PARTS[1], Validators(etag='"b"'))]
    assert entries(bench) == [f"{PARTS[1]}/2", f"{PARTS[1]}/3"]
    bench.web.serve(PARTS[1], unchanged)
    await poll_again(bench)
    assert bench.store.feeds.results == [None]


@pytest.mark.parametrize(
    ("before", "now", "is_asked"),
    [
        ("2026-01-05T11:00:00Z", "2026-01-05T11:00:00Z", False),
        ("2026-01-05T11:00:00Z", "2026-01-05T11:30:00Z", True),
        ("2026-01-05", "2026-01-05", True),
        ("2026-01-05T00:00:00+00:00", "2026-01-05T00:00:00+00:00", True),
        (None, None, True),
    ],
)
async def test_a_part_dated_to_the_minute_is_not_asked_while_its_date_stands(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, before: str | None, now: str | None, is_asked: bool
) -> None:
    serve_index(bench)
    known = FeedPart(url=PARTS[0], changed_at=before, body_hash="known")
    feed = bench.store.feeds.follow(INDEX, parts=(known,), body_hash="other", last_ok_at=START - timedelta(hours=1))
    monkeypatch.setattr(pipeline_fakes, "FeedPart", partial(FeedPart, changed_at=now))
    bench.web.serve(INDEX, f"part={PARTS[0]}".encode())
    await poll(bench)
    assert (PARTS[0] in bench.web.urls()) is is_asked
    assert bench.store.feeds.rows[feed].parts[0].changed_at == now


async def test_a_part_that_fails_is_told_and_asked_anew_and_the_others_are_read(bench: Bench) -> None:
    serve_index(bench)
    feed = bench.store.feeds.follow(INDEX)
    bench.web.serve(PARTS[0], Unreachable("no answer", url=PARTS[0]))
    await poll(bench)
    assert entries(bench) == [f"{PARTS[1]}/1", f"{PARTS[1]}/2"]
    assert [(missed.url, missed.reason) for missed in bench.told.of(FeedPartFailed)] == [(PARTS[0], "no answer")]
    assert bench.store.feeds.rows[feed].parts[0] == FeedPart(url=PARTS[0])


async def test_where_no_part_can_be_had_the_poll_failed(bench: Bench) -> None:
    serve_index(bench)
    feed = bench.store.feeds.follow(INDEX)
    for part in PARTS:
        bench.web.serve(part, BadResponse("answered 500", url=part, status=500, transient=True))
    await poll(bench)
    assert [failed.reason for failed in bench.told.of(FeedFailed)] == ["answered 500"]
    assert not bench.store.feeds.rows[feed].validators


async def test_a_part_that_is_no_sitemap_is_told_once_while_it_stays_as_it_is(bench: Bench) -> None:
    serve_index(bench)
    bench.store.feeds.follow(INDEX)
    bench.web.serve(PARTS[0], b"<html>")
    await poll(bench)
    await poll_again(bench)
    assert [missed.reason for missed in bench.told.of(FeedPartFailed)] == ["a page, not a feed"]


async def test_an_index_in_an_index_is_not_followed(bench: Bench) -> None:
    serve_index(bench)
    bench.store.feeds.follow(INDEX)
    bench.web.serve(PARTS[0], b"part=http://paper.example/deeper.xml")
    await poll(bench)
    assert "only one level" in bench.told.of(FeedPartFailed)[0].reason
    assert "http://paper.example/deeper.xml" not in bench.web.urls()


async def test_entries_of_all_parts_together_are_bounded_and_the_rest_is_counted(bench: Bench) -> None:
    serve_index(bench)
    bench.store.feeds.follow(INDEX)
    await poll(bench, max_entries=3)
    assert len(entries(bench)) == 3
    assert bench.told.of(FeedPolled)[0].left_out == 1
