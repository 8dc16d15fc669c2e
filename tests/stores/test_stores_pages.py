"""Pages are claimed fairly, held by one at a time, and never lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from stores_world import DAY, HOUR, LEASE, MINUTE, T0, World, body, entry

from crawler.model import PageLease, PageState, Validators
from crawler.stores.claiming import LONGEST_DUE, is_due
from crawler.stores.engine import connect_engine, read
from crawler.stores.schema import entries, pages


@pytest.fixture
def leased(world: World) -> PageLease:
    """One page, claimed."""
    world.poll(world.follow(), body(entry("a")))
    (lease,) = world.claim()
    return lease


def page(world: World, id: int = 1):
    return next(row for row in world.rows(pages) if row.id == id)


def queue(world: World, hosts: dict[str, int], now: datetime = T0) -> None:
    made = [entry(f"{host}-{number}", f"https://{host}/{number}") for host, count in hosts.items() for number in range(count)]
    world.poll(world.follow(f"https://feeds.example/{now:%H%M}"), body(*made), now)


def hosts_of(leases: list[PageLease]) -> list[str]:
    return [lease.url.split("/")[2] for lease in leases]


def test_a_host_gets_no_more_than_its_share(world: World) -> None:
    queue(world, {"big.example": 500, "small.example": 3, "tiny.example": 1})
    claimed = hosts_of(world.claim(limit=20, per_host=2))
    assert sorted(claimed) == ["big.example"] * 2 + ["small.example"] * 2 + ["tiny.example"]


def test_hosts_at_work_are_left_out(world: World) -> None:
    queue(world, {"a.example": 2, "b.example": 2})
    assert set(hosts_of(world.claim(exclude_hosts=["a.example"]))) == {"b.example"}


def test_the_longest_due_come_first(world: World) -> None:
    queue(world, {"later.example": 2}, T0 + HOUR)
    queue(world, {"sooner.example": 2}, T0)
    assert hosts_of(world.claim(T0 + HOUR, limit=3)) == ["sooner.example", "sooner.example", "later.example"]


def test_pages_first_seen_before_since_are_left_out(world: World) -> None:
    queue(world, {"old.example": 1}, T0)
    queue(world, {"new.example": 1}, T0 + HOUR)
    assert hosts_of(world.claim(T0 + HOUR, since=T0 + MINUTE)) == ["new.example"]


def test_a_leased_page_is_nobody_elses(world: World, leased: PageLease) -> None:
    assert world.claim() == []
    assert world.store.pages.due_count(T0) == 0
    assert world.store.pages.next_due_at(T0) == T0 + LEASE


def test_a_lapsed_lease_is_claimed_again_with_a_new_token(world: World, leased: PageLease) -> None:
    (again,) = world.claim(T0 + LEASE)
    assert (again.id, again.attempts) == (leased.id, 2)
    assert again.token != leased.token


def test_what_a_killed_process_held_is_due_at_once_when_the_next_begins(world: World, leased: PageLease) -> None:
    world.claim_feed(world.follow("https://other.example/feed"), T0)
    assert world.store.recover(T0, died=True) == 2
    world.store.pages.record_failure(leased, reason="late", retry_at=None, now=T0)
    (again,) = world.claim()
    assert (again.id, again.attempts) == (leased.id, 1)


def test_claiming_reads_an_index_in_order(world: World, database_url: str) -> None:
    engine = connect_engine(database_url)
    wanted = select(pages.c.id).where(is_due(T0), pages.c.host.not_in(["a.example"])).order_by(*LONGEST_DUE).limit(9)
    asked = str(wanted.compile(engine, compile_kwargs={"literal_binds": True}))
    with read(engine) as connection:
        steps = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}")]
    engine.dispose()
    assert steps == ["SEARCH pages USING COVERING INDEX pages_due (due_at<?)"]


def test_a_late_write_changes_nothing(world: World, leased: PageLease) -> None:
    world.claim(T0 + LEASE)
    before = world.rows(pages)
    world.store.pages.record_failure(leased, reason="late", retry_at=None, now=T0 + LEASE)
    world.store.pages.record_redirect(leased, "https://gazette.example/b", T0 + LEASE)
    world.store.pages.record_unchanged(leased, validators=Validators(), now=T0 + LEASE)
    world.store.pages.release(leased)
    assert world.rows(pages) == before


def test_a_result_is_recorded_once(world: World, leased: PageLease) -> None:
    world.store.pages.record_failure(leased, reason="HTTP 503", retry_at=T0 + HOUR, now=T0)
    world.store.pages.record_failure(leased, reason="again", retry_at=None, now=T0)
    assert (page(world).state, page(world).last_error) == (PageState.DUE, "HTTP 503")


def test_a_page_handed_back_is_due_as_before(world: World, leased: PageLease) -> None:
    world.store.pages.release(leased)
    (again,) = world.claim()
    assert again.attempts == 1


def test_a_page_that_never_ends_is_judged_from_the_feed_and_then_quarantined(world: World, leased: PageLease) -> None:
    at, offered = T0, []
    for _ in range(7):
        at += LEASE
        offered += [(lease.attempts, lease.text_only) for lease in world.claim(at)]
    assert offered == [(2, False), (3, False), (4, False), (5, True)]
    assert (page(world).state, page(world).due_at) == (PageState.FAILED, None)
    assert "4 attempts" in page(world).last_error


def test_quarantined_pages_do_not_hide_those_behind_them(world: World) -> None:
    queue(world, {"bad.example": 3})
    for number in range(5):
        world.claim(T0 + number * LEASE)
    queue(world, {"good.example": 1}, T0 + HOUR)
    assert hosts_of(world.claim(T0 + HOUR, limit=1)) == ["good.example"]


def test_a_retry_is_due_when_it_says(world: World, leased: PageLease) -> None:
    world.store.pages.record_failure(leased, reason="HTTP 503", retry_at=T0 + HOUR, now=T0)
    assert world.claim(T0 + HOUR - MINUTE) == []
    assert world.store.pages.next_due_at(T0) == T0 + HOUR
    assert [lease.attempts for lease in world.claim(T0 + HOUR)] == [2]


def test_a_page_given_up_owes_nothing(world: World, leased: PageLease) -> None:
    world.store.pages.record_failure(leased, reason="HTTP 404", retry_at=None, now=T0)
    assert world.claim(T0 + DAY) == []
    assert world.store.pages.next_due_at(T0) is None


def test_a_judged_page_keeps_its_verdict_through_a_failed_recheck(world: World, leased: PageLease) -> None:
    world.judge(leased, "Some words that were read")
    (recheck,) = world.claim(T0 + HOUR)
    world.store.pages.record_failure(recheck, reason="HTTP 404", retry_at=None, now=T0 + HOUR)
    assert (page(world).state, page(world).last_error) == (PageState.DONE, "HTTP 404")
    assert page(world).due_at == T0 + 6 * HOUR


def test_an_unchanged_page_is_asked_again_by_the_schedule_and_then_no_more(world: World, leased: PageLease) -> None:
    world.judge(leased, "Some words that were read")
    asked_at, at = [], T0
    while (due_at := world.store.pages.next_due_at(at)) is not None:
        at = due_at
        (lease,) = world.claim(at)
        asked_at.append(at - T0)
        world.store.pages.record_unchanged(lease, validators=Validators(last_modified="Wed"), now=at)
    assert asked_at == [HOUR, 6 * HOUR, DAY]
    assert (page(world).etag, page(world).last_modified, page(world).rechecks) == ('"p"', "Wed", 3)


def test_not_modified_in_answer_to_a_first_request_is_a_failure(world: World, leased: PageLease) -> None:
    world.store.pages.record_unchanged(leased, validators=Validators(), now=T0)
    assert page(world).state == PageState.FAILED


def test_recheck_all_makes_recent_judged_pages_due(world: World, leased: PageLease) -> None:
    world.judge(leased, "Some words that were read")
    assert world.store.pages.recheck_all(T0 + 2 * DAY) == 0
    assert world.store.pages.recheck_all(T0 + MINUTE) == 1
    assert len(world.claim(T0 + MINUTE)) == 1


def test_a_redirect_to_an_unknown_address_makes_it_the_page(world: World, leased: PageLease) -> None:
    world.store.pages.record_redirect(leased, "https://gazette.example/final", T0)
    (target,) = world.claim()
    assert (target.url, target.hops, target.entry) == ("https://gazette.example/final", 1, entry("a"))
    assert (page(world).state, page(world).redirect_to) == (PageState.REDIRECTED, target.id)


def test_a_redirect_to_a_known_page_joins_it_without_a_fetch(world: World) -> None:
    world.poll(world.follow(), body(entry("a"), entry("b")))
    first, second = world.claim()
    world.judge(second, "Words of the second page")
    world.store.pages.record_redirect(first, second.url, T0)
    assert world.claim() == []
    assert world.rows(entries, "page_id") == [second.id, second.id]


def test_an_entry_of_an_address_that_redirects_joins_the_target_at_once(world: World, leased: PageLease) -> None:
    world.store.pages.record_redirect(leased, "https://gazette.example/final", T0)
    world.poll(world.follow("https://other.example/feed"), body(entry("x", "https://gazette.example/a")))
    (target,) = world.claim()
    assert world.rows(entries, "page_id") == [target.id, target.id]


def test_chains_of_redirects_are_kept_flat(world: World, leased: PageLease) -> None:
    world.store.pages.record_redirect(leased, "https://gazette.example/2", T0)
    (second,) = world.claim()
    world.store.pages.record_redirect(second, "https://gazette.example/3", T0)
    (third,) = world.claim()
    assert world.rows(pages, "redirect_to") == [third.id, third.id, None]


def test_a_redirect_to_https_changes_the_pages_own_address(world: World) -> None:
    world.poll(world.follow(), body(entry("a", "http://gazette.example/a")))
    (lease,) = world.claim()
    world.store.pages.record_redirect(lease, "https://gazette.example/a", T0)
    (again,) = world.claim()
    assert (again.id, again.url, again.hops) == (lease.id, "https://gazette.example/a", 1)


def test_a_page_that_redirects_to_itself_fails(world: World, leased: PageLease) -> None:
    world.store.pages.record_redirect(leased, leased.url, T0)
    assert (page(world).state, page(world).last_error) == (PageState.FAILED, "it redirects to itself")


def test_two_pages_that_redirect_to_each_other_end(world: World) -> None:
    world.poll(world.follow(), body(entry("a"), entry("b")))
    first, second = world.claim()
    world.store.pages.record_redirect(first, second.url, T0)
    world.store.pages.record_redirect(second, first.url, T0)
    assert world.claim() == []
    assert page(world, second.id).state == PageState.FAILED


def test_five_hops_are_the_most(world: World, leased: PageLease) -> None:
    hops = [leased]
    while hops and len(hops) < 20:
        world.store.pages.record_redirect(hops[-1], f"https://gazette.example/hop{len(hops)}", T0)
        claimed = world.claim()
        if not claimed:
            break
        hops += claimed
    assert hops[-1].hops == 5
    assert page(world, hops[-1].id).last_error == "more than 5 redirects"


def test_a_judged_page_that_redirects_later_keeps_its_entries(world: World, leased: PageLease) -> None:
    world.judge(leased, "Some words that were read")
    (recheck,) = world.claim(T0 + HOUR)
    world.store.pages.record_redirect(recheck, "https://gazette.example/", T0 + HOUR)
    assert world.rows(entries, "page_id") == [leased.id]
    assert (len(world.rows(pages)), page(world).state, page(world).due_at) == (1, PageState.DONE, None)


STEPS = st.lists(st.sampled_from(["claim", "lapse", "fail", "retry", "release", "judge", "kill"]), max_size=14)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_one_holder_writes_and_nothing_is_lost(world: World, steps: list[str]) -> None:
    url = f"https://gazette.example/{len(world.rows(pages))}"
    world.poll(world.follow(f"{url}/feed"), body(entry("a", url)))
    now, held, stale = T0, list[PageLease](), list[PageLease]()
    for step in steps:
        now += timedelta(seconds=1)
        if step == "claim":
            got = [lease for lease in world.claim(now) if lease.url == url]
            assert not (got and held)
            held += got
        elif step in ("lapse", "kill"):
            now += LEASE
            stale, held = stale + held, []
        elif held:
            _end(world, held.pop(), step, now)
        for lease in stale:
            if held:
                before = [row for row in world.rows(pages) if row.url == url]
                world.store.pages.record_failure(lease, reason="late", retry_at=None, now=now)
                assert [row for row in world.rows(pages) if row.url == url] == before
    row = next(row for row in world.rows(pages) if row.url == url)
    is_done = row.state in (PageState.DONE, PageState.FAILED)
    assert is_done or row.due_at is not None


def _end(world: World, lease: PageLease, step: str, now: datetime) -> None:
    match step:
        case "fail" | "retry":
            retry_at = now if step == "retry" else None
            world.store.pages.record_failure(lease, reason="x", retry_at=retry_at, now=now)
        case "release":
            world.store.pages.release(lease)
        case _:
            world.judge(lease, f"Words of {lease.url}", now)
