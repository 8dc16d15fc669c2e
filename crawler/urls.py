"""Addresses: which one is fetched, when two are one page, and which site a host belongs to.

Nothing here guesses: an address is never rewritten to another that might hold the same article (AMP, print, mobile). Only
what cannot name an article is dropped: fragments, default ports, tracking parameters. courlan was measured and not taken:
it drops keys without a value, merges and decodes values, and raises on broken addresses.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import idna
import tldextract

MAX_LENGTH = 2048  # Media Cloud's limit; also what a PostgreSQL index row surely holds

DEFAULT_PORTS = {"http": 80, "https": 443}

TRACKING_NAMES = frozenset(
    """fbclid gclid gclsrc gbraid wbraid dclid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id mc_cid mc_eid cmpid ncid
    _ga _gl __twitter_impression wt_mc wt.mc xtor ito ftag ocid smid smtyp soc_src soc_trk ftcamp guccounter guce_referrer
    guce_referrer_sig srnd maca fb_source oly_anon_id oly_enc_id vero_id _hsenc _hsmi __s mkt_tok s_cid traffic_source
    ns_mchannel ns_source ns_campaign ns_linkname ns_fee""".split()  # noqa: SIM905
)
TRACKING_PREFIXES = tuple(
    """utm_ mtm_ hsa_ pk_campaign pk_source pk_medium pk_kwd fb_action_
    at_medium at_campaign at_custom at_link_ at_ptr_ at_bbc_ at_format at_creation""".split()  # noqa: SIM905
)
# These names can name an article (or a feed: `mod=rss`), so they go only with a value that says where the reader came from.
REFERRER = re.compile(
    r"(?:ref|source|src|from|via|partner|emc|cmp|origin|referrer)="
    r"(?:rss|feed|atom|twitter|facebook|fb|linkedin|reddit|whatsapp|telegram|instagram|newsletter|share|social|feedburner)"
    r"(?:[^a-z0-9].*)?|mod=rss_.*",
    re.IGNORECASE,
)

_KEPT_CHARS = 512  # of a text whose site or host name is remembered: longer ones would fill the memory
_TRIM = "".join(map(chr, range(0x21)))  # WHATWG URL §4.4: C0 controls and space around an address
_INSIDE = re.compile(r"[\t\r\n]")  # and these anywhere in it
_UNSAFE = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]|%(?![0-9A-Fa-f]{2})")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_SESSION = re.compile(r";jsessionid=[^/?;]*", re.IGNORECASE)
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")


def normalise(url: str, base: str | None = None) -> str | None:
    """The absolute http(s) address to fetch, or None where the text is no usable one.

    Tracking parameters, session ids, fragment and default port are dropped, dot segments resolved, the host is lower-case
    ASCII. The order of the query and its percent-encoding stay as they are (servers may sign or count on them); only unsafe
    characters are encoded. Idempotent; never raises.
    """
    return _known(url) if base is None and len(url) <= _KEPT_CHARS else _usable(url, base)


def _usable(url: str, base: str | None = None) -> str | None:
    try:
        return _normalise(_clean(url), base)
    except ValueError:  # urllib and idna refuse what is no address by ValueError and its kinds
        return None


_known = lru_cache(maxsize=8192)(_usable)  # an entry's address is asked about eight times before its page is stored


def address_key(url: str) -> str:
    """The identity of a page: its normalised address without the scheme and user, the query in the order of its names.

    Values of one name keep their order and none is lost; escapes are compared as RFC 3986 §6.2.2 says. A text that is no
    usable address is its own key.
    """
    normal = normalise(url)
    if normal is None:
        return url.strip()
    parts = urlsplit(normal)
    pairs = sorted(parts.query.split("&"), key=_name_of) if parts.query else []
    query = "?" + "&".join(pairs) if pairs else ""
    return "//" + _plain_escapes(parts.netloc.rpartition("@")[2] + parts.path + query)


def host_of(url: str) -> str:
    """The host name of an address, lower-case and without its port or brackets; empty where there is none."""
    normal = normalise(url)
    return urlsplit(normal).hostname or "" if normal else ""


def is_one_origin(one: str, other: str) -> bool:
    """Whether two addresses have scheme, host and port in common: a secret that is given to one may be given to the other."""
    normal, other_normal = normalise(one), normalise(other)
    if normal is None or other_normal is None:
        return False
    parts, other_parts = urlsplit(normal), urlsplit(other_normal)
    return (parts.scheme, parts.netloc.rpartition("@")[2]) == (other_parts.scheme, other_parts.netloc.rpartition("@")[2])


class Sites:
    """Which site a host belongs to: its registrable domain, joined by families.

    Domains come from the public suffix list bundled with tldextract, private suffixes (blog hosts) included; nothing is
    fetched or written. Where the suffix is unknown the last two labels are the site. A family is a group of domains or hosts
    that are one site, named by its first.
    """

    def __init__(self, families: Sequence[Sequence[str]] = ()) -> None:
        self._families = {_bare_host(member): _bare_host(family[0]) for family in families if family for member in family}
        self._known = lru_cache(maxsize=65_536)(self._of)

    def of(self, url_or_host: str) -> str:
        """The site of an address or host."""
        return self._known(url_or_host) if len(url_or_host) <= _KEPT_CHARS else self._of(url_or_host)

    def _of(self, url_or_host: str) -> str:
        host = _bare_host(url_or_host)
        domain = registrable_domain(host)
        for candidate in _host_and_parents(host, domain):
            if candidate in self._families:
                return self._families[candidate]
        return domain

    def __reduce__(self) -> tuple[type[Sites], tuple[list[list[str]]]]:
        return Sites, ([[first, member] for member, first in self._families.items()],)


def registrable_domain(host: str) -> str:
    """The registrable domain of a bare host; an IP address, a single label or a public suffix is its own."""
    if _ip_address(host):
        return host
    found = _extract()(host)
    if found.suffix:
        return f"{found.domain}.{found.suffix}".strip(".").lower()
    return ".".join(host.split(".")[-2:])


@lru_cache(maxsize=1)
def _extract() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True, include_psl_private_domains=True)


def _host_and_parents(host: str, domain: str) -> list[str]:
    extra = host[: -len(domain)].rstrip(".").split(".") if host.endswith("." + domain) else []
    return [".".join([*extra[i:], domain]) for i in range(len(extra) + 1)]


def _bare_host(url_or_host: str) -> str:
    text = url_or_host.strip()
    found = host_of(text) if "//" in text else host_of(f"http://{text}") or host_of(f"http://[{text}]")
    return found or text[:MAX_LENGTH].lower()


def _clean(url: str) -> str:
    whole = url.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # a lone surrogate cannot be encoded
    return _INSIDE.sub("", whole.strip(_TRIM))


def _normalise(text: str, base: str | None) -> str | None:
    if len(text) > 2 * MAX_LENGTH:
        return None
    if base:
        text = urljoin(_slashes(_clean(base)), _slashes(text))
    parts = urlsplit(_slashes(text))
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        return None
    netloc = _netloc(parts)
    query = _query(parts.query)
    path = _resolve_dots(_SESSION.sub("", _encode(parts.path)))
    normal = f"{parts.scheme}://{netloc}{path or '/'}{'?' + query if query else ''}"
    return normal if len(normal) <= MAX_LENGTH else None


def _slashes(text: str) -> str:
    """Backslashes before the query as the slashes that browsers read, so that no host hides behind one."""
    end = min((i for i in (text.find("?"), text.find("#")) if i >= 0), default=len(text))
    return text[:end].replace("\\", "/") + text[end:]


def _netloc(parts: SplitResult) -> str:
    user, at, _ = parts.netloc.rpartition("@")
    if len(parts.hostname or "") > _KEPT_CHARS:
        raise ValueError("no host name is so long")
    host = _host(parts.hostname or "")
    port = parts.port
    if port == 0:
        raise ValueError("port 0")
    shown = "" if port is None or port == DEFAULT_PORTS[parts.scheme] else f":{port}"
    return f"{_encode(user).replace('@', '%40')}{at}{host}{shown}" if user else f"{host}{shown}"


@lru_cache(maxsize=16_384)
def _host(name: str) -> str:
    """The host as sent: lower-case ASCII, IPv6 in brackets and its shortest form; ValueError where it is none."""
    if ":" in name and "%" not in name:
        return f"[{ipaddress.IPv6Address(name).compressed}]"
    host = name.lower().rstrip(".") if name.isascii() else idna.encode(name, uts46=True).decode("ascii").rstrip(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"no host name: {name!r}")
    for label in labels:
        if label.startswith("xn--"):
            label.removeprefix("xn--").encode("ascii").decode("punycode")
    return host


def _ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _encode(text: str) -> str:
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _plain_escapes(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return _PERCENT.sub(plain, text)


def _resolve_dots(path: str) -> str:
    """Dot segments resolved as WHATWG URL §4.4 does, which reads `%2e` as a dot; empty segments stay."""
    if "." not in path and "%2e" not in path.lower():
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for place, segment in enumerate(segments):
        dots = segment.lower().replace("%2e", ".")
        if dots == ".." and kept:
            kept.pop()
        if dots not in (".", ".."):
            kept.append(segment)
        elif place == len(segments) - 1:
            kept.append("")
    return "/" + "/".join(kept)


def _query(query: str) -> str:
    return "&".join(pair for pair in _encode(query).split("&") if pair and not _is_tracking(pair))


def _name_of(pair: str) -> str:
    return _plain_escapes(pair.partition("=")[0])


def _is_tracking(pair: str) -> bool:
    pair = unquote(pair).lower().removeprefix("amp;")  # a feed that escapes twice
    name = pair.partition("=")[0]
    return name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES) or REFERRER.fullmatch(pair) is not None
