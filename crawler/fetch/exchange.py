"""One request and its answer: guarded, within a deadline, within the limits, and only FetchErrors come out.

    check the address ─> httpx over our transport ─> head ─> body off the wire, bounded ─> decoded, bounded
    └───────────────────── one deadline over all of it (fetch.timeout_s) ────────────────────────────────┘
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from http.cookiejar import CookieJar
from typing import cast
from urllib.parse import urljoin, urlsplit, urlunsplit

from crawler.errors import BadResponse, FetchError, ForbiddenAddress, TooLarge, Unreachable
from crawler.fetch import headers as head
from crawler.fetch.decode import decode
from crawler.fetch.guard import Guard
from crawler.fetch.proxies import Proxies
from crawler.fetch.transport import AddressForbidden, ConnectionBroken, HeadersTooLarge, Transport, httpx
from crawler.settings import FetchSettings

GOOD = frozenset({200, 203, 226})  # 203: a proxy changed it; 226: only what is new (RFC 3229)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
DRAINED_BYTES = 16_384  # of a body that nobody wants: reading so much keeps the connection, more is not worth it
SHORT_BYTES = 65_536  # decoded at once: 20 ms for the worst stream, under 1 ms for a page, and a thread costs as much
CUT_ROBOTS_BYTES = 512_000  # RFC 9309 §2.5: at least 500 KiB


@dataclass(frozen=True, slots=True)
class Reading:
    """How a body is read: `limit` bytes, on the wire and decoded; `cut` there or fail; only of a document's type."""

    limit: int
    cut: bool = False
    documents_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer's head, less cookies and Location, and its body where it was good.

    `location` is as stated, empty where absent. `peer` is the address that gave the answer, None behind a proxy.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    location: str
    body: bytes
    bytes_on_wire: int
    peer: str | None
    received_at: datetime

    @property
    def retry_after_s(self) -> float | None:
        return head.retry_after_s(self.headers, self.received_at)


class Broken(Unreachable):
    """The connection was reset or closed before the answer was whole: it may be asked again at once."""


_parsed = lru_cache(maxsize=4096)(httpx.URL)


@lru_cache(maxsize=4096)  # one page passes here for its permission and for itself
def as_sent(url: str) -> str:
    """The address as it goes over the wire; raises ForbiddenAddress where it is none."""
    try:
        sent = str(_parsed(url))
        urlsplit(sent)  # what every check here reads it with
        return sent
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise ForbiddenAddress(f"{url!a} is malformed: {error}", url=url) from error


def redirect_target(answer: Answer) -> str:
    """Where a redirect leads, as sent; raises BadResponse where its Location is missing or no http(s) address."""
    location = answer.location.strip()
    try:
        stated, parts = urlsplit(location), urlsplit(urljoin(answer.url, location))
        is_whole = bool(stated.netloc) or not (stated.scheme or location.startswith("//"))  # urljoin lends a missing host
        if not location or not is_whole or parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("no http or https address")
        netloc = parts.netloc.rpartition("@")[2]  # nobody but a person gives us credentials
        return as_sent(urlunsplit(parts._replace(netloc=netloc, fragment="")))
    except (ValueError, ForbiddenAddress) as error:
        message = f"{answer.url}: redirected ({answer.status}) to a bad Location {location[:200]!a}"
        raise BadResponse(message, url=answer.url, status=answer.status) from error


class _NoCookies(CookieJar):
    """Takes none, and does not look for any."""

    def extract_cookies(self, response: object, request: object) -> None:
        pass


