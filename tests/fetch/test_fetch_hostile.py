"""Servers that misbehave cost one item and a bounded time, and never a connection."""

from __future__ import annotations

import asyncio
import gzip
import random
from collections.abc import Awaitable, Callable

import brotli
import pytest
from fetch_web import Open, Request, Web, answer, head, says

from crawler.errors import BadResponse, FetchError, ForbiddenAddress, TooLarge, Unreachable
from crawler.fetch import Fetched, Fetcher, transport
from crawler.model import Validators

NONE = Validators()
Part = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


async def get_body(fetcher: Fetcher, url: str) -> bytes:
    fetched = await fetcher.get_page(url, validators=NONE)
    assert isinstance(fetched, Fetched)
    return fetched.body


async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(head(200, Transfer_Encoding="chunked"))
    while not writer.is_closing():
        writer.write(b"ea60\r\n" + b"x" * 60_000 + b"\r\n")
        await writer.drain()


async def drip(request: Request, writer: asyncio.StreamWriter, first: bytes) -> None:
    writer.write(first)
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def slow_headers(request: Request, writer: asyncio.StreamWriter) -> None:
    await drip(request, writer, b"HTTP/1.1 200 OK\r\nX-Slow: ")


async def slow_body(request: Request, writer: asyncio.StreamWriter) -> None:
    await drip(request, writer, head(200, length=100_000))


