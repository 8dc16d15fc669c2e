"""What fuzzing starts from: invented documents (in seeds/), the cases of other tests, and the words of each grammar."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from pathlib import Path

import brotli
import zstandard

TESTS = Path(__file__).parents[1]

_PLAIN = b"The harbour wall at Sandwick. " * 40
_CODED = (
    gzip.compress(_PLAIN, mtime=0),
    gzip.compress(_PLAIN, mtime=0) * 2,
    gzip.compress(bytes(200_000), mtime=0),
    zlib.compress(_PLAIN),
    zlib.compress(_PLAIN)[2:-4],
    brotli.compress(_PLAIN),
    brotli.compress(bytes(3_000_000)),
    zstandard.compress(_PLAIN),
    zstandard.compress(bytes(3_000_000)),
    _PLAIN,
)
# The starts of members, an empty deflate block, a skippable frame of four bytes.
_MAGIC = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x78\x9c", b"\0\0\xff\xff", b"\x50\x2a\x4d\x18\x04\0\0\0", b"\xff" * 8)


def _files(*folders: str) -> tuple[bytes, ...]:
    found = (path for folder in folders for path in sorted((TESTS / folder).rglob("*")) if path.is_file())
    return tuple(body for path in found if 0 < len(body := path.read_bytes()) < 60_000)


def _tokens() -> dict[str, tuple[bytes, ...]]:
    stated = json.loads((TESTS / "fuzz" / "tokens.json").read_text())
    return {path: tuple(token.encode("utf-8", "surrogatepass") for token in tokens) for path, tokens in stated.items()}


SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "page": _files("fuzz/seeds/page", "articles/cases", "articles/metadata_cases"),
    "feed": _files("fuzz/seeds/feed", "feeds/cases"),
    "entry": _files("fuzz/seeds/feed", "feeds/cases"),
    "opml": _files("fuzz/seeds/opml"),
    "robots": _files("fuzz/seeds/robots"),
    "sitemap": _files("fuzz/seeds/sitemap"),
    "discovery": _files("fuzz/seeds/page", "articles/metadata_cases"),
    "body": _CODED,
    "address": _files("fuzz/seeds/address"),
}
_WORDS = _tokens()
TOKENS: Mapping[str, tuple[bytes, ...]] = {
    **_WORDS,
    "body": _MAGIC,
    "feed": (*_WORDS["feed"], *_WORDS["page"]),
    "entry": (*_WORDS["feed"], *_WORDS["page"]),
    "sitemap": (*_WORDS["sitemap"], *_WORDS["feed"]),
    "discovery": (*_WORDS["discovery"], *_WORDS["page"]),
}
