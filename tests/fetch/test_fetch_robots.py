"""robots.txt is asked for once a day, obeyed, and never trusted to be well made."""

from __future__ import annotations

import asyncio
import gzip
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cpu_time import within_cpu_s
from fetch_web import Memory, Open, Web, answer, head, says
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from crawler.errors import BadResponse, FetchError, ForbiddenAddress, Unreachable
from crawler.fetch import CachedRobots, Fetcher
from crawler.fetch.robots import KEPT_FOR, Robots, read_robots
from crawler.model import Validators

RULES = b"User-agent: *\nDisallow: /closed/\n\nUser-agent: feed-crawler\nDisallow: /ours/\nCrawl-delay: 7\n"


async def test_our_group_is_obeyed_and_robots_asked_for_once(web: Web, fetcher: Fetcher, memory: Memory) -> None:
    web.parts["/robots.txt"] = says(answer(200, gzip.compress(RULES), Content_Encoding="gzip"))
    paths = ["/ours/1", "/closed/1", "/", "/ours/2"] * 5
    allowed = await asyncio.gather(*(fetcher.is_allowed(web.url(path)) for path in paths))
    assert allowed == [False, True, True, False] * 5
    assert len(web.requests) == 1
    assert memory.robots[f"http://127.0.0.1:{web.port}"].body == RULES


