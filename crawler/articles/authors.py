"""Who wrote an article, in three lists: persons, organisations, agencies.

    JSON-LD · meta · rel=author · itemprop · feed · byline class · line by the headline · trafilatura

Persons come from the first field that names one: preferring a larger set from a later field costs up to 13 points of exact sets.
Agencies are gathered from every field, since they tell of a text's origin. Bylines in figures and image boxes are ignored.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement
from trafilatura.metadata import extract_author

from crawler.articles.agencies import find_agency, is_generic_agency, split_agency, written_name
from crawler.articles.head import BylineKind, Head
from crawler.articles.titles import site_names
from crawler.articles.wording import clean, fold, word_set
from crawler.model import FeedEntry

log = logging.getLogger(__name__)

_META = (
    "author",
    "article:author",
    "sailthru.author",
    "parsely-author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "dc.creator.name",
    "creator",
    "authors",
    "cxenseparse:author",
    "article:author_name",
    "og:article:author",
    "citation_author",
    "twitter:data1",
    "author-name",
    "vr:author",
)
_LEAD = re.compile(
    r"^(?:(?:(?:story|words|text|written|posted|published|reported|report|interview|article|analysis|opinion|"
    r"review)\s+)?by\b|por\b|par\b|von\b|door\b|di\b|av\b|"
    r"af\b|przez\b|autore?n?\b:?|auteur\s?:|texte?\s?:|author\b:?|view all posts by\b|redacción de\b|de la rédaction de\b|"
    r"about\b|from\b|propos recueillis par\b|"
    r"ein(?:e)? (?:\w+ )?von\b)[\s:]*",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"(?i)https?://\S+|www\.\S+|\S+@\S+|(?<!\w)@\w+|\b\d+\s?min(?:ute)?s?(?: read)?\b|\b\d{1,2}:\d\d\b.*|\b(?:updated|"
    r"published|posted|aktualisiert|mis à jour)\b.*|"
    r"\b(?:follow|share|see more|read more|more by|and \d+ (?:more|others))\b.*"
)
_GLUED_DATE = re.compile(
    r"(?i)(?:,?\s*(?:mon|tues?|wednes|thurs?|fri|satur|sun)day,?\s*)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|"
    r"dec)[a-z]*\.?\s+\d{1,2}\b.*$|\d{1,2}\.\s?(?:\d{1,2}\.|\w+ \d{4}).*$|"
    r"\b(?:19|20)\d\d\b.*$"
)
_ROLE = re.compile(
    r"(?i)\b(?:editor|reporter|correspondent|writer|journalist|columnist|producer|contributor|analyst|redakteur(?:in)?|"
    r"korrespondent(?:in)?|redactor|periodista|journaliste|"
    r"giornalista|jornalista|verslaggever|author|critic|chief|bureau|staff|desk|professor|lecturer|director|fellow|politics|"
    r"freelance|photographer|special to|for|at)\b"
)
_SPLIT = re.compile(
    r"\s*[;|/&•·]\s*|\s*,\s+(?!(?:jr|sr|ph\.?d|m\.?d|ii|iii|esq)\b\.?)|\s*\n\s*|(?<=[^\W\d_]),(?=[^\W\d_])|\s+(?:and|und|et|"
    r"y|og|och|en|e|with|mit|avec|con|as told to)\s+",
    re.I,
)
_NOT_A_NAME = word_set(
    "staff admin administrator editor editors redaktion redaction redaccion redazione redacao redactie newsroom guest "
    "contributor unknown anonymous author authors user "
    "webmaster staffwriter staffreporter newsdesk newsstaff editorialteam none null nan na webdesk onlinedesk press news "
    "default root"
)
_ORGANISATION = re.compile(
    r"(?i)\b(?:news|staff|team|desk|press|editorial|editors?|redaktion|redacci[óo]n|r[ée]daction|redazione|reda[cç][ãa]o|"
    r"redactie|redakcja|board|agency|media|magazine|times|"
    r"post|herald|tribune|gazette|journal|network|tv|radio|online|group|institute|university|department|ministry|service|"
    r"newsroom|reporters?|correspondents?|wire|\.com|inc|ltd|gmbh)\b|"
    r"^the\s"
)
_PARTICLE = word_set(
    "de da do dos das del della di du van von der den ten ter la le el al bin ibn ben abu af av zu zum y e und mc mac st o"
)
_TRAFILATURA_CHARS = 1_500_000
MAX_NAMES = 20
_BYLINE_CHARS = 1_000  # that hold names; the longest list of 20 authors is half of that


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    """The names of a page's byline, duplicates (by letters) folded."""

    persons: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    text: str
    is_organisation: bool = False  # the markup says so
    is_listed: bool = False  # one of a structured list: not to be split at "and"


def read_authors(head: Head, *, entry: FeedEntry | None) -> Authors:
    """Who the page says wrote the article; trafilatura's guess where neither page nor feed has a field for it."""
    site = site_names(head)
    found = [_sort(names, site) for names in _fields(head, entry)]
    if not any(one.persons or one.organisations or one.agencies for one in found):
        found = [_sort(names, site) for names in _guesses(head)]
    persons = next((one.persons for one in found if one.persons), ())
    organisations = next((one.organisations for one in found if one.organisations), ())
    agencies = _unique(name for one in found for name in one.agencies)
    return Authors(persons=persons, organisations=organisations, agencies=agencies)


