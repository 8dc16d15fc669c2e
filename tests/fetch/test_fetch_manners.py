"""Turns: so many at once, so far apart, and none while a host is held."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cpu_time import untraced
from fetch_web import Memory

from crawler.errors import BadResponse
from crawler.fetch import Hold
from crawler.fetch.manners import Manners, host_in
from crawler.settings import FetchSettings
from crawler.urls import Sites

A, WWW_A, B = "http://a.example/1", "http://www.a.example/2", "http://b.example/"


def manners(memory: Memory, *, delay_s: float = 0.0, per_host: int = 1, addresses: dict[str, str] | None = None) -> Manners:
    async def locate(url: str) -> str | None:
        await asyncio.sleep(0)
        return (addresses or {}).get(host_in(url))

    return Manners(FetchSettings(delay_s=delay_s, per_host=per_host), Sites().of, memory, locate)


async def start(of: Manners, url: str, address: str | None = None) -> float:
    async with of.turn(url) as turn:
        turn.connected_to(address)
        return time.monotonic()


async def test_starts_at_one_site_lie_apart(memory: Memory) -> None:
    polite = manners(memory, delay_s=0.2, per_host=4)
    starts = sorted(await asyncio.gather(*(start(polite, url) for url in (A, WWW_A, A, WWW_A))))
    assert all(later - earlier > 0.1 for earlier, later in pairwise(starts))  # a busy machine wakes the earlier one late


async def test_other_sites_do_not_wait(memory: Memory) -> None:
    polite = manners(memory, delay_s=30)
    await asyncio.gather(start(polite, A), start(polite, B))
    assert 29 < polite.free_in_s(WWW_A) <= 30
    assert polite.free_in_s("http://c.example/") == 0.0


async def test_hosts_at_one_address_lie_apart_once_it_is_known(memory: Memory) -> None:
    polite = manners(memory, delay_s=0.1)
    await asyncio.gather(start(polite, A, "192.0.2.7"), start(polite, B, "192.0.2.7"))
    await start(polite, A, "192.0.2.7")
    assert polite.free_in_s(B) > 0.05


async def test_new_hosts_at_one_address_do_not_start_together(memory: Memory) -> None:
    urls = [f"http://blog{number}.example/" for number in range(3)]
    polite = manners(memory, delay_s=0.2, addresses={host_in(url): "192.0.2.7" for url in urls})
    starts = sorted(await asyncio.gather(*(start(polite, url) for url in urls)))
    assert all(later - earlier > 0.1 for earlier, later in pairwise(starts))


async def test_crawl_delay_of_one_host_does_not_hold_up_its_neighbours(memory: Memory) -> None:
    polite = manners(memory, delay_s=1, addresses={"a.example": "192.0.2.7", "b.example": "192.0.2.7"})
    polite.slow_down(A, 60)
    await start(polite, A)
    assert 59 < polite.free_in_s(WWW_A) <= 60
    began = time.monotonic()
    await start(polite, B)
    assert 0.9 < time.monotonic() - began < 5


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "fe80::1%eth0", None])
async def test_a_look_up_is_not_repeated_nor_loopback_spaced(memory: Memory, address: str | None) -> None:
    asked = 0

    async def locate(url: str) -> str | None:
        nonlocal asked
        asked += 1
        return address

    polite = Manners(FetchSettings(delay_s=0.001), Sites().of, memory, locate)
    await start(polite, A)
    assert polite.free_in_s(B) == 0.0
    undelayed = Manners(FetchSettings(delay_s=0), Sites().of, memory, locate)
    await start(undelayed, A)
    assert asked == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", None])
async def test_loopback_and_proxies_are_not_spaced_by_address(memory: Memory, address: str | None) -> None:
    polite = manners(memory, delay_s=30)
    await start(polite, A, address)
    await start(polite, B, address)


async def test_crawl_delay_raises_the_spacing_to_two_minutes_at_most(memory: Memory) -> None:
    polite = manners(memory, delay_s=2)
    for said, expected in [(10.0, 10.0), (86_400.0, 120.0), (1.0, 2.0), (None, 2.0)]:
        url = f"http://said-{said:.0f}.example/" if said else "http://silent.example/"
        polite.slow_down(url, said)
        await start(polite, url)
        assert expected - 1 < polite.free_in_s(url) <= expected


async def test_a_host_gets_so_many_at_once(memory: Memory) -> None:
    polite = manners(memory, per_host=2)
    running, most = 0, 0

    async def work() -> None:
        nonlocal running, most
        async with polite.turn(A):
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    tasks = [asyncio.create_task(work()) for _ in range(50)]
    await asyncio.sleep(0)
    assert polite.free_in_s(A) > 0
    await asyncio.gather(*tasks)
    assert (most, polite.free_in_s(A)) == (2, 0.0)


async def test_short_hold_is_waited_for_and_a_long_one_raised(memory: Memory) -> None:
    polite = manners(memory)
    await polite.hold(A, 0.2, 429)
    held_at = time.monotonic()
    assert await start(polite, A) - held_at >= 0.19
    await polite.hold(A, 3600, 503)
    with pytest.raises(BadResponse) as caught:
        await start(polite, A)
    assert (caught.value.status, caught.value.transient) == (503, True)
    await start(polite, WWW_A)


async def test_hold_is_remembered_over_a_restart(memory: Memory) -> None:
    memory.holds["a.example"] = Hold(until_at=datetime.now(UTC) + timedelta(hours=1), status=429)
    memory.holds["b.example"] = Hold(until_at=datetime.now(UTC) - timedelta(hours=1), status=503)
    polite = manners(memory)
    with pytest.raises(BadResponse) as caught:
        await start(polite, A)
    assert caught.value.status == 429
    await start(polite, B)
    assert polite.free_in_s(A) > 3500


async def test_cancelled_waits_give_their_place_back(memory: Memory) -> None:
    polite = manners(memory, delay_s=30)
    await start(polite, A)
    waiting = [asyncio.create_task(start(polite, A)) for _ in range(20)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    host = polite._hosts["a.example"]
    assert (host.in_hand, host.slots._value) == (0, 1)


async def test_bookkeeping_costs_little(memory: Memory) -> None:
    polite = manners(memory, per_host=2)
    urls = [f"http://s{n % 500}.example/{n}" for n in range(5000)]
    for url in urls:
        await start(polite, url)
    began = time.process_time()
    with untraced():
        for url in urls:
            polite.free_in_s(url)
            await start(polite, url)
    assert time.process_time() - began < 1.0