async def early_hints(request: Request, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(head(200, length=100_000) + b"half")
    await writer.drain()
    writer.transport.abort()


async def hang_up(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.mark.parametrize("coding", ["gzip", "br"])
async def test_bomb_is_too_large(web: Web, fetcher: Fetcher, coding: str) -> None:
    bomb = bytes(60_000_000)
    packed = gzip.compress(bomb, 1) if coding == "gzip" else brotli.compress(bomb, quality=3)
    web.parts["/bomb"] = says(answer(200, packed, Content_Encoding=coding))
    with pytest.raises(TooLarge):
        await get_body(fetcher, web.url("/bomb"))


async def test_endless_body_is_left_at_the_limit(web: Web, open_fetcher: Open) -> None:
    web.parts["/endless"] = endless
    fetcher = await open_fetcher(max_bytes=1_000_000)
    with pytest.raises(TooLarge, match="1,000,000"):
        await get_body(fetcher, web.url("/endless"))


async def test_announced_length_over_the_limit_is_not_read(web: Web, open_fetcher: Open) -> None:
    web.parts["/large"] = says(head(200, length=2_000_000))
    fetcher = await open_fetcher(max_bytes=1_000_000)
    with pytest.raises(TooLarge):
        await get_body(fetcher, web.url("/large"))


@pytest.mark.parametrize("part", [slow_headers, slow_body, early_hints])
async def test_one_deadline_covers_head_and_body_and_is_not_tried_again(web: Web, open_fetcher: Open, part: Part) -> None:
    web.parts["/slow"] = part
    fetcher = await open_fetcher(timeout_s=0.3)
    with pytest.raises(Unreachable, match="timeout_s"):
        await get_body(fetcher, web.url("/slow"))
    assert len(web.requests) == 1


@pytest.mark.parametrize("part", [reset, hang_up])
async def test_broken_connection_is_asked_again_twice(web: Web, fetcher: Fetcher, part: Part) -> None:
    web.parts["/reset"] = part
    with pytest.raises(Unreachable, match="broke"):
        await get_body(fetcher, web.url("/reset"))
    assert len(web.requests) == 3


async def test_reset_then_ok_is_ok(web: Web, fetcher: Fetcher) -> None:
    async def once(request: Request, writer: asyncio.StreamWriter) -> None:
        await (reset if request.number == 1 else says(answer(200, b"fine")))(request, writer)

    web.parts["/p"] = once
    assert await get_body(fetcher, web.url("/p")) == b"fine"


@pytest.mark.parametrize("raw", [b"not gzip" * 500, gzip.compress(bytes(1000))[:-5], gzip.compress(b"x")[:-1]])
async def test_bad_or_truncated_gzip_is_no_body(web: Web, fetcher: Fetcher, raw: bytes) -> None:
    web.parts["/p"] = says(answer(200, raw, Content_Encoding="gzip"))
    with pytest.raises(BadResponse, match="broken"):
        await get_body(fetcher, web.url("/p"))
    assert len(web.requests) == 1


HEADER_BOMBS = [
    b"X-A: " + b"a" * 100_000 + b"\r\n",
    b"".join(b"X-%d: %s\r\n" % (n, b"a" * 900) for n in range(2000)),
    b"".join(b"X-%d: %s\r\n" % (n, b"a" * 60_000) for n in range(40)),  # few enough, each short enough, 2.4 MB in all
]


@pytest.mark.parametrize("fields", HEADER_BOMBS)
async def test_header_bomb_is_too_large(web: Web, fetcher: Fetcher, fields: bytes) -> None:
    web.parts["/p"] = says(b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: 0\r\n\r\n")
    with pytest.raises(TooLarge, match="header"):
        await get_body(fetcher, web.url("/p"))


async def test_many_early_answers_are_one_header_bomb(web: Web, fetcher: Fetcher) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: " + b"</a>, " * 2000 + b"\r\n\r\n"
    web.parts["/p"] = says(early * 60 + answer(200, b"fine"))
    with pytest.raises(TooLarge, match="header"):
        await get_body(fetcher, web.url("/p"))


async def test_a_long_body_behind_a_short_head_is_no_header_bomb(web: Web, fetcher: Fetcher) -> None:
    web.parts["/p"] = says(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(200, bytes(3_000_000)))
    for _ in range(2):  # over one connection
        assert len(await get_body(fetcher, web.url("/p"))) == 3_000_000


async def test_long_but_real_headers_are_read(web: Web, fetcher: Fetcher) -> None:
    policy = "script-src " + "https://a.example " * 2000
    many = {f"X_{n}": "x" for n in range(300)}
    web.parts["/p"] = says(answer(200, b"fine", Content_Security_Policy=policy, **many))
    assert await get_body(fetcher, web.url("/p")) == b"fine"


NO_HTTP = [
    b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", b"\0\1\2\3\r\n\r\n", b"HTTP/9.9 hello\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
]  # fmt: skip


@pytest.mark.parametrize("banner", NO_HTTP)
async def test_what_speaks_no_http_is_an_error_at_once(web: Web, fetcher: Fetcher, banner: bytes) -> None:
    web.parts["/p"] = says(banner)
    with pytest.raises(BadResponse):
        await get_body(fetcher, web.url("/p"))
    assert len(web.requests) == 1


async def test_broken_chunks_are_a_fetch_error(web: Web, fetcher: Fetcher) -> None:
    web.parts["/p"] = says(head(200, Transfer_Encoding="chunked") + b"zz\r\nhello\r\n")
    with pytest.raises(FetchError):
        await get_body(fetcher, web.url("/p"))


async def test_nobody_there_is_unreachable_and_not_tried_again(web: Web, fetcher: Fetcher, events: list[object]) -> None:
    with pytest.raises(Unreachable):
        await get_body(fetcher, "http://127.0.0.1:1/")
    assert not events


async def test_name_that_resolves_to_a_private_address_is_refused(open_fetcher: Open) -> None:
    guarded = await open_fetcher(allow_private=False)
    with pytest.raises(ForbiddenAddress, match="private"):
        await get_body(guarded, "http://ip6-localhost./")
    for host in ("2130706433", "127.1", "[::ffff:127.0.0.1]", "0x7f000001"):
        with pytest.raises(ForbiddenAddress):
            await get_body(guarded, f"http://{host}/")
        with pytest.raises(ForbiddenAddress):
            await guarded.is_allowed(f"http://{host}/")


async def test_large_errors_are_not_read_and_small_ones_keep_the_connection(web: Web, fetcher: Fetcher) -> None:
    web.parts |= {"/small": says(answer(404, b"x" * 1000)), "/large": says(head(404, length=10**9))}
    for path in ("/small", "/small", "/large"):
        with pytest.raises(BadResponse):
            await get_body(fetcher, web.url(path))


async def test_cancelled_requests_leave_no_connection_behind(
    web: Web, open_fetcher: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MAX_CONNECTIONS", 10)  # a pool that leaks would soon be empty
    fetcher = await open_fetcher(per_host=16)
    chance = random.Random(7)

    async def sometimes_late(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, length=4) + b"fi")
        await asyncio.sleep(chance.random() * 0.03)
        writer.write(b"ne")

    web.parts |= {"/late": sometimes_late, "/fine": says(answer(200, b"fine"))}

    async def give_up() -> None:
        try:
            async with asyncio.timeout(chance.random() * 0.05):
                await get_body(fetcher, web.url("/late"))
        except TimeoutError:
            pass

    for _ in range(12):
        await asyncio.gather(*(give_up() for _ in range(100)))
    bodies = await asyncio.gather(*(get_body(fetcher, web.url("/fine")) for _ in range(20)))
    assert bodies == [b"fine"] * 20
    assert fetcher.free_in_s(web.url("/fine")) == 0.0
