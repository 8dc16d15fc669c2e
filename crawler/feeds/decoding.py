"""A feed's bytes made safe for a parser: UTF-8 whatever they came as, no entity that swells, no more entries than asked for."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left

from crawler.errors import NotAFeed

MOST_DEPTH = 500  # nested elements within one entry
MOST_BYTES = 4_194_304  # that are parsed; the largest of 313 real feeds has 2.7 MB in its first 2,000 entries
# What parsing costs, in microseconds about (feedparser parses again where a feed is not well-formed): the dearest of those 313
# feeds is reckoned at less than 0.5 s. An attribute is looked for among all of its tag.
MOST_COST_US = 600_000
TAG_US = 20
ATTRIBUTES_US = 0.15
REFERENCE_US = 2
_MARK = re.compile(rb"&|<(?:!\[CDATA\[|!--|/?[A-Za-z_][^<>]*>?)?")
PROLOG_BYTES = 65_536  # where a root element must have begun
MAX_EXPANSION_BYTES = 1_048_576  # what declared entities may add; real feeds declare &nbsp; and the like
MAX_TAG_BYTES = 65_536
MAX_RUN_BYTES = 1_000  # feedparser looks for e-mail addresses in time quadratic to such a run: 1.4 s for 20,000

_BOMS = (  # the longer ones first: UTF-32-LE begins as UTF-16-LE does
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_WIDE = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
# Python also has codecs that are no character encodings (zip, idna) or that hide markup (utf-7): only these are tried.
_KNOWN_CODECS = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-?\d{1,2}|latin-?1|windows-?\d{3,4}|cp\d{3,4}|koi8-[rut]|mac-?roman|shift[-_]?jis|sjis|euc-?(?:jp|kr)"
    r"|iso-2022-(?:jp|kr)|gb2312|gbk|gb18030|big5(?:-?hkscs)?|tis-620",
    re.IGNORECASE,
)
_DECLARATION = re.compile(rb"^\s*<\?xml\b[^<>]{0,500}?\?>", re.IGNORECASE)
_DECLARED = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY\s+(%\s+)?([^\s\"'<>]{1,100})\s+(?:\"([^\"]*)\"|'([^']*)'|(?:SYSTEM|PUBLIC)\b)", re.IGNORECASE)
_REFERENCE = re.compile(rb"&([A-Za-z_][\w.-]{0,99});")
_LONG_RUN = re.compile(rb"[A-Za-z0-9_.+-]{%d,}" % (MAX_RUN_BYTES + 1))
_START = re.compile(rb"<([A-Za-z][\w:.-]{0,80})")
_CHANNEL = re.compile(rb"<(/?)((?:[A-Za-z][\w.-]{0,40}:)?channel)(?=[\s>])", re.IGNORECASE)
_ENTRY_START = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)


def to_utf8(body: bytes, content_type: str | None) -> bytes:
    """The body in UTF-8 without its XML declaration.

    Byte order mark, then what is UTF-8 by itself (nothing else looks like it), then the charset of the answer, then the
    declaration (network notes §4.10), last Windows-1252; broken bytes become U+FFFD.
    """
    text = _decode(body, content_type).replace("\x00", "").lstrip("\ufeff \t\r\n")
    return _DECLARATION.sub(b"", text.encode("utf-8", "replace"), count=1)


def _decode(body: bytes, content_type: str | None) -> str:
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    for start, codec in _WIDE:
        if body.startswith(start):
            return body.decode(codec, "replace")
    declared = _declared_codec(body, content_type)
    if not declared.startswith("iso-2022"):  # which is ASCII to the eye
        text = body.decode("utf-8", "replace")
        if _is_nearly_whole(text):
            return text
    return body.decode(declared if declared not in ("utf-8", "utf8", "ascii", "us-ascii") else "windows-1252", "replace")


def _is_nearly_whole(text: str) -> bool:
    broken = text.count("\ufffd")
    return not broken or broken * 10 < len(text.encode("utf-8", "replace")) - len(text)


def _declared_codec(body: bytes, content_type: str | None) -> str:
    stated = _CHARSET.search(content_type or "")
    start = _DECLARATION.match(body)
    declared = _DECLARED.search(start[0]) if start else None
    names = ([stated[1]] if stated else []) + ([declared[1].decode("ascii")] if declared else [])
    for name in names:
        if _KNOWN_CODECS.fullmatch(name) and _exists(name):
            return name.lower()
    return "utf-8"


def _exists(codec: str) -> bool:
    try:
        codecs.lookup(codec)
    except LookupError:
        return False
    return True


def refuse_entity_bomb(body: bytes, url: str) -> None:
    """Raises NotAFeed where the declared entities would swell the text (nested, external, or much used)."""
    root = re.search(rb"<[A-Za-z]", body[:PROLOG_BYTES])
    prolog = body[: root.start()] if root else body[:PROLOG_BYTES]
    if b"<!ENTITY" not in prolog.upper():
        return
    values: dict[bytes, int] = {}
    for is_parameter, name, double, single in _ENTITY.findall(prolog):
        value = double or single
        if is_parameter or _REFERENCE.search(value):
            raise NotAFeed(f"{url} declares entities made of entities, as an attack does; nothing of it was read")
        values[name] = len(value)
    added = sum(values.get(name, 0) for name in _REFERENCE.findall(body))
    if added > MAX_EXPANSION_BYTES:
        raise NotAFeed(f"{url} declares entities that would swell it by {added:,} bytes; nothing of it was read")


def cut_runs(body: bytes) -> bytes:
    """The body with unbroken runs of letters and digits cut to a length that no word or address has."""
    return _LONG_RUN.sub(lambda run: run[0][:MAX_RUN_BYTES], body)


def cut_entries(body: bytes, max_entries: int) -> tuple[bytes, int]:
    """The body closed after its first `max_entries` entries, or before the one in which it would cost too much, and how many
    entries were left out."""
    starts = [found.start() for found in _ENTRY_START.finditer(body)]
    end = affordable_bytes(body)
    begun = bisect_left(starts, end)
    kept = min(begun - (end < len(body)), max_entries)
    if kept == len(starts) or kept <= 0:  # what is left of a first entry that costs too much by itself is read
        return body[:end], len(starts) - begun
    return body[: starts[kept]] + _closing_tags(body[: starts[0]]), len(starts) - kept


def _closing_tags(head: bytes) -> bytes:
    """The end tags of what is open before the first entry: the root, and in RSS 0.91 to 2.0 its channel."""
    root, channels = _START.search(head), _CHANNEL.findall(head)
    still_open = channels[-1][1] if channels and not channels[-1][0] else b""
    return (b"</%b>" % still_open if still_open else b"") + (b"</%b>" % root[1] if root else b"")


def affordable_bytes(body: bytes) -> int:
    """How much of the body can be parsed before its elements lie deeper than any feed's, or it costs too much.

    One pass over the marks; what stands in CDATA or a comment is no element.
    """
    depth = at = 0
    cost_us = 0.0
    while found := _MARK.search(body, at, MOST_BYTES):
        mark, at = found.group(), found.end()
        if mark == b"&":
            cost_us += REFERENCE_US
        elif mark in (b"<![CDATA[", b"<!--"):
            at = body.find(b"]]>" if mark == b"<![CDATA[" else b"-->", at) + 3
            if at < 3:
                break
            cost_us += TAG_US
        else:
            cost_us += TAG_US + ATTRIBUTES_US * mark.count(b"=") ** 2
            depth = _depth_behind(mark, depth)
        if cost_us > MOST_COST_US or depth > MOST_DEPTH or found.end() - found.start() > MAX_TAG_BYTES:
            return found.start()
    return min(len(body), MOST_BYTES)


def _depth_behind(mark: bytes, depth: int) -> int:
    if mark.startswith(b"</"):
        return max(0, depth - 1)
    if _ENTRY_START.match(mark):
        return 3  # whatever markup the entry before left open
    return depth if mark.endswith(b"/>") or not mark.endswith(b">") else depth + 1
