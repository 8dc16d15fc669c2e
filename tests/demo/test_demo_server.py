"""The local proxy answers as a polite server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from crawler.demo.server import LocalProxy, Resource

URL = "http://harbour.example/a?b=c"
RESOURCE = Resource(body="Smörgås".encode(), content_type="text/plain", modified_at=datetime(2026, 3, 30, 12, 0, tzinfo=UTC))


@pytest.fixture
async def proxy() -> AsyncIterator[LocalProxy]:
    async with LocalProxy({URL: RESOURCE}.get) as proxy:
        yield proxy


async def ask(proxy: LocalProxy, *requests: str) -> list[tuple[str, dict[str, str], bytes]]:
    """Send requests one after the other on one connection: first lines, headers and bodies of the answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.address.rpartition(":")[2]))
    answers = []
    for request in requests:
        writer.write(request.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = 0 if request.startswith("HEAD") else int(headers.get("content-length", 0))
        answers.append((first, headers, await reader.readexactly(length)))
    writer.close()
    await writer.wait_closed()
    return answers


async def test_address_in_absolute_form_gives_its_resource_with_validators(proxy: LocalProxy) -> None:
    [(first, headers, body)] = await ask(proxy, f"GET {URL} HTTP/1.1")
    assert first == "HTTP/1.1 200 OK"
    assert body == RESOURCE.body
    assert headers["content-type"] == "text/plain"
    assert headers["etag"] == RESOURCE.etag
    assert headers["last-modified"] == "mon, 30 mar 2026 12:00:00 gmt"


async def test_validators_given_back_are_answered_304_without_a_body(proxy: LocalProxy) -> None:
    by_etag = f"GET {URL} HTTP/1.1\nIf-None-Match: {RESOURCE.etag}"
    by_time = f"GET {URL} HTTP/1.1\nIf-Modified-Since: {RESOURCE.last_modified}"
    answers = await ask(proxy, by_etag, by_time)
    assert [(first, body) for first, _, body in answers] == [("HTTP/1.1 304 Not Modified", b"")] * 2
    assert all(headers["etag"] == RESOURCE.etag for _, headers, _ in answers)


async def test_etag_counts_before_the_time(proxy: LocalProxy) -> None:
    both = f'GET {URL} HTTP/1.1\nIf-None-Match: "other"\nIf-Modified-Since: {RESOURCE.last_modified}'
    [(first, _, _)] = await ask(proxy, both)
    assert first == "HTTP/1.1 200 OK"


async def test_one_connection_carries_many_requests_and_all_are_noted(proxy: LocalProxy) -> None:
    requests = [f"GET {URL} HTTP/1.1", "GET http://harbour.example/none HTTP/1.1", f"HEAD {URL} HTTP/1.1"]
    answers = await ask(proxy, *requests)
    assert [first.split()[1] for first, _, _ in answers] == ["200", "404", "200"]
    assert [(asked.method, asked.status) for asked in proxy.asked] == [("GET", 200), ("GET", 404), ("HEAD", 200)]
    assert not any(asked.is_conditional for asked in proxy.asked)


async def test_tunnels_and_other_methods_are_refused(proxy: LocalProxy) -> None:
    for request in ("CONNECT harbour.example:443 HTTP/1.1", f"POST {URL} HTTP/1.1"):
        [(first, _, _)] = await ask(proxy, request)
        assert first == "HTTP/1.1 501 Not Implemented"


async def test_noise_closes_its_connection_and_no_other(proxy: LocalProxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.address.rpartition(":")[2]))
    writer.write(b"x" * 200_000)
    writer.write_eof()
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await reader.readuntil(b"\r\n\r\n")
    writer.close()
    [(first, _, _)] = await ask(proxy, f"GET {URL} HTTP/1.1")
    assert first == "HTTP/1.1 200 OK"


async def test_proxy_listens_on_loopback_and_names_itself_in_the_environment(proxy: LocalProxy) -> None:
    assert proxy.address.startswith("http://127.0.0.1:")
    assert proxy.environ == {"HTTP_PROXY": proxy.address, "HTTPS_PROXY": proxy.address}
