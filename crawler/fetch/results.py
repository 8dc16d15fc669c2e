"""What a request that went well brings back."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.model import Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body, decoded and whole.

    `url` is the address that gave it. `moved_to` is where an unbroken row of permanent redirects from the address asked
    led, None where the first hop was none. `freshness_s` is for how long the server called it fresh (RFC 9111 §4.2).
    """

    url: str
    status: int
    body: bytes
    content_type: str | None
    validators: Validators
    body_hash: str  # XXH3 of 128 bits over the decoded body, in hex: it tells changed from unchanged, and guards nothing
    freshness_s: int | None
    moved_to: str | None
    bytes_on_wire: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304; `validators` holds only what it carried, None elsewhere."""

    validators: Validators
    freshness_s: int | None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirected:
    """Where a page's address leads: resolved, normalised, and allowed to be asked."""

    target: str
    permanent: bool
