"""A small web on a real socket: hosts of any name, reached through it as a forward proxy.

    async with LocalWeb() as web:
        web.serve("http://paper.example/1", "<html>…", etag='"1"')
        web.redirect("http://paper.example/old", "http://paper.example/1")
        …  environ={"HTTP_PROXY": web.proxy}

What is not served is 404, robots.txt too. `asked` lists the requests in order of arrival.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

PHRASES = {200: "OK", 301: "Moved Permanently", 302: "Found", 304: "Not Modified", 404: "Not Found"}


@dataclass(frozen=True)
class Asked:
    """One request; header names in lower case."""

    url: str
    headers: Mapping[str, str]

    @property
    def is_conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers


@dataclass
class Resource:
    """What an address answers; `failures` are statuses told first, each once (0: the connection is reset)."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    gate: asyncio.Event | None = None  # nothing is answered before it is set


class LocalWeb:
    """An async context manager."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._resources: dict[str, Resource] = {}
        self._arrived = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a program that is to see this web."""
        return dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), self.proxy) | {"NO_PROXY": ""}

    def serve(
        self, url: str, body: str | bytes, *, type: str = "text/html; charset=utf-8", etag: str | None = None, status: int = 200,
        failures: list[int] | None = None, gate: asyncio.Event | None = None,
    ) -> str:
        headers = {"Content-Type": type} | ({"ETag": etag} if etag else {})
        content = body.encode() if isinstance(body, str) else body
        self._resources[url] = Resource(status=status, body=content, headers=headers, failures=failures or [], gate=gate)
        return url

    def redirect(self, url: str, target: str, status: int = 301) -> str:
        self._resources[url] = Resource(status=status, headers={"Location": target})
        return url

    def fail(self, url: str, status: int, headers: dict[str, str] | None = None) -> str:
        self._resources[url] = Resource(status=status, headers=headers or {})
        return url

    def urls(self, *, robots: bool = False) -> list[str]:
        """The addresses asked for, in order; robots.txt files only where wished."""
        return [asked.url for asked in self.asked if robots or not asked.url.endswith("/robots.txt")]

    async def until_asked(self, url: str) -> None:
        """Wait until somebody asks for it."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: url in self.urls(robots=True))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve_connection(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (asked := await self._read_request(reader)) is not None and await self._answer(asked, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the other side left
        finally:
            writer.close()

    async def _read_request(self, reader: asyncio.StreamReader) -> Asked | None:
        first = (await reader.readline()).decode().split()
        if len(first) != 3:
            return None
        headers: dict[str, str] = {}
        while line := (await reader.readline()).decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        target = first[1] if first[1].startswith("http") else f"http://{headers.get('host', '')}{first[1]}"
        asked = Asked(target, headers)
        self.asked.append(asked)
        async with self._arrived:
            self._arrived.notify_all()
        return asked

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Answer a request; whether the connection stays open."""
        resource = self._resources.get(asked.url, Resource(status=404))
        if resource.gate is not None:
            await resource.gate.wait()
        status, body = resource.status, resource.body
        if resource.failures:
            status, body = resource.failures.pop(0), b""
        if status == 0:
            writer.transport.abort()
            return False
        if status == 200 and asked.headers.get("if-none-match", "-") == resource.headers.get("ETag"):
            status, body = 304, b""
        lines = [f"HTTP/1.1 {status} {PHRASES.get(status, 'Trouble')}"]
        lines += [f"{name}: {value}" for name, value in resource.headers.items()]
        lines += [] if status == 304 else [f"Content-Length: {len(body)}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        return True
