"""From bytes to text: which encoding a page is in, without trusting what it says of itself too far.

    byte order mark ─► UTF-8 that proves itself ─► charset of the HTTP header ─► charset of the markup ─► detector

Bytes beyond ASCII that are valid UTF-8 are UTF-8, whatever single-byte charset is declared: an article in another encoding
is no valid UTF-8 by accident. Only encodings of the web (WHATWG Encoding) are decoded; other codecs of Python are never
reached from a header.
"""

from __future__ import annotations

import codecs
import re

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

from crawler.errors import NotAPage

_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]{2,40})", re.IGNORECASE)
_MARKUP_CHARSET = re.compile(rb"<(?:meta|\?xml)\b[^>]{0,400}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:+-]{2,40})", re.IGNORECASE)
_MARKUP_REACH = 4096  # bytes in which a charset is looked for; the standard says 1024, many pages exceed it
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PYTHON_NAMES = {"shift_jis": "cp932", "euc_kr": "cp949", "gbk": "gb18030", "big5": "big5hkscs", "iso8859-11": "cp874"}
_MARKUP_START = re.compile(r"<\s*(?:!doctype|html|head|body|div|p|article|meta|title)\b", re.IGNORECASE)
_OTHER_TYPES = (
    "image/",
    "video/",
    "audio/",
    "font/",
    "application/pdf",
    "application/zip",
    "application/octet-stream",
    "application/json",
)
_REPLACEMENT = "\ufffd"


def decode_page(body: bytes, content_type: str | None) -> str:
    """A page's markup as text, without NULs. Raises NotAPage where the bytes are no markup."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if not body.strip(b"\0 \t\r\n"):
        raise NotAPage("an empty answer, not a page")
    text = _decode(body, content_type or "")
    if not _MARKUP_START.search(text, 0, _MARKUP_REACH) and (kind.startswith(_OTHER_TYPES) or text.count("<") < 3):
        raise NotAPage(f"no markup in {len(body):,} bytes of {kind or 'an unnamed type'}: not a page")
    return text.replace("\0", "")


def _decode(body: bytes, content_type: str) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _declared(body, content_type)
    if declared not in ("iso2022_jp", "utf-16-le", "utf-16-be"):  # those are ASCII bytes too
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    if declared and (text := _believable(body, declared)) is not None:
        return text
    guessed = _python_codec(detect_encoding(body[:200_000], from_html_meta=False)) or "cp1252"
    return body.decode(guessed, "replace")


def _declared(body: bytes, content_type: str) -> str | None:
    """The codec of the first known charset that header or markup names."""
    if (found := _HTTP_CHARSET.search(content_type)) and (codec := _python_codec(found[1])):
        return codec
    marked = _MARKUP_CHARSET.search(body, 0, _MARKUP_REACH)
    codec = _python_codec(marked[1].decode("ascii", "ignore")) if marked else None
    return "utf-8" if codec and codec.startswith("utf-16") else codec  # what can be read as ASCII is no UTF-16


def _python_codec(label: str | None) -> str | None:
    """Python's codec for a label of the WHATWG standard; None for every other."""
    name = map_encoding_to_html5(label, fallback_utf8=False) if label else None
    if not name:
        return None
    name = _PYTHON_NAMES.get(name, name)
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def _believable(body: bytes, codec: str) -> str | None:
    """The text by the declared codec, a few broken bytes replaced; None where more is broken than makes sense."""
    text = body.decode(codec, "replace")
    broken = text.count(_REPLACEMENT)
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore")) if broken else 0
    return text if beyond_ascii >= 2 * broken else None