async def test_cached_robots_are_not_asked_for_again_within_a_day(web: Web, open_fetcher: Open, memory: Memory) -> None:
    origin = f"http://127.0.0.1:{web.port}"
    now = datetime.now(UTC)
    memory.robots[origin] = CachedRobots(status=200, body=RULES, fetched_at=now - KEPT_FOR + timedelta(minutes=1))
    assert not await (await open_fetcher()).is_allowed(web.url("/ours/1"))
    assert not web.requests
    memory.robots[origin] = CachedRobots(status=200, body=RULES, fetched_at=now - KEPT_FOR)
    assert await (await open_fetcher()).is_allowed(web.url("/ours/1"))
    assert len(web.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
async def test_4xx_allows_all(web: Web, fetcher: Fetcher, status: int) -> None:
    web.parts["/robots.txt"] = says(answer(status, RULES))
    assert await fetcher.is_allowed(web.url("/ours/1"))


async def test_5xx_lets_nothing_be_asked_for(web: Web, fetcher: Fetcher, memory: Memory) -> None:
    web.parts["/robots.txt"] = says(answer(503))
    for _ in range(3):
        with pytest.raises(BadResponse) as caught:
            await fetcher.is_allowed(web.url("/"))
        assert (caught.value.status, caught.value.transient) == (503, True)
    assert len(web.requests) == 3  # one request and its two retries, then it is remembered
    assert memory.robots[f"http://127.0.0.1:{web.port}"].failing_since_at is not None


async def test_429_lets_nothing_be_asked_for(web: Web, fetcher: Fetcher) -> None:
    web.parts["/robots.txt"] = says(answer(429))
    for _ in range(2):
        with pytest.raises(BadResponse) as caught:
            await fetcher.is_allowed(web.url("/"))
        assert (caught.value.status, caught.value.transient) == (429, True)


async def test_silence_lets_nothing_be_asked_for(fetcher: Fetcher) -> None:
    with pytest.raises(Unreachable) as caught:
        await fetcher.is_allowed("http://127.0.0.1:1/")
    assert caught.value.transient


async def test_after_thirty_days_of_failing_all_is_allowed(web: Web, fetcher: Fetcher, memory: Memory) -> None:
    web.parts["/robots.txt"] = says(answer(500))
    since_at = datetime.now(UTC) - timedelta(days=31)
    memory.robots[f"http://127.0.0.1:{web.port}"] = CachedRobots(
        status=500, body=b"", fetched_at=since_at + timedelta(days=30), failing_since_at=since_at
    )
    assert await fetcher.is_allowed(web.url("/"))
    assert memory.robots[f"http://127.0.0.1:{web.port}"].failing_since_at == since_at


async def test_redirects_are_followed_to_other_hosts(web: Web, fetcher: Fetcher) -> None:
    web.parts["/robots.txt"] = says(answer(301, Location=f"http://localhost:{web.port}/robots2"))
    web.parts["/robots2"] = says(answer(200, RULES))
    assert not await fetcher.is_allowed(web.url("/ours/1"))


@pytest.mark.parametrize("location", ["/robots.txt", "file:///etc/passwd", "http://[::1"])
async def test_redirects_that_lead_nowhere_allow_all(web: Web, fetcher: Fetcher, location: str) -> None:
    web.parts["/robots.txt"] = says(answer(302, Location=location))
    assert await fetcher.is_allowed(web.url("/"))
    assert len(web.requests) <= 6


async def test_crawl_delay_spaces_the_host(web: Web, fetcher: Fetcher) -> None:
    web.parts["/robots.txt"] = says(answer(200, RULES))
    await fetcher.is_allowed(web.url("/"))
    with suppress(BadResponse):
        await fetcher.get_page(web.url("/none"), validators=Validators())
    assert 6 < fetcher.free_in_s(web.url("/")) <= 7


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_crawl_delay_of_a_robots_txt_that_is_kept_spaces_feeds_too(
    web: Web, fetcher: Fetcher, memory: Memory, scheme: str
) -> None:
    """As after a restart: nobody has asked yet whether a page there may be read."""
    kept = CachedRobots(status=200, body=RULES, fetched_at=datetime.now(UTC) - timedelta(days=9))
    memory.robots[f"{scheme}://127.0.0.1:{web.port}"] = kept
    web.parts["/feed"] = says(answer(200, b"<rss/>"))
    await fetcher.get_feed(web.url("/feed"), validators=Validators())
    assert 6 < fetcher.free_in_s(web.url("/")) <= 7
    assert [request.target for request in web.requests] == ["/feed"]


async def test_a_long_robots_txt_is_gone_by_outside_the_loop(
    web: Web, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page costs tens of milliseconds there, which all other hosts' answers would wait for."""
    rules = "".join(f"Disallow: /*/shelf{number}/\n" for number in range(8000))
    web.parts["/robots.txt"] = says(answer(200, f"User-agent: *\n{rules}".encode()))
    matched, can_fetch = list[int](), Protego.can_fetch

    def noted(self: Protego, url: str, token: str) -> bool:
        matched.append(threading.get_ident())
        return bool(can_fetch(self, url, token))

    monkeypatch.setattr(Protego, "can_fetch", noted)
    paths = [f"/x/shelf{number}/book" for number in (7999, 8000) for _ in range(3)]
    assert [await fetcher.is_allowed(web.url(path)) for path in paths] == [False] * 3 + [True] * 3
    assert len(matched) == 2
    assert threading.get_ident() not in matched


async def test_endless_robots_is_cut(web: Web, fetcher: Fetcher) -> None:
    async def endless(request: object, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, Transfer_Encoding="chunked"))
        block = RULES + b"# filler\n" * 5000
        while not writer.is_closing():
            writer.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
            await writer.drain()

    web.parts["/robots.txt"] = endless
    assert not await fetcher.is_allowed(web.url("/ours/1"))


async def test_private_address_is_forbidden_not_failing(open_fetcher: Open) -> None:
    guarded = await open_fetcher(allow_private=False)
    with pytest.raises(ForbiddenAddress):
        await guarded.is_allowed("http://127.0.0.1/")


async def test_one_asker_given_up_does_not_take_the_answer_from_others(web: Web, fetcher: Fetcher) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def late(request: object, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        writer.write(answer(200, RULES))

    web.parts["/robots.txt"] = late
    first = asyncio.create_task(fetcher.is_allowed(web.url("/ours/1")))
    second = asyncio.create_task(fetcher.is_allowed(web.url("/ours/1")))
    await asked.wait()
    first.cancel()
    go_on.set()
    assert await second is False
    assert len(web.requests) == 1


async def test_failing_robots_is_asked_again_after_a_while(memory: Memory) -> None:
    now = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    asked = 0

    async def ask(url: str) -> object:
        nonlocal asked
        asked += 1
        raise Unreachable("nobody there", url=url)

    robots = Robots(memory, ask, now=lambda: now)  # type: ignore[arg-type]
    for later, expected in [(0, 1), (5, 1), (11, 2), (-60, 3)]:
        now = datetime(2026, 3, 2, 10, 0, tzinfo=UTC) + timedelta(minutes=later)
        with pytest.raises(FetchError):
            await robots.rules_for("http://a.example/")
        assert asked == expected


@pytest.mark.parametrize(
    ("group", "is_ours"),
    [
        ("feed-crawler", True), ("Feed-Crawler", True), ("feed-crawler/2.1", True), ("feed-crawler for news", True), ("*", True),
        ("* # everybody", True), ("*feed-crawler*", True), ("feed", False), ("crawler", False), ("feed-crawler-two", False),
        ("otherbot feed-crawler", False), ("f", False), ("*bot", False), ("", False),
    ],
)  # fmt: skip
def test_a_group_is_ours_by_our_whole_token(group: str, is_ours: bool) -> None:
    assert read_robots(f"User-agent: {group}\nDisallow: /x".encode()).allow("http://a.example/x") is not is_ours


def test_a_name_that_begins_ours_takes_nothing_from_the_group_for_all() -> None:
    rules = read_robots(b"User-agent: feed\nAllow: /\n\nUser-agent: *\nDisallow: /\n")
    assert not rules.allow("http://a.example/x")


@pytest.mark.parametrize("line", ["Sitemap: http://a.example/map", "Noindex: /", "Invalid-Line: x", "garbage", "# comment", ""])
def test_a_line_of_another_kind_ends_no_group(line: str) -> None:
    rules = read_robots(f"User-agent: feed-crawler\n{line}\nUser-agent: otherbot\n{line}\nDisallow: /x\n".encode())
    assert not rules.allow("http://a.example/x")


@pytest.mark.parametrize("line", ["Disallow: /x", "disallow:/x", "Disallow /x", "Dissalow: /x", "DISALLOW : /x", "Disallow: *x$"])
def test_rules_are_heard_in_many_spellings(line: str) -> None:
    assert not read_robots(f"User agent: feed-crawler\n{line}".encode()).allow("http://a.example/x")


@pytest.mark.parametrize(
    "body", [b"", b"\xef\xbb\xbf", b"<!DOCTYPE html><html>User-agent: *\nDisallow: /</html>", b"\xff\xfe\x00", b"Disallow: /"]
)
def test_what_is_no_robots_txt_allows_all(body: bytes) -> None:
    assert read_robots(body).allow("http://a.example/ours/1")


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b"\xff\xfe bad line\n", b"\r\n\r\n", b"# comment\r"])
def test_rules_survive_byte_order_marks_and_bad_utf8(prefix: bytes) -> None:
    rules = read_robots(prefix + RULES)
    assert not rules.allow("http://a.example/ours/1")
    assert rules.crawl_delay_s == 7.0


