"""Content codings come apart whole and bounded, or not at all."""

from __future__ import annotations

import gzip
import io
import zlib
from contextlib import suppress
from functools import partial

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import BadResponse, FetchError, TooLarge
from crawler.fetch.decode import MEMBERS, decode

URL = "http://a.example/"
TEXT = b"the ferry sails at dawn. " * 40_000  # 1 MB
LIMIT = 10_000_000


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def zstd_stream(body: bytes) -> bytes:
    packed = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(packed, closefd=False) as writer:
        writer.write(body)
    return packed.getvalue()


PACKERS = {
    "gzip": gzip.compress, "x-gzip": gzip.compress, "GZIP ": gzip.compress, "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=4), "zstd": zstd_stream,
}
PACKED = [(coding, pack(TEXT)) for coding, pack in PACKERS.items()] + [("deflate", raw_deflate(TEXT))]


@pytest.mark.parametrize(("coding", "raw"), PACKED)
def test_every_coding_asked_for_comes_apart(coding: str, raw: bytes) -> None:
    assert decode(raw, coding, limit=LIMIT, url=URL) == TEXT


@pytest.mark.parametrize(("coding", "raw"), PACKED)
def test_truncated_stream_is_no_body(coding: str, raw: bytes) -> None:
    with pytest.raises(BadResponse, match="ends early"):
        decode(raw[:-9], coding, limit=LIMIT, url=URL)


@pytest.mark.parametrize(("coding", "raw"), PACKED)
def test_cut_reading_takes_what_came(coding: str, raw: bytes) -> None:
    assert TEXT.startswith(decode(raw[:-9], coding, limit=LIMIT, url=URL, cut=True))
    assert decode(raw, coding, limit=1000, url=URL, cut=True) == TEXT[:1000]


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_bomb_stops_at_the_limit(coding: str) -> None:
    bomb = PACKERS[coding](bytes(100_000_000))
    assert len(bomb) < 110_000
    with pytest.raises(TooLarge, match="10,000,000"):
        decode(bomb, coding, limit=LIMIT, url=URL)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate"])
def test_what_is_no_stream_is_an_error_of_the_answer(coding: str) -> None:
    with pytest.raises(BadResponse, match="broken"):
        decode(b"\xffnot packed at all" * 500, coding, limit=LIMIT, url=URL)


@pytest.mark.parametrize("coding", ["gzip, gzip", "br, gzip", "compress", "aes128gcm", "x" * 9999, "\x1b[31m"])
def test_layers_and_unknown_codings_are_refused(coding: str) -> None:
    with pytest.raises(BadResponse, match="not asked for"):
        decode(gzip.compress(gzip.compress(TEXT)), coding, limit=LIMIT, url=URL)


@pytest.mark.parametrize("coding", [None, "", "identity", "none", "UTF-8"])
def test_plain_body_stays_as_it_is(coding: str | None) -> None:
    assert decode(TEXT, coding, limit=LIMIT, url=URL) == TEXT


def test_gzip_members_are_joined_and_a_tail_is_ignored() -> None:
    raw = gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0\0tail"
    assert decode(raw, "gzip", limit=LIMIT, url=URL) == b"one two"


def test_endless_members_are_refused() -> None:
    with pytest.raises(BadResponse, match="members"):
        decode(gzip.compress(b"") * (MEMBERS + 1), "gzip", limit=LIMIT, url=URL)


def test_empty_body_needs_no_stream() -> None:
    assert decode(b"", "gzip", limit=LIMIT, url=URL) == b""


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PACKED), st.integers(0, 2000), st.binary(min_size=1, max_size=20))
def test_damaged_streams_raise_nothing_but_fetch_errors(packed: tuple[str, bytes], at: int, damage: bytes) -> None:
    coding, raw = packed
    with suppress(FetchError):
        decode(raw[:at] + damage + raw[at + len(damage) :], coding, limit=LIMIT, url=URL)
