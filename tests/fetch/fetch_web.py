"""A web on a real loopback socket that plays any part it is told."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from crawler.fetch import CachedRobots, Fetcher, Hold
from crawler.fetch.robots import longest_delay_s

Open = Callable[..., Awaitable[Fetcher]]
Part = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    number: int  # how often this target has been asked for, this time included


def head(status: int = 200, *, length: int | None = None, **fields: str) -> bytes:
    """An answer's head; underscores in names stand for hyphens."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(status: int = 200, body: bytes = b"", **fields: str) -> bytes:
    return head(status, length=len(body), **fields) + body


def says(*answers: bytes) -> Part:
    """A part that gives these answers in turn, the last for ever."""

    async def part(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answers[min(request.number, len(answers)) - 1])

    return part


@dataclass
class Web:
    """Serves parts by target; requests are kept in order. A target in absolute form is a proxy's."""

    parts: dict[str, Part] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    port: int = 0
    _counts: dict[str, int] = field(default_factory=dict)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await self._read(reader)) is not None:
                await self._act(request, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Request | None:
        raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = raw.rstrip().split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._counts[target] = self._counts.get(target, 0) + 1
        self.requests.append(Request(method, target, headers, self._counts[target]))
        return self.requests[-1]

    async def _act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        part = self.parts.get(request.target)
        if part is None:
            writer.write(answer(404))
        else:
            await part(request, writer)


@dataclass
class Memory:
    """Robots and holds, in a dictionary."""

    robots: dict[str, CachedRobots] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    async def load(self, origin: str) -> CachedRobots | None:
        return self.robots.get(origin)

    async def save(self, origin: str, robots: CachedRobots) -> None:
        self.robots[origin] = robots

    async def load_crawl_delay_s(self, url: str) -> float | None:
        return await longest_delay_s(url, self.load)

    async def load_hold(self, host: str) -> Hold | None:
        return self.holds.get(host)

    async def hold(self, host: str, hold: Hold, reason: str) -> None:
        self.holds[host], self.reasons[host] = hold, reason


def zipped(body: bytes) -> bytes:
    return answer(200, gzip.compress(body), Content_Encoding="gzip", Content_Type="text/html")