@pytest.mark.parametrize("value", [b"soon", b"-3", b"inf", b"nan", b"0", b""])
def test_unusable_crawl_delay_is_none(value: bytes) -> None:
    assert read_robots(b"User-agent: *\nCrawl-delay: " + value + b"\nDisallow: /x").crawl_delay_s is None


@given(st.binary(max_size=400))
def test_any_bytes_are_read(body: bytes) -> None:
    read_robots(RULES + body).allow("http://a.example/ours/1?x=%zz")


def test_the_sitemaps_that_a_robots_txt_names_are_known_whichever_group_they_stand_in() -> None:
    body = b"Sitemap: https://a.example/one.xml\nUser-agent: other\nDisallow: /\n SITEMAP :/two.xml # news\nSitemap:\n"
    assert read_robots(body).sitemaps == ("https://a.example/one.xml", "/two.xml")
    assert len(read_robots(b"Sitemap: /a.xml\n" * 10_000).sitemaps) == 50


@pytest.mark.parametrize("filling", [b"\n", b" \n", b" "])
def test_no_filling_makes_a_robots_txt_slow_to_read(filling: bytes) -> None:
    body = b"User-agent: *\nDisallow: /x\n" + filling * 60_000 + b"\nSitemap: /a.xml\n"
    assert within_cpu_s(1, lambda: read_robots(body)).sitemaps == ("/a.xml",)