def _fields(head: Head, entry: FeedEntry | None) -> Iterator[list[_Name]]:
    yield [_Name(party.name, party.is_organisation) for party in head.linked.authors if party.name]
    for key in _META:
        if key != "twitter:data1" or "written" in (head.meta("twitter:label1") or "").lower():
            yield [_Name(value) for value in head.metas.get(key, ())[:MAX_NAMES]]
    yield [_Name(text) for text in _bylines(head, BylineKind.REL)]
    yield [_Name(text) for text in _bylines(head, BylineKind.ITEMPROP)]
    yield [_Name(entry.author)] if entry is not None and entry.author else []
    yield [_Name(text) for text in _bylines(head, BylineKind.CLASS)]


def _bylines(head: Head, kind: BylineKind) -> list[str]:
    """The name-shaped bylines of one kind. Of classes only the first few: later ones are of other stories or the author's box."""
    texts = [mark.text for mark in head.bylines if mark.kind is kind and not mark.in_picture]
    if kind is not BylineKind.CLASS:
        return [text for text in texts[:6] if len(text) <= 100]
    return next(
        ([text] for text in texts[:4] if len(text) <= 100 and any(_is_name(name) or find_agency(name) for name in _names(text))), []
    )


def _guesses(head: Head) -> Iterator[list[_Name]]:
    near = [text for heading in head.headings[:2] for text in (*heading.after, *heading.before[::-1]) if _LEAD.match(text)]
    yield [_Name(text) for text in near[:1] if any(_is_name(name) for name in _names(text))]
    if head.html_chars <= _TRAFILATURA_CHARS:
        guess = _guess(head.tree)
        yield [_Name(name) for name in guess.split("; ")] if guess and len(guess) <= 100 else []


def _guess(tree: HtmlElement) -> str | None:
    """trafilatura's author, from a copy of the tree."""
    try:
        guess: str | None = extract_author(tree)
    except Exception:  # it fails in its own ways on broken markup: then it has no guess
        log.debug("trafilatura could not look for an author", exc_info=True)
        return None
    return guess


def _names(text: str) -> Iterator[str]:
    """The single names of a byline, cleaned."""
    text = _LEAD.sub("", clean(text[:_BYLINE_CHARS]))
    text = re.sub(
        r"(?<=[a-zà-ÿ])(?=(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.? \d)", " ", text
    )  # "Finn TropyDec 26"
    text = _GLUED_DATE.sub("", _NOISE.sub("", text))
    for part in _SPLIT.split(text)[:MAX_NAMES]:
        if name := _LEAD.sub("", part or "").strip(" \t,.:;-–—|•·*\"'“”()[]<>"):
            yield re.split(r"\s+[–—-]\s+|\s*\|\s*|,\s+(?=[a-z])", name)[0].strip()


def _is_name(text: str) -> bool:
    """Whether a text is shaped like a person's name: two to five words, capitals or particles, no digits."""
    parts = text.split()
    if any(char.isdigit() for char in text) or fold(text) in _NOT_A_NAME or _ROLE.search(text):
        return False
    if len(parts) == 1:
        return 2 <= len(text) <= 6 and not text.isascii()  # a name written without spaces
    return 2 <= len(parts) <= 5 and all(
        part[0].isupper() or not part[0].isascii() or part.lower().strip("'’") in _PARTICLE for part in parts
    )


def _sort(names: Iterable[_Name], site: Collection[str]) -> Authors:
    """One field's names, sorted into the three lists."""
    persons, organisations, agencies = list[str](), list[str](), list[str]()
    for stated in names:
        whole = find_agency(stated.text)
        for name in [stated.text] if whole else list(_names(stated.text)):
            rest, agency = split_agency(_without_outlet(_undoubled(name), site))
            if find_agency(name) is not None:
                rest, agency = "", find_agency(name)
            if agency is not None:
                agencies.append(written_name(name, agency))
            _place(rest, stated, site, persons, organisations, agencies)
    return Authors(persons=_unique(persons), organisations=_unique(organisations), agencies=_unique(agencies))


def _undoubled(name: str) -> str:
    """`Ann Poe Ann Poe`, printed twice by nested markup, is one name."""
    parts = name.split()
    half = len(parts) // 2
    return " ".join(parts[:half]) if half >= 2 and parts[:half] == parts[half:] else name


def _without_outlet(name: str, site: Collection[str]) -> str:
    """`Ann Poe Harbour Courier` is Ann Poe where the rest names the site."""
    parts = name.split()
    cuts = (cut for cut in range(2, len(parts)) if fold(" ".join(parts[cut:])) in site)
    return next((" ".join(parts[:cut]) for cut in cuts), name)


def _place(
    name: str, stated: _Name, site: Collection[str], persons: list[str], organisations: list[str], agencies: list[str]
) -> None:
    key = fold(name)
    is_account = " " not in name and any(char.isdigit() for char in name)
    if (
        len(key) < 2
        or is_account
        or len(name) > 80
        or key in _NOT_A_NAME
        or (_ROLE.search(name) and not _ORGANISATION.search(name))
    ):
        return
    if (
        is_generic_agency(name)
        or stated.is_organisation
        or key in site
        or _ORGANISATION.search(name)
        or any(char.isdigit() for char in name)
    ):
        organisations.append(name)
    elif _is_name(name) or " " not in name or len(name.split()) <= 5:
        persons.append(_cased(name))


def _cased(name: str) -> str:
    """A name printed all in capitals or all in small letters as it is usually written."""
    return name.title() if " " in name and (name.isupper() or name.islower()) else name


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    kept = dict[str, str]()
    for name in names:
        kept.setdefault(fold(name), name)
    return tuple(kept.values())[:MAX_NAMES]
