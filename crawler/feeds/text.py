"""Plain text out of what feeds carry: titles, names and bodies, in markup, escaped once or twice, or plain."""

from __future__ import annotations

import html
import re
import unicodedata

import regex
from ftfy import TextFixerConfig, fix_encoding
from ftfy.badness import badness
from resiliparse.extract.html2text import extract_plain_text

from crawler.markup import count_formatting, follow_tags, has_tag_with_more

MAX_BODY_CHARS = 262_144  # of one field's markup; resiliparse takes 0.06 s for the worst markup of this size
MAX_LINE_CHARS = 2_000
MOST_MENDS = 30  # mis-decoded letters mended one by one, in a text that is not mis-decoded as a whole
MAX_REOPENED = 500  # elements that open formatting ones add; a feed may have thousands of texts
MAX_ATTRIBUTES = 100  # in one tag

# Only these are cut from a title: "The <video> element" is a title too.
_TITLE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|i|img|ins|mark|nobr|p|q|s|small|span|strike|strong|sub|sup|tt|u|wbr)"
    r"(?:\s[^<>]*)?/?>|<(script|style)\b[^<>]*>[^<]*</\1>|<!--[^<>]*-->|<!\[CDATA\[|\]\]>",
    re.IGNORECASE,
)
_WHOLE_TEXT = TextFixerConfig(decode_inconsistent_utf8=False)
_ANY_TAG = re.compile(r"<[^<>]*>")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|&(?:#\d|#x|[a-zA-Z])[\da-zA-Z]*;")
# Controls, surrogates, noncharacters, and marks of direction that turn round what a terminal or page shows beside them.
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_MARKS = regex.compile(r"(\p{M}{30})\p{M}++")  # UAX #15 §13: no language stacks more, and normalising takes their square
_BREAK = re.compile(r"[\t\n\r]")
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n")
_EMAIL = r"[^\s@()<>\"]+@[^\s@()<>\"]+"


def plain_line(text: str | None, limit: int = MAX_LINE_CHARS) -> str | None:
    """A title or name as one line without markup, entities and control characters; None where nothing is left."""
    line = (text or "")[: 4 * limit]
    for _ in range(2):  # feeds that escape twice: &amp;amp;
        line = html.unescape(_TITLE_TAG.sub(_space_of, line))
    return " ".join(without_controls(_TITLE_TAG.sub(_space_of, line)).split())[:limit] or None


def plain_text(markup: str | None) -> str | None:
    """A body as plain text, blocks on lines of their own; scripts, styles, forms and comments are left out."""
    text = without_controls((markup or "")[:MAX_BODY_CHARS])
    # Controls are looked for again in what was read: entities are characters there.
    blocks = without_controls(_text_of(text)).split("\n") if _MARKUP.search(text) else _PARAGRAPH_END.split(text)
    lines = (" ".join(block.split()) for block in blocks)
    return "\n".join(line for line in lines if line) or None


def _text_of(markup: str) -> str:
    """The text that markup shows. Of what would cost a browser's way of reading dearly, tags are all that is taken out."""
    formatting = count_formatting(markup)
    is_costly = formatting * markup.count("<") > MAX_REOPENED and follow_tags(markup).reopened > MAX_REOPENED
    if is_costly or has_tag_with_more(markup, MAX_ATTRIBUTES):
        return html.unescape(_ANY_TAG.sub("\n", markup))
    text: str = extract_plain_text(
        markup, main_content=False, alt_texts=False, links=False, form_fields=False, noscript=False, list_bullets=False
    )
    return text


def person_name(text: str | None) -> str | None:
    """The name out of "email (Name)", "Name <email>" or "Name"; None where there is only an address."""
    line = plain_line(text, 300) or ""
    inside = re.fullmatch(rf"{_EMAIL}\s*\((.*)\)", line)
    name = inside[1] if inside else re.sub(rf"<?(?:mailto:)?{_EMAIL}>?", " ", line)
    return " ".join(name.split()).strip(" ,;<>()") or None


def without_controls(text: str) -> str:
    """The text without characters that steer a terminal or the direction of writing, double encoding undone, in NFC."""
    if not text.isascii() and (bad := badness(text)):
        text = fix_encoding(text, None if bad <= MOST_MENDS else _WHOLE_TEXT)
    text = _UNSHOWN.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", _MARKS.sub(r"\1", text))


def is_plain(text: str) -> bool:
    """Whether a text can be stored and shown as it is: no control character, surrogate or line break."""
    return _UNSHOWN.search(text) is None and not _BREAK.search(text)


def _space_of(tag: re.Match[str]) -> str:
    return " " if re.match(r"</?(?:br|div|p|h[1-6])\b", tag[0], re.IGNORECASE) else ""
