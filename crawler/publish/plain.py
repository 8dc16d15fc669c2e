"""What makes fetched words safe to print: no control, escape or bidi characters, no secrets of addresses."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

# CSI, OSC, DCS and two-byte escape sequences (ECMA-48), removed whole so that "[31m" does not stay behind
_ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?|\x1b[ -/]*[0-~]"
)
# bidi marks, embeddings and isolates (UAX 9: the "Trojan source" set)
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# zero-width spaces, invisible operators, blank letters (UAX 31 calls them default ignorable)
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
# controls, line separators, annotations, tags, lone surrogates
_UNSEEN = f"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff{_BIDI}{_BLANK}"
# Persian, the scripts of India and emoji need their joiners; beside a Latin letter, a space or an end they only hide something
_JOINERS = re.compile("(?:(?<=[\x00-\u02ff])|^)[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\u02ff]|$)")
_BREAKS = re.compile("[\t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")
_DANGEROUS = re.compile(f"[{_UNSEEN}]")

# what ends a sentence ends no address
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^\s\"'<>]*[^\s\"'<>.,:;!?)\]}]", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"(?i)(?:^|[-_.])(?:key|token|secret|sig|signature|auth|authorization|pass|passwd|password|pwd|credential|session|sid|jwt|hmac)s?(?:$|[-_.])"
    r"|(?i:apikey|accesskey|userkey|rsskey|feedkey|authkey|accesstoken|usertoken|feedtoken)"
)
_SECRET_VALUE = re.compile(r"(?=[^&]*\d)(?=[^&]*[A-Za-z])[A-Za-z0-9+/_=.~%-]{20,}")
_SECRET_SEGMENT = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_]{32,}")  # a headline in an address has hyphens
_PAIR = re.compile(r"[^&;]+")
MASK = "***"


def plain(text: str) -> str:
    """One line of text that a terminal shows as it reads: what steers it or is not seen removed, breaks made spaces."""
    return _JOINERS.sub("", _DANGEROUS.sub("", _BREAKS.sub(" ", _ESCAPE.sub("", text))))


def plain_lines(text: str) -> str:
    """As `plain`, line by line."""
    return "\n".join(plain(line) for line in text.split("\n"))


def escape_unseen(text: str) -> str:
    r"""JSON that is safe to print: what `plain` would remove stands as \uXXXX, so that nothing is lost."""
    return _DANGEROUS.sub(_as_json_escape, text)


def _as_json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def mask(text: str) -> str:
    """The text with the secrets of its addresses hidden: user and password, values and path segments that are or look like keys."""
    return _ADDRESS.sub(lambda match: _mask_address(match[0]), text)


def without_user(url: str) -> str:
    """A page's address for readers, less user and password. Keys in its query stay: without them it may lead nowhere."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return mask(url)
    _, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host)) if at else url


def _mask_address(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:  # an address no parser takes: show nothing behind its scheme
        return url.partition("://")[0] + "://" + MASK
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{MASK}@{host}" if at and user else parts.netloc
    path = "/".join(MASK if _SECRET_SEGMENT.fullmatch(segment) else segment for segment in parts.path.split("/"))
    query, fragment = _PAIR.sub(_mask_pair, parts.query), _PAIR.sub(_mask_pair, parts.fragment)
    return urlunsplit((parts.scheme, netloc, path, query, fragment))


def _mask_pair(match: re.Match[str]) -> str:
    name, equals, value = match[0].partition("=")
    if equals and value and (_SECRET_NAME.search(name) or _SECRET_VALUE.fullmatch(value)):
        return f"{name}={MASK}"
    return match[0]
