"""Names that stand alone by a headline: where an app puts the publisher whose article it shows.

    <img alt="Harbour Courier"> Harbour Courier · Ann Poe · <h1>The headline</h1> · UPDATED: 30 MAR 2023

A short text near the headline is mostly a section or a button: such a cue weighs 1, and is believed only where few sites bear the name
and the text agrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.articles.agencies import find_agency
from crawler.articles.clocks import read_time
from crawler.articles.head import Head, Heading
from crawler.articles.naming import OwnSite
from crawler.articles.wording import fold, likeness
from crawler.model import Metadata

MAX_LABELS = 3
_BEFORE, _AFTER = 6, 4  # short texts looked at on either side
_MAX_WORDS = 6
_NOT_A_LABEL = re.compile(
    r"(?i)^(?:news|home|menu|search|share|save|print|comments?|subscribe|sign (?:in|up)|log ?in|register|follow|listen|watch|read|start|more|next|previous|close|skip|back|"
    r"updated|published|posted|by|von|par|por|photo|image|video|live|opinion|breaking|exclusive|analysis|advertisement|sponsored|politics|sports?|business|world|"
    r"local|culture|science|health|technology|tech|lifestyle|entertainment|travel|weather|editor'?s? pick|facebook|twitter|whatsapp|email|linkedin|copy link|x|get|try|open|view|"
    r"add|min|minutes?|hours?|today|yesterday|gift|credit|text size|donate|support|edition|sections?|topics?)\b"
)


def read_labels(head: Head, metadata: Metadata, own: OwnSite) -> Iterator[str]:
    """Up to three candidates for a publisher's name, the one nearest to the headline first."""
    heading = _headline(head, metadata)
    if heading is None:
        return
    known = {fold(name) for name in (*metadata.titles, *metadata.authors, *(byline.text for byline in head.bylines))}
    found = 0
    for text in (*heading.before[::-1][:_BEFORE], *heading.after[:_AFTER]):
        if fold(text) not in known and is_label(text) and not own.is_named(text):
            known.add(fold(text))
            yield text
            found += 1
            if found == MAX_LABELS:
                return


def is_label(text: str) -> bool:
    """Whether a short text is shaped like a publisher's name."""
    words = text.split()
    if not 1 <= len(words) <= _MAX_WORDS or len(text) > 40 or text[-1] in ".!?:;,…" or not re.search(r"[^\W\d_]{2}", text):
        return False
    is_domain = re.fullmatch(r"(?:[\w-]+\.)+[a-z]{2,}", text) is not None
    if not is_domain and find_agency(text) is None and any(word[0].islower() and len(word) > 3 for word in words):
        return False  # a sentence, not a name
    return _NOT_A_LABEL.match(text) is None and re.search(r"[|/@#>•·()]|^\d|\d{3}", text) is None and read_time(text) is None


def _headline(head: Head, metadata: Metadata) -> Heading | None:
    title = metadata.title or ""
    return max(head.headings[:6], key=lambda heading: likeness(heading.text, title), default=None)
