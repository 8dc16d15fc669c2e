"""Which addresses may be asked at all.

Two checks. The address as written: scheme, port, and literals in any spelling, before anything is asked, a proxy included.
The address as connected: in the socket factory, on the very address the socket is made for, so that a name which resolves
to something else a moment later changes nothing. network.md §6 has the threats.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from crawler.errors import ForbiddenAddress
from crawler.settings import FetchSettings

DEFAULT_PORTS = {"http": 80, "https": 443}
NUMBERS = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}\.?", re.ASCII)
NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.ASCII | re.IGNORECASE)  # no escapes: a proxy undoes them
LOCAL_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
LOCAL_ENDINGS = (".localhost", ".local", ".internal", ".home.arpa")  # RFC 6761, 6762, ICANN 2024, RFC 8375: never public
UNICAST = IPv6Network("2000::/3")  # all that is public in IPv6, after the mapped forms are taken apart
MAPPED = (IPv6Network("::/96"), IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))  # last 32 bits are an IPv4 address
SIX_TO_FOUR = IPv6Network("2002::/16")  # bits 16 to 48 are one

Address = IPv4Address | IPv6Address


class AddressRefused(OSError):
    """A private address, met on the way to a connection."""


def literal_address(host: str) -> Address | None:
    """The address that `host` spells, None for a name: 127.1, 2130706433, 0x7f000001, 0177.0.0.1, ::ffff:127.0.0.1."""
    plain = unicodedata.normalize("NFKC", host).replace("。", ".").lower()
    if ":" in plain:
        try:
            return ip_address(plain.partition("%")[0])
        except ValueError:
            return None
    if not NUMBERS.fullmatch(plain):
        return None
    try:
        return IPv4Address(socket.inet_aton(plain.rstrip(".")))
    except OSError:
        return None


def is_public(address: Address) -> bool:
    """Whether `address` belongs to the public internet, whatever it is wrapped in."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if any(address in network for network in MAPPED):
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if address in SIX_TO_FOUR and not is_public(IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)):
        return False
    return address.is_global and address in UNICAST


class Guard:
    """The policy of one crawler; `fetch.allow_private` lifts the rules on addresses and ports."""

    def __init__(self, settings: FetchSettings) -> None:
        self._lifted = settings.allow_private
        self._ports = frozenset(settings.ports)

    def check_url(self, url: str) -> None:
        """Raise ForbiddenAddress for an address that must not be asked, as far as its spelling shows."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ForbiddenAddress(f"{url!a} is malformed: {error}", url=url) from error
        if parts.scheme not in DEFAULT_PORTS or not host:
            raise ForbiddenAddress(f"{url!a} is no http or https address", url=url)
        literal = literal_address(host)
        if "@" in parts.netloc or "\\" in parts.netloc or (literal is None and not NAME.fullmatch(host)):
            raise ForbiddenAddress(f"{url!a} has a malformed host", url=url)  # parsers disagree on it, and a proxy has its own
        if self._lifted:
            return
        self._check_port(port if port is not None else DEFAULT_PORTS[parts.scheme], url)
        self._check_host(host, literal, url)

    def _check_port(self, port: int, url: str) -> None:
        if port not in self._ports:
            raise ForbiddenAddress(f"{url!a}: port {port} is not among fetch.ports", url=url)

    def _check_host(self, host: str, literal: Address | None, url: str) -> None:
        name = host.rstrip(".").lower()
        is_local = name in LOCAL_NAMES or name.endswith(LOCAL_ENDINGS) if literal is None else not is_public(literal)
        if is_local or "%" in host:  # a zone (RFC 4007 §11) means something on this machine only
            raise ForbiddenAddress(f"{url!a}: {host} is a private address; fetch.allow_private permits them", url=url)

    def allows(self, address: str) -> bool:
        """Whether a connection to this numeric address may be made."""
        if self._lifted:
            return True
        literal = literal_address(address)
        return literal is not None and is_public(literal)

    def make_socket(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """A socket for the address that is about to be connected; raises AddressRefused where it is private."""
        family, kind, protocol, _, sockaddr = addr_info
        if not self.allows(str(sockaddr[0])):
            raise AddressRefused(f"{sockaddr[0]} is a private address")
        if not self._lifted and sockaddr[1] not in self._ports:
            raise AddressRefused(f"port {sockaddr[1]} is not among fetch.ports")
        return socket.socket(family=family, type=kind, proto=protocol)
