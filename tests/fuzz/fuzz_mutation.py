"""Random changes to documents that know a little of their grammar: tags, lines, strings and tokens, besides bits and bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

MAX_BYTES = 1_000_000
MOST_CHANGES = 8
SELDOM = 0.02  # how often a piece is repeated until the document is large

_PIECE = re.compile(rb"<[^<>]{0,200}>|\"[^\"\n]{0,200}\"|[^\n]{1,200}\n|\S{1,40}")
_NUMBER = re.compile(rb"\d{1,12}")
_NUMBERS = (b"0", b"-1", b"1", b"7", b"99", b"10000", b"2147483648", b"1e309", b"00", b"9" * 40)
_CODECS = ("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig", "utf-7", "shift_jis", "gb18030")

Change = Callable[[Random, bytes, Sequence[bytes], Sequence[bytes]], bytes]


def mutate(rng: Random, documents: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """One of the documents, changed a few times; at most `MAX_BYTES`."""
    document = rng.choice(documents)
    for _ in range(rng.randint(0, MOST_CHANGES)):
        document = rng.choice(_CHANGES)(rng, document, documents, tokens)[:MAX_BYTES]
    return document


def _place(rng: Random, document: bytes) -> int:
    return rng.randint(0, len(document))


def _span(rng: Random, document: bytes) -> tuple[int, int]:
    """A range, mostly short, mostly of a whole piece."""
    pieces = list(_PIECE.finditer(document, _place(rng, document)))[:20] if rng.random() < 0.7 and document else []
    if pieces:
        first = rng.choice(pieces)
        last = rng.choice([piece for piece in pieces if piece.start() >= first.start()])
        return first.start(), last.end()
    start = _place(rng, document)
    return start, min(len(document), start + int(rng.expovariate(1 / 20)))


def _insert(rng: Random, document: bytes, _others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    place = _place(rng, document)
    return document[:place] + rng.choice(tokens) + document[place:]


def _replace(rng: Random, document: bytes, _others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    start, end = _span(rng, document)
    return document[:start] + rng.choice(tokens) + document[end:]


def _delete(rng: Random, document: bytes, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    start, end = _span(rng, document)
    return document[:start] + document[end:]


def _repeat(rng: Random, document: bytes, _others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    start, end = _span(rng, document)
    piece = document[start:end] if rng.random() < 0.7 else rng.choice(tokens)
    times = int(2 ** rng.uniform(1, 6))
    if rng.random() < SELDOM and piece:
        times = int(2 ** rng.uniform(6, 20))
    return document[:start] + piece * min(times, MAX_BYTES // max(len(piece), 1)) + document[end:]


def _splice(rng: Random, document: bytes, others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    start, end = _span(rng, other)
    place = _place(rng, document)
    return document[:place] + other[start:end] + document[place:]


def _join(rng: Random, document: bytes, others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return document[: _place(rng, document)] + other[_place(rng, other) :]


def _truncate(rng: Random, document: bytes, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    return document[: _place(rng, document)]


def _flip(rng: Random, document: bytes, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    changed = bytearray(document)
    for _ in range(min(len(changed), 1 + int(rng.expovariate(0.5)))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _set_bytes(rng: Random, document: bytes, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    start, end = _span(rng, document)
    return document[:start] + rng.randbytes(min(end - start, 12)) + document[end:]


def _swap(rng: Random, document: bytes, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    (start, end), (begin, stop) = sorted((_span(rng, document), _span(rng, document)))
    if begin < end:
        return document
    return document[:start] + document[begin:stop] + document[end:begin] + document[start:end] + document[stop:]


def _renumber(rng: Random, document: bytes, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    found = list(_NUMBER.finditer(document, _place(rng, document)))[:20]
    if not found:
        return document
    number = rng.choice(found)
    return document[: number.start()] + rng.choice(_NUMBERS) + document[number.end() :]


def _nest(rng: Random, document: bytes, _others: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """A span between two tokens, or between an opening tag and its end."""
    start, end = _span(rng, document)
    token = rng.choice(tokens)
    closing = b"</" + token[1:].split(b" ")[0].rstrip(b">") + b">" if token.startswith(b"<") else token
    return document[:start] + token + document[start:end] + closing + document[end:]


def _recode(rng: Random, document: bytes, _others: Sequence[bytes], _tokens: Sequence[bytes]) -> bytes:
    return document.decode("utf-8", "replace").encode(rng.choice(_CODECS), "replace")


_CHANGES: tuple[Change, ...] = (
    _insert, _insert, _replace, _replace, _delete, _repeat, _repeat, _splice, _splice, _join, _truncate, _flip, _set_bytes, _swap,
    _renumber, _nest, _nest, _recode,
)  # fmt: skip
