"""Names that stand alone by a headline: where an app puts the publisher whose article it shows.

    <img alt="Harbour Courier"> Harbour Courier · Ann Poe · <h1>The headline</h1> · UPDATED: 30 MAR 2023

A short text near the headline is mostly a section or a button: such a cue weighs 1, and is believed only where few sites bear the
name and the text agrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.articles.agencies import find_agency
from crawler.articles.clocks import read_time
from crawler.articles.head import Head, Heading
from crawler.articles.naming import OwnSite
from crawler.articles.wording import fold, likeness, word_set
from crawler.model import Metadata

MAX_LABELS = 3
_BEFORE, _AFTER = 6, 4  # short texts looked at on either side
_MAX_WORDS = 6
_ACTION = re.compile(
    r"(?i)^(?:share|save|print|subscribe|sign (?:in|up|out)|log ?(?:in|out)|register|follow|listen|watch|read|start|skip|"
    r"back to|updated|published|posted|by|von|par|por|via|"
    r"photo|image|advertisement|sponsored|copy link|get|try|open|view|add|donate|support|manage|edit|contact|all|most|more)\b"
)
_COMMON = word_set(
    "news home menu search comment comments next previous close video live opinion breaking exclusive analysis politics "
    "sport sports business world local culture science "
    "health technology tech lifestyle entertainment travel weather editorspick facebook twitter whatsapp email linkedin x "
    "today yesterday gift credit textsize edition section "
    "sections topics latest latestnews topstory account user writer columnist commentary contents featured newsletters "
    "learnmore gettyimages politik wirtschaft kultur "
    "wissen meinung kommentare teilen artikel mundo deportes economia opinion cultura politica monde culture societe "
    "economie privacypolicy termsofservice"
)


def read_labels(head: Head, metadata: Metadata, own: OwnSite) -> Iterator[str]:
    """Up to three candidates for a publisher's name, the one nearest to the headline first."""
    heading = _headline(head, metadata)
    if heading is None:
        return
    known = {fold(name) for name in (*metadata.titles, *metadata.authors, *(byline.text for byline in head.bylines))}
    found = 0
    for stated in (*heading.before[::-1][:_BEFORE], *heading.after[:_AFTER]):
        is_account = re.fullmatch(r"@\w{3,30}", stated) is not None
        text = stated.removeprefix("@")
        if fold(text) not in known and (is_account or is_label(text)) and not own.is_named(text):
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
    least = 1 if text[0].isdigit() else 4  # `20 Minuten` may be a name, `6 min read` and "Here's how it works" are none
    if not is_domain and find_agency(text) is None and any(word.islower() and len(word) >= least for word in words):
        return False
    if fold(text) in _COMMON or _ACTION.match(text) is not None:
        return False
    return re.search(r"[|/@#>•·():]|\d{3}|\d:\d", text) is None and read_time(text) is None


def _headline(head: Head, metadata: Metadata) -> Heading | None:
    title = metadata.title or ""
    return max(head.headings[:6], key=lambda heading: likeness(heading.text, title), default=None)