class Exchange:
    """The one way out. Needs a running loop to be made; `aclose` it."""

    def __init__(self, settings: FetchSettings, guard: Guard, proxies: Proxies) -> None:
        self._timeout_s = settings.timeout_s
        self._guard = guard
        self._transport = Transport(guard, proxies)
        self._client = httpx.AsyncClient(
            transport=self._transport, timeout=None, follow_redirects=False, trust_env=False, cookies=_NoCookies()
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    async def get(self, url: str, headers: Mapping[str, str], reading: Reading) -> Answer:
        """Ask once. Raises FetchError only; a cancelled request leaves no connection behind."""
        url = as_sent(url)
        self._guard.check_url(url)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._get(url, headers, reading)
        except TimeoutError as error:
            raise Unreachable(f"{url}: no whole answer within fetch.timeout_s ({self._timeout_s:g} s)", url=url) from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _as_fetch_error(url, error) from error

    async def address_of(self, url: str) -> str | None:
        """The IP address that a request would be connected to; None behind a proxy, and where it is not to be had.

        Raises Unreachable where the look-up takes longer than a whole answer may.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._transport.address_of(url)
        except TimeoutError as error:
            message = f"{url}: its name was not looked up within fetch.timeout_s ({self._timeout_s:g} s)"
            raise Unreachable(message, url=url) from error

    async def _get(self, url: str, headers: Mapping[str, str], reading: Reading) -> Answer:
        # whole as it is: what the client would add of its own is parsed once more for each request
        request = httpx.Request("GET", _parsed(url), headers={**headers, "Connection": "keep-alive"})
        response = await self._client.send(request, stream=True)
        try:
            raw = await _read(url, response, reading)
        finally:
            await response.aclose()
        body = await _decoded(url, raw, response.headers.get("content-encoding"), reading)
        return Answer(
            url=url, status=response.status_code, headers=response.headers, location=response.extensions.get("location", ""),
            body=body, bytes_on_wire=len(raw), peer=response.extensions.get("peer"), received_at=datetime.now(UTC),
        )


async def _read(url: str, response: httpx.Response, reading: Reading) -> bytes:
    """The body as it came, empty where the status makes it worthless."""
    announced = response.headers.get("content-length", "")
    length = int(announced) if announced.isascii() and announced.isdecimal() else None
    if response.status_code not in GOOD:
        if length is not None and length <= DRAINED_BYTES:
            await _take(response, DRAINED_BYTES)
        return b""
    content_type = response.headers.get("content-type")
    if reading.documents_only and not head.is_document(content_type):
        raise BadResponse(f"{url}: not a page but {content_type[:80]!a}", url=url, status=response.status_code)
    if length is not None and length > reading.limit and not reading.cut:
        raise _too_large(url, reading)
    raw = await _take(response, reading.limit)
    if len(raw) > reading.limit and not reading.cut:
        raise _too_large(url, reading)
    return raw


async def _decoded(url: str, raw: bytes, coding: str | None, reading: Reading) -> bytes:
    """What `raw` codes; a stream of any size in a thread, as one made for it takes seconds and would hold up everybody."""
    undo = partial(decode, raw, coding, limit=reading.limit, url=url, cut=reading.cut)
    return undo() if len(raw) <= SHORT_BYTES else await asyncio.to_thread(undo)


async def _take(response: httpx.Response, limit: int) -> bytes:
    """The body off the wire, the rest left once it is over the limit."""
    chunks: list[bytes] = []
    size = 0
    async with aclosing(cast("AsyncGenerator[bytes]", response.aiter_raw())) as body:
        async for chunk in body:
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                break
    return b"".join(chunks)


def _too_large(url: str, reading: Reading) -> TooLarge:
    return TooLarge(f"{url}: the body is over fetch.max_bytes ({reading.limit:,} bytes)", url=url)


def _as_fetch_error(url: str, error: Exception) -> FetchError:
    message = f"{url}: {error}"
    match error:
        case AddressForbidden():
            return ForbiddenAddress(f"{message}; fetch.allow_private permits them", url=url)
        case ConnectionBroken():
            return Broken(message, url=url)
        case HeadersTooLarge():
            return TooLarge(message, url=url)
        case httpx.UnsupportedProtocol():
            return ForbiddenAddress(message, url=url)
        case httpx.RemoteProtocolError() | httpx.InvalidURL() | ValueError():
            return BadResponse(f"{url}: the answer cannot be read: {str(error)[:200]!a}", url=url)
    return Unreachable(message, url=url)
