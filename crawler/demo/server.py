"""A small forward proxy on loopback that answers for every invented site under its own name.

    crawler ── GET http://harbourpost.example/… ──► 127.0.0.1:port ── find(address) ──► resource, 304 or 404

No name is ever resolved and nothing leaves the machine: the crawler takes it for the proxy of HTTP_PROXY.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from types import TracebackType

MAX_HEAD_BYTES = 65_536
IDLE_S = 30.0  # a connection that asks for nothing is closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What an address holds, for as long as it holds it."""

    body: bytes
    content_type: str
    modified_at: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.blake2b(self.body, digest_size=8).hexdigest()}"'

    @property
    def last_modified(self) -> str:
        return format_datetime(self.modified_at.astimezone(UTC), usegmt=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that was answered."""

    method: str
    url: str
    is_conditional: bool
    status: int


Find = Callable[[str], Resource | None]


@dataclass
class LocalProxy:
    """Serves what `find` gives for an absolute address; open it with `async with`. `asked` keeps the requests in order."""

    find: Find
    asked: list[Asked] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> LocalProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=MAX_HEAD_BYTES)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        for writer in tuple(self._open):
            writer.close()
        await self._server.wait_closed()

    @property
    def address(self) -> str:
        assert self._server is not None, "the proxy is not open"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which a crawler asks this proxy and nobody else."""
        return {"HTTP_PROXY": self.address, "HTTPS_PROXY": self.address}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._answer_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the other side has gone, or says nothing that is HTTP: there is nobody to answer
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer the next request of a connection; False where it is to be closed."""
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_S)
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        method, _, rest = first.partition(" ")
        url = rest.rpartition(" ")[0]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        resource = self.find(url) if method in ("GET", "HEAD") else None
        status = self._status(method, headers, resource)
        conditional = bool(headers.keys() & {"if-none-match", "if-modified-since"})
        self.asked.append(Asked(method=method, url=url, is_conditional=conditional, status=status))
        writer.write(_answer(status, resource, with_body=method == "GET"))
        await writer.drain()
        return status != HTTPStatus.NOT_IMPLEMENTED and headers.get("connection", "").lower() != "close"

    @staticmethod
    def _status(method: str, headers: dict[str, str], resource: Resource | None) -> int:
        if method not in ("GET", "HEAD"):
            return HTTPStatus.NOT_IMPLEMENTED  # no tunnels: the invented sites have no certificates
        if resource is None:
            return HTTPStatus.NOT_FOUND
        if "if-none-match" in headers:  # it alone counts where both are sent (RFC 9110 §13.1.3)
            is_same = headers["if-none-match"] == resource.etag
        else:
            is_same = headers.get("if-modified-since") == resource.last_modified
        return HTTPStatus.NOT_MODIFIED if is_same else HTTPStatus.OK


def _answer(status: int, resource: Resource | None, *, with_body: bool) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Cache-Control: no-cache"]
    body = b""
    if resource is not None and status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
        lines += [f"ETag: {resource.etag}", f"Last-Modified: {resource.last_modified}"]
    if resource is not None and status == HTTPStatus.OK:
        body = resource.body
        lines.append(f"Content-Type: {resource.content_type}")
    if status != HTTPStatus.NOT_MODIFIED:
        lines.append(f"Content-Length: {len(body)}")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head + (body if with_body else b"")
