"""httpx's transport, over aiohttp's connections.

    httpx.AsyncClient ── Transport ──┬── direct:  names resolved by us, every address guarded where it is connected
                                     └── proxied: names resolved by the proxy

httpx's own pool must not run here: cancelled requests leak its connections until it wedges, and it slows down
quadratically (network.md §1). This is the one module that imports httpx; everybody else takes the name from here.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import certifi
import httpx as httpx
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

from crawler.fetch.guard import DEFAULT_PORTS, AddressRefused, Guard, literal_address
from crawler.fetch.proxies import Proxies

MOST_FRAMING = 16  # bytes around one of the body: chunks of a single one have five
DNS_THREADS = 64  # asyncio's own 6 make 200 lookups of 0.2 s take 7 times as long; dead domains block the rest (network.md §1)
DNS_KEPT_S, DNS_FAILURE_KEPT_S = 60.0, 5.0  # the latter spares a dead name its second look-up in one request
DNS_KEPT = 20_000  # names
KEEPALIVE_S = 15.0  # robots.txt, feed and articles of one visit share a connection; beyond that it seldom pays
MAX_CONNECTIONS = 1024  # the highest fetch.concurrency
MAX_FIELD_BYTES = 65_536  # long Content-Security-Policy and Link fields are real; aiohttp's 8,190 fails on them
MAX_HEADERS = 1000
MAX_HEAD_BYTES = 262_144  # all fields together, those of 1xx answers too: the two limits above would allow 64 MB
KEPT_FROM_HTTPX = (b"set-cookie", b"location")  # it would keep the one, and parse the other and raise what is no HTTPError
TOO_LARGE = ("Got more than", "Too many headers")  # how aiohttp words it: its parser drops the exception's own type


class AddressForbidden(httpx.ConnectError):
    """The guard refused every address of the host."""


class ConnectionBroken(httpx.ReadError):
    """The connection was reset or closed while an answer was under way."""


class HeadersTooLarge(httpx.RemoteProtocolError):
    """A header field, or their number, is over the limit."""


@cache
def shared_ssl_context() -> ssl.SSLContext:
    """One context for the process: making one costs a thousand times a request (network.md §1)."""
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:  # a slim machine without certificates of its own
        context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Resolver(AbstractResolver):
    """Names to addresses, in threads of our own; private ones are left out, and a name that has no others is refused.

    Answers are kept for a minute, so that the address a request was spaced by is the one that it is connected to.
    """

    def __init__(self, guard: Guard | None) -> None:
        self._guard = guard
        self._threads = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="dns")
        self._kept: dict[tuple[str, int, int], tuple[float, asyncio.Future[list[ResolveResult]]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AddressFamily.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, asked for once however many ask; raises OSError, of a private name AddressRefused."""
        loop = asyncio.get_running_loop()
        key = host, port, int(family)
        until, answer = self._kept.get(key, (0.0, None))
        if answer is None or (answer.done() and until <= loop.time()):
            if len(self._kept) >= DNS_KEPT:
                self._kept = {key: kept for key, kept in self._kept.items() if not kept[1].done() or kept[0] > loop.time()}
            answer = asyncio.ensure_future(self._look_up(host, port, family))
            self._kept[key] = loop.time() + DNS_KEPT_S, answer
            answer.add_done_callback(partial(self._note_failure, key))
        return list(await asyncio.shield(answer))  # one request given up must not take the answer from the others

    def _note_failure(self, key: tuple[str, int, int], answer: asyncio.Future[list[ResolveResult]]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._kept[key] = asyncio.get_running_loop().time() + DNS_FAILURE_KEPT_S, answer

    async def _look_up(self, host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        except UnicodeError as error:
            raise OSError(f"{host} is no name: {error}") from error
        allowed = [info for info in found if self._guard is None or self._guard.allows(str(info[4][0]))]
        if found and not allowed:
            raise AddressRefused(f"{host} resolves to a private address ({found[0][4][0]})")
        return [
            ResolveResult(
                hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol, flags=socket.AI_NUMERICHOST
            )
            for kind, _, protocol, _, address in allowed
        ]

    async def close(self) -> None:
        for _, answer in self._kept.values():
            answer.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Handler(ResponseHandler):
    """A connection that bounds what an answer holds beside its body: aiohttp bounds each header field and their number.

    Before the body that is the head; after it began, trailers, chunk sizes and their extensions.
    """

    def set_response_params(self, **params: Any) -> None:
        self._has_head = False
        self._taken_bytes = 0  # since the request, then since the head was whole
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._taken_bytes += len(data)
        body_bytes = self._payload.total_bytes if self._has_head and self._payload else 0
        if self._taken_bytes > MAX_HEAD_BYTES + MOST_FRAMING * body_bytes and self.transport is not None:
            self.transport.abort()
            error = HttpProcessingError(code=400, message=f"{TOO_LARGE[0]} {MAX_HEAD_BYTES} bytes beside the body")
            self.set_exception(error)
            if self._payload is not None:
                self._payload.set_exception(HeadersTooLarge("the answer's header is too large"))

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take a head that is whole; those of 1xx announce another one."""
        if data[0].code >= 200:
            self._has_head = True
            self._taken_bytes = 0
        super().feed_data(data, size)


class _Response(aiohttp.ClientResponse):
    """Remembers who answered: a short answer has given its connection back before anyone can ask."""

    peer: str | None = None

    async def start(self, connection: Any) -> aiohttp.ClientResponse:
        if connection.transport is not None:
            self.peer = (connection.transport.get_extra_info("peername") or (None,))[0]
        return await super().start(connection)


class _Body(httpx.AsyncByteStream):
    """The body's bytes as they come; closing gives the connection back if it was read whole, else ends it."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _translated(error) from error

    async def aclose(self) -> None:
        self._response.close()  # never awaits: cancellation cannot come between


class Transport(httpx.AsyncBaseTransport):
    """Sends each request once: no retries, redirects, cookies or decoding. Needs a running loop to be made."""

    def __init__(self, guard: Guard, proxies: Proxies) -> None:
        self._proxies = proxies
        self._resolvers = (_Resolver(guard), _Resolver(None))
        self._direct = _session(self._resolvers[0], socket_factory=guard.make_socket)
        self._proxied = _session(self._resolvers[1])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        proxy = self._proxies.proxy_for(url)
        session = self._proxied if proxy else self._direct
        try:
            answer = await session.request(
                request.method,
                yarl.URL(url, encoded=True),  # verbatim: yarl would decode what signed addresses count on
                headers=[(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw],
                proxy=proxy,
                proxy_headers={"User-Agent": request.headers["user-agent"]} if proxy else None,  # else CONNECT names aiohttp
                allow_redirects=False,
            )
        except (aiohttp.ClientError, OSError, ValueError, AssertionError) as error:
            raise _translated(error) from error
        return _as_httpx(answer, is_direct=proxy is None)

    async def address_of(self, url: str) -> str | None:
        """The address that a request would be connected to; None behind a proxy, and where it is not to be had.

        A look-up that fails is told by the request itself, at once and in its own words.
        """
        if self._proxies.proxy_for(url):
            return None
        parts = urlsplit(url)
        literal = literal_address(parts.hostname or "")
        if literal is not None:
            return str(literal)
        try:
            found = await self._resolvers[0].resolve(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
        except OSError:
            return None
        return found[0]["host"] if found else None

    async def aclose(self) -> None:
        for session in (self._direct, self._proxied):
            await session.close()
        for resolver in self._resolvers:  # aiohttp leaves one that it was given open
            await resolver.close()


def _session(resolver: AbstractResolver, **connector_options: Any) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=resolver, limit=MAX_CONNECTIONS, use_dns_cache=False, keepalive_timeout=KEEPALIVE_S, ssl=shared_ssl_context(),
        **connector_options,
    )
    handlers: Any = partial(_Handler, loop=asyncio.get_running_loop())
    connector._factory = handlers  # there is no public way; a test watches that it works
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None), max_line_size=MAX_FIELD_BYTES, max_field_size=MAX_FIELD_BYTES,
        max_headers=MAX_HEADERS, response_class=_Response, middlewares=(_send_once,),
    )


async def _send_once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from asking again by itself after a reset: retries are counted, spaced and told by us."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _translated(error) from error


def _as_httpx(answer: aiohttp.ClientResponse, *, is_direct: bool) -> httpx.Response:
    peer = answer.peer if is_direct and isinstance(answer, _Response) else None
    return httpx.Response(
        answer.status,
        headers=[(name, value) for name, value in answer.raw_headers if name.lower() not in KEPT_FROM_HTTPX],
        stream=_Body(answer),
        extensions={"peer": peer, "location": answer.headers.get("Location", "")},
    )


def _translated(error: BaseException) -> httpx.TransportError:
    """The httpx exception for one of aiohttp's, ssl's or idna's; the guard's and the reset's are kinds of their own."""
    match error:
        case aiohttp.ClientConnectorError(os_error=AddressRefused() as refused):
            return AddressForbidden(str(refused))
        case aiohttp.ClientHttpProxyError():
            return httpx.ProxyError(f"the proxy refused to connect ({error.status})")
        case aiohttp.ClientProxyConnectionError():
            return httpx.ProxyError(f"the proxy cannot be reached ({error.os_error})")
        case aiohttp.ClientConnectorCertificateError():
            return httpx.ConnectError(f"bad certificate: {error.certificate_error}")
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(str(error.os_error))
        case aiohttp.ClientResponseError() if error.message.startswith(TOO_LARGE):
            return HeadersTooLarge("the answer's header is too large")
        case aiohttp.ClientResponseError():
            return httpx.RemoteProtocolError(f"no HTTP: {error.message[:100]!a}")
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError() | ConnectionError():
            return ConnectionBroken(f"the connection broke ({type(error).__name__})")
        case aiohttp.InvalidURL() | ValueError() | AssertionError():
            return httpx.UnsupportedProtocol(f"malformed: {str(error)[:100]!a}")
    return httpx.NetworkError(str(error) or type(error).__name__)
