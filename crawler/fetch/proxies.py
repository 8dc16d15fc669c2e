"""Which proxy a request goes through: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read from the environment by us.

No library reads the environment behind our back: the guard must know whether it or the proxy resolves names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from crawler.errors import SettingsError
from crawler.fetch.guard import DEFAULT_PORTS


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of one environment, by the scheme of what is asked."""

    by_scheme: Mapping[str, str]
    exempt: tuple[str, ...]

    @classmethod
    def of_environment(cls, environ: Mapping[str, str]) -> Proxies:
        """Lower-case names win, as in curl. Raises SettingsError for a proxy that is none."""
        by_scheme = {}
        for scheme in DEFAULT_PORTS:
            name = f"{scheme}_proxy"
            if value := (environ.get(name) or environ.get(name.upper()) or "").strip():
                by_scheme[scheme] = _proxy_address(name.upper(), value)
        listed = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
        return cls(by_scheme, tuple(entry for part in listed.lower().split(",") if (entry := part.strip())))

    def proxy_for(self, url: str) -> str | None:
        """The proxy's address, or None where the target is asked directly."""
        parts = urlsplit(url)
        proxy = self.by_scheme.get(parts.scheme)
        if proxy is None or not self.exempt:
            return proxy
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
        return None if any(_covers(entry, host, port) for entry in self.exempt) else proxy


def _proxy_address(name: str, value: str) -> str:
    address = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(address)
        usable = parts.scheme in DEFAULT_PORTS and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"{name} is no address of an HTTP proxy; give http://host:port, or unset it")
    return address


def _covers(entry: str, host: str, port: int) -> bool:
    """Whether a NO_PROXY entry means this target: `*`, a domain and all below it, an address, a network; each may have a port."""
    if entry == "*":
        return True
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdecimal() and (":" not in name or name.endswith("]")):
        if int(digits) != port:
            return False
        entry = name
    entry = entry.strip("[]").removeprefix("*").lstrip(".")
    return host == entry or host.endswith("." + entry) or _in_network(host, entry)


def _in_network(host: str, entry: str) -> bool:
    try:
        return ip_address(host) in ip_network(entry, strict=False)
    except ValueError:
        return False
