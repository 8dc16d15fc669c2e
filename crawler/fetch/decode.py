"""Undo one layer of content coding, never making more bytes than asked for.

Stock clients hand a chunk to the decompressor and take what comes: 1.6 KB of brotli become 2 GiB in one step. Here every
step makes at most a piece, and the whole stops at the limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterator

import brotli
import zstandard

from crawler.errors import BadResponse, TooLarge

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
INPUT_BYTES = 16_384  # fed at a time: what zlib copies of the rest stays small
PIECE_BYTES = 262_144  # made at a time
ZSTD_INPUT_BYTES = 256  # zstandard cannot bound its output: 4 bytes make at most a block of 128 KiB, so 8 MiB at a time
ZSTD_WINDOW_BYTES = 8_388_608  # RFC 9659: no more for the web
MEMBERS = 1000  # concatenated gzip members or zstd frames; each costs a new decompressor
AS_IS = frozenset({"", "identity", "none", "utf-8"})  # the last two are no codings, but servers say them of plain bodies

Pieces = Generator[bytes, None, int]  # yields output, returns how much of the input it took


class _Truncated(ValueError):
    pass


def decode(raw: bytes, content_encoding: str | None, *, limit: int, url: str, cut: bool = False) -> bytes:
    """The body that `raw` codes.

    Raises TooLarge where it is over `limit` bytes, or cuts it there if `cut`; a stream that ends early is then no fault
    either. Raises BadResponse for a broken stream, an unknown coding, and more than one layer.
    """
    coding = (content_encoding or "").strip().lower()
    if coding in AS_IS or not raw:
        return _collect(iter((raw,)), limit, url=url, cut=cut)
    if coding not in DECODERS:
        raise BadResponse(f"{url}: the body is coded as {coding[:40]!a}, which was not asked for", url=url)
    try:
        return _collect(_members(raw, DECODERS[coding]), limit, url=url, cut=cut)
    except (zlib.error, brotli.error, zstandard.ZstdError, _Truncated) as error:
        raise BadResponse(f"{url}: the {coding} body is broken: {error}", url=url) from error


def _collect(pieces: Iterator[bytes], limit: int, *, url: str, cut: bool) -> bytes:
    made: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            made.append(piece)
            size += len(piece)
            if size > limit:
                break
    except _Truncated:
        if not cut:
            raise
    if size > limit and not cut:
        raise TooLarge(f"{url}: the body is over fetch.max_bytes ({limit:,} bytes)", url=url)
    return b"".join(made)[:limit]


def _members(raw: bytes, decoder: Callable[[bytes, int], Pieces]) -> Iterator[bytes]:
    """Every member in turn; what follows the last one and is none is ignored, as browsers do."""
    start = 0
    for _ in range(MEMBERS):
        start = yield from decoder(raw, start)
        if not raw.startswith(CONTINUED, start):
            return
    raise _Truncated(f"over {MEMBERS} members")


def _gunzip(raw: bytes, start: int) -> Pieces:
    return _inflate(raw, start, wbits=31)


def _undeflate(raw: bytes, start: int) -> Pieces:
    """RFC 9110 §8.4.1.2 means zlib by deflate; many servers send the bare stream."""
    has_zlib_header = len(raw) > 1 and raw[0] & 15 == 8 and (raw[0] << 8 | raw[1]) % 31 == 0
    return _inflate(raw, start, wbits=15 if has_zlib_header else -15)


def _inflate(raw: bytes, start: int, *, wbits: int) -> Pieces:
    inflater = zlib.decompressobj(wbits)
    at = start
    while not inflater.eof:
        fed = inflater.unconsumed_tail
        if not fed:
            fed = raw[at : at + INPUT_BYTES]
            at += len(fed)
        piece = inflater.decompress(fed, PIECE_BYTES)
        if piece:
            yield piece
        elif not fed:
            raise _Truncated("it ends early")
    return at - len(inflater.unused_data)


def _unbrotli(raw: bytes, start: int) -> Pieces:
    inflater = brotli.Decompressor()
    at = start
    while not inflater.is_finished():
        fed = raw[at : at + INPUT_BYTES] if inflater.can_accept_more_data() else b""
        at += len(fed)
        piece = inflater.process(fed, output_buffer_limit=PIECE_BYTES)
        if piece:
            yield piece
        elif not fed:
            raise _Truncated("it ends early")
    return len(raw)


def _unzstd(raw: bytes, start: int) -> Pieces:
    inflater = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES).decompressobj()
    at = start
    while not inflater.eof:
        fed = raw[at : at + ZSTD_INPUT_BYTES]
        if not fed:
            raise _Truncated("it ends early")
        at += len(fed)
        yield inflater.decompress(fed)
    return at - len(inflater.unused_data)


CONTINUED = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd")  # a gzip member, a zstd frame
DECODERS: dict[str, Callable[[bytes, int], Pieces]] = {
    "gzip": _gunzip, "x-gzip": _gunzip, "deflate": _undeflate, "br": _unbrotli, "zstd": _unzstd,
}
