"""What any format's entry becomes: its identity, its address, its plain text and a hash of what a reader would see."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from urllib.parse import urlsplit, urlunsplit

from crawler.feeds.text import is_plain, person_name, plain_line, plain_text
from crawler.model import FeedEntry, Timestamp
from crawler.urls import address_key, normalise

MAX_KEY_CHARS = 512  # a longer id, or one with control characters, is kept as its hash

# A number beside such a word counts readers, not words of the story: Hacker News and Reddit feeds change with every poll.
_COUNTED = (
    "comments?|points?|views?|likes?|shares?|votes?|score|replies|answers|kommentare?|commentaires?|comentarios|comentários|reads?"
)
# A number is taken up at its start alone: from each digit of "1,1,1,…" anew would be quadratic.
_COUNTER = re.compile(
    rf"\b(?:#\s*+)?(?:{_COUNTED})\W{{0,3}}\d[\d.,]*+|(?<![\d.,])(?=[.,]*+\d)[\d.,]++\s*+(?:{_COUNTED})\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """An entry as its format states it, markup and all; `link` is absolute or relative to `base`."""

    id: str | None = None
    link: str | None = None
    base: str
    title: str | None = None
    author: str | None = None
    published: Timestamp | None = None
    updated: Timestamp | None = None
    summary: str | None = None
    content: str | None = None
    source_title: str | None = None
    source_url: str | None = None
    image: str | None = None


def unique_entries(raws: Iterable[RawEntry]) -> tuple[FeedEntry, ...]:
    """The entries with keys made unique: of two with one key the first wins.

    An id that a feed gives to several entries is no identity: the later ones go by their address, or without one by their words.
    """
    kept: dict[str, FeedEntry] = {}
    for raw in raws:
        entry = _entry(raw)
        first = kept.setdefault(entry.key, entry)
        if first is not entry and _is_another(entry, first):
            own_key = address_key(entry.url) if entry.url else f"text:{entry.content_hash}"
            kept.setdefault(own_key, replace(entry, key=own_key))
    return tuple(kept.values())


def _is_another(entry: FeedEntry, first: FeedEntry) -> bool:
    if entry.url:
        return first.url is None or address_key(entry.url) != address_key(first.url)
    return (entry.title, entry.text) != (first.title, first.text)


def _entry(raw: RawEntry) -> FeedEntry:
    url = _open_link(raw.link, raw.base)
    title, summary, content = plain_line(raw.title), plain_text(raw.summary), plain_text(raw.content)
    return FeedEntry(
        key=_key(raw, url, title, summary or content),
        url=url,
        title=title,
        author=person_name(raw.author),
        published=raw.published,
        updated=_later_update(raw.published, raw.updated),
        summary=summary,
        content=content,
        source_title=plain_line(raw.source_title, 300),
        source_url=_open_link(raw.source_url, raw.base),
        image_url=_open_link(raw.image, raw.base),
        content_hash=content_hash(title, url, content or summary),
    )


def usable_link(link: str | None, base: str) -> str | None:
    """The normalised absolute address of a link; None for an empty one, which would be the feed's own address."""
    text = (link or "").strip().replace("&amp;", "&")
    return normalise(text, base) if text else None


def _open_link(link: str | None, base: str) -> str | None:
    """A usable link less user and password: no page is asked with them, and what is published names pages."""
    url = usable_link(link, base)
    parts = urlsplit(url or "")
    _, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host)) if at else url


def content_hash(title: str | None, url: str | None, text: str | None) -> str:
    """A hash of title, address and visible text, without counters and the queries of addresses inside the text."""
    visible = _ADDRESS.sub(lambda found: found[0].partition("?")[0], text or "")
    return _hash(title or "", address_key(url) if url else "", _COUNTER.sub("", visible))


def _key(raw: RawEntry, url: str | None, title: str | None, text: str | None) -> str:
    stated = " ".join((raw.id or "").split())
    if stated:
        return stated if len(stated) <= MAX_KEY_CHARS and is_plain(stated) else f"id:{_hash(stated)}"
    if url:
        fragment = (raw.link or "").strip().partition("#")[2][:MAX_KEY_CHARS]  # a page of many entries tells them apart by it
        shown = fragment if is_plain(fragment) else _hash(fragment)
        return address_key(url) + (f"#{shown}" if fragment else "")
    return f"text:{_hash(title or '', text or '')}"


def _later_update(published: Timestamp | None, updated: Timestamp | None) -> Timestamp | None:
    """An update that is no earlier than the publication; 7 % of stated ones are, and are wrong."""
    return None if updated and published and updated.at < published.at else updated


def _hash(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).hexdigest()
