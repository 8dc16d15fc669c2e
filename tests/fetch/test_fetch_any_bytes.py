"""Whatever bytes a server sends, asking ends in an answer or a FetchError, in time, with no connection left behind."""

from __future__ import annotations

import asyncio
import gzip
import time
from contextlib import suppress
from dataclasses import dataclass, field

from fetch_web import Memory, Request, Web, answer, head
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from crawler.errors import FetchError
from crawler.fetch import Fetched, Fetcher
from crawler.model import Validators
from crawler.settings import FetchSettings

DEADLINE_S = 0.25
KNOWN = Validators(etag='"x"', last_modified="Mon, 02 Mar 2026 10:00:00 GMT")
PACKED = gzip.compress(b"the ferry sails at dawn. " * 400)


@dataclass(frozen=True)
class Sent:
    """What the server sends, and whether it then waits for ever instead of hanging up."""

    raw: bytes
    hangs: bool = False


first_lines = st.one_of(
    st.builds(
        lambda version, status, words: f"HTTP/{version} {status} {words}".encode("latin-1", "replace"),
        st.sampled_from(["1.1", "1.0", "2", "0.9", "1.1.1", ""]),
        st.one_of(st.sampled_from([200, 203, 204, 226, 301, 304, 404, 429, 503]), st.integers(-1, 10_000)), st.text(max_size=20),
    ),
    st.binary(max_size=60),
)
fields = st.one_of(
    st.sampled_from(
        [
            b"Content-Length: 20", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999",
            b"Content-Length: 5, 5", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: x",
            b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: zstd", b"Content-Encoding: gzip, gzip",
            b"Content-Type: text/html; charset=zip", b"Content-Type: text/html; charset=\xff", b"Content-Type: image/png",
            b"Location: /x", b"Location: http://[::1", b"Location: http://xn--/", b"Location: //\xe9\xff/", b"Location: \\\\a\\b",
            b"Location: http://user:pw@127.0.0.1:1/", b"Location: http://a.example\x00/", b"Retry-After: -5", b"Retry-After: 1e9",
            b"ETag: \"\xe9\"", b"Last-Modified: soon", b"Cache-Control: max-age=99999999999999999999", b"Expires: 0",
            b"Date: Thu, 99 Foo 2026 99:99:99 GMT", b"Connection: close", b"Connection: upgrade", b"Upgrade: websocket",
            b" folded", b": no name", b"no colon", b"Set-Cookie: a=b",
        ]
    ),
    st.builds(lambda name, value: name + b": " + value, st.binary(min_size=1, max_size=12), st.binary(max_size=40)),
)  # fmt: skip
bodies = st.one_of(
    st.binary(max_size=200), st.just(PACKED), st.just(PACKED[:-9]), st.just(b"5\r\nhello\r\n0\r\n\r\n"), st.just(b"zz\r\nx"),
    st.just(b"5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n"), st.just(b"ffffffffffffffff\r\n"), st.just(b""),
)
whole = st.builds(
    lambda early, first, lines, body: early + b"\r\n".join([first, *lines, b"", b""]) + body,
    st.sampled_from([b"", b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]),
    first_lines, st.lists(fields, max_size=5), bodies,
)  # fmt: skip
sent = st.builds(Sent, st.one_of(whole, whole, st.binary(max_size=300)), st.sampled_from([False] * 9 + [True]))


@dataclass
class Anything(Web):
    """A web that sends what it is told, whatever is asked; `/fine` is fine."""

    to_send: list[Sent] = field(default_factory=list)
    open: int = 0
    at_rest: asyncio.Event = field(default_factory=asyncio.Event)  # no connection is open

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.at_rest.clear()
        try:
            await super().handle(reader, writer)
        finally:
            self.open -= 1
            if not self.open:
                self.at_rest.set()

    async def _act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.target == "/fine":
            writer.write(answer(200, b"fine"))
            return
        what = self.to_send[int(request.target[1:]) % len(self.to_send)]
        writer.write(what.raw)
        if what.hangs:
            await asyncio.sleep(DEADLINE_S * 2)
        writer.close()


async def ask_all(web: Anything) -> None:
    memory = Memory()
    chosen = FetchSettings(delay_s=0, timeout_s=DEADLINE_S, allow_private=True, max_bytes=100_000)
    async with Fetcher(
        chosen, contact="", robots_cache=memory, host_memory=memory, observe=lambda event: None, environ={}, pauses_s=()
    ) as fetcher:
        for number in range(len(web.to_send)):
            for get in (fetcher.get_page, fetcher.get_feed):
                memory.holds.clear()
                began = time.monotonic()
                with suppress(FetchError):
                    await get(web.url(f"/{number}"), validators=KNOWN)
                assert time.monotonic() - began < 6 * (DEADLINE_S + 1), web.to_send[number]  # a redirect to itself is six
        fine = await fetcher.get_page(web.url("/fine"), validators=Validators())
        assert isinstance(fine, Fetched)


async def serve_and_ask(to_send: list[Sent]) -> None:
    web = Anything(to_send=to_send)
    server = await asyncio.start_server(web.handle, "127.0.0.1", 0, limit=1 << 20)
    web.port = server.sockets[0].getsockname()[1]
    try:
        await ask_all(web)
        await asyncio.wait_for(web.at_rest.wait(), 5)
    finally:
        server.close()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(sent, min_size=10, max_size=16))
@example([Sent(head(status, Content_Type="text/html") + b"unasked for") for status in (204, 304, 100, 101, 199, 600, 999)])
@example([Sent(head(302, Location=f"/{'x' * 8000}")), Sent(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n")])
@example([Sent(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi"), Sent(b"HTTP/1.1 200 OK\r\n\r\n", hangs=True)])
@example([Sent(b"", hangs=True)])
def test_any_bytes_end_in_an_answer_or_a_fetch_error(to_send: list[Sent]) -> None:
    asyncio.run(serve_and_ask(to_send))
