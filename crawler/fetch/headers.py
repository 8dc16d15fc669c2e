"""What we say in a request's head, and what an answer's head says to us."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crawler import __version__
from crawler.fetch.decode import ACCEPT_ENCODING
from crawler.model import Validators

PRODUCT_TOKEN = "feed-crawler"  # what robots.txt calls us
ACCEPT_FEED = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
ACCEPT_PAGE = "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1"
ACCEPT_ROBOTS = "text/plain, */*;q=0.1"
RETRY_AFTER_LIMIT_S = 86_400.0  # longer is taken for a mistake (network.md §4: Media Cloud caps at a day too)
MAX_DELTA_S = 2**31  # RFC 9111 §1.2.2
MAX_VALIDATOR = 1024  # characters; longer ones are not worth sending back
DIRECTIVE = re.compile(r'\s*([\w-]+)\s*(?:=\s*"?([^",]*)"?)?\s*(?:,|$)')
NO_DOCUMENT = re.compile(
    r"(image|video|audio|font)/|application/(pdf|zip|gzip|x-gzip|x-tar|x-rar|x-7z|vnd\.rar|java-archive|epub|msword|vnd\.ms-|vnd\.openxml)"
)
UNSENDABLE = re.compile(r"[^\x20-\x7e]")

# network.md §4.7: validators verbatim, no cookies, no referrer.


def user_agent(contact: str) -> str:
    """Our name, version, and where a server's owner finds us."""
    address = UNSENDABLE.sub("", contact).strip()
    return f"{PRODUCT_TOKEN}/{__version__}" + (f" (+{address})" if address else "")


def request_headers(agent: str, accept: str, validators: Validators | None = None, basic: str | None = None) -> dict[str, str]:
    """The whole head of a request; `basic` is "user:password"."""
    headers = {"User-Agent": agent, "Accept": accept, "Accept-Encoding": ACCEPT_ENCODING}
    if validators and validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators and validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    if basic is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
    return headers


def validators_in(headers: Mapping[str, str]) -> Validators:
    """What an answer gives to ask again with; None for what is absent or cannot be sent back."""
    return Validators(etag=_sendable(headers.get("etag")), last_modified=_sendable(headers.get("last-modified")))


def _sendable(value: str | None) -> str | None:
    return value if value and len(value) <= MAX_VALIDATOR and not UNSENDABLE.search(value) else None


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long we are asked to wait: seconds or an HTTP date (RFC 9110 §10.2.3), a day at most; None where nothing is said."""
    value = headers.get("retry-after", "").strip()
    try:
        asked = float(value) if re.fullmatch(r"\d{1,9}(\.\d+)?", value, re.ASCII) else (http_date(value) - now).total_seconds()
    except ValueError:
        return None
    return min(max(asked, 0.0), RETRY_AFTER_LIMIT_S)


def freshness_s(headers: Mapping[str, str], now: datetime) -> int | None:
    """For how long the answer is fresh: max-age less Age, else Expires less Date; None where it does not say or says no-cache."""
    said = {name.lower(): value for name, value in DIRECTIVE.findall(headers.get("cache-control", "")[:1000])}
    if "no-cache" in said or "no-store" in said:
        return None
    if (age := _seconds(said.get("max-age"))) is not None:
        return max(0, age - (_seconds(headers.get("age")) or 0))
    try:
        expires = http_date(headers.get("expires", ""))
        sent = http_date(headers["date"]) if "date" in headers else now
    except ValueError:
        return None
    return max(0, int((expires - sent).total_seconds()))


def _seconds(value: str | None) -> int | None:
    """Delta seconds; one that is too large counts as the largest, never as unsaid (RFC 9111 §1.2.2)."""
    said = (value or "").strip()
    if not (said.isascii() and said.isdecimal()):
        return None
    digits = said.lstrip("0") or "0"
    return MAX_DELTA_S if len(digits) > len(str(MAX_DELTA_S)) else min(int(digits), MAX_DELTA_S)


def http_date(value: str) -> datetime:
    """The aware UTC time that an HTTP date says; raises ValueError for anything else."""
    try:
        at = parsedate_to_datetime(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, OverflowError, IndexError) as error:
        raise ValueError(f"no date: {value[:40]!a}") from error


def is_document(content_type: str | None) -> bool:
    """False where a type is plainly not a page's: pictures, sound, archives, office files."""
    return not NO_DOCUMENT.match((content_type or "").strip().lower())
