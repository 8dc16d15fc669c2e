"""Lines of a text that name where it comes from: credit lines in seven languages, datelines, agency marks, © and source lines.

Each reader takes one line and gives at most one `Claim`; whether the name is the page's own is for cues.py to say. Weights follow
the share that was right when checked by hand (3: nearly all; 1: about half). Kept out: photo credits, "told Reuters", contributors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crawler.articles.agencies import Agency, find_agency, split_agency
from crawler.articles.clocks import is_month
from crawler.model import CueKind

_LINE_CHARS = 300  # a longer block is prose: a credit line may end or open it, a © line does not
_STORY = (
    r"(?:story|article|piece|post|report|column|essay|commentary|content|op-?ed|interview|analysis|item|version|excerpt|"
    r"investigation|blog|feature)"
)
_FIRST = r"(?:originally|first|initially|previously)"
_OUT = r"(?:published|appeared|posted|printed|produced|reported|ran|released|written)"
_CREDITS = tuple(
    re.compile(r"(?:^|[.!?:*–—(\[]\s*|\n)" + pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:(?:this|the|a version of this|an earlier version of this)\s+(?:[\w-]+\s+){{0,3}}?{_STORY}\s+)?(?:was\s+|is\s+|"
        rf"has\s+been\s+|had\s+been\s+)?{_FIRST}\s+{_OUT}\s+"
        r"(?:[\w-]+\s+){0,2}?(?:by|on|in|at|for|with|via)\s+(?P<name>.+)",
        rf"(?:(?:this|the)\s+(?:[\w-]+\s+){{0,2}}?{_STORY}\s+)?(?:was\s+|is\s+|has\s+been\s+)?{_OUT}\s+{_FIRST}\s+(?:by|on|"
        rf"in|at)\s+(?P<name>.+)",
        r"the\s+post\s+.{3,200}?\s+(?:appeared\s+first|first\s+appeared)\s+on\s+(?P<name>.+)",
        rf"(?:(?:this|the)\s+(?:[\w-]+\s+){{0,2}}?{_STORY}\s+)?(?:was\s+|is\s+|has\s+been\s+)?(?:being\s+)?(?:re-?published|"
        rf"re-?printed|re-?posted|reproduced|syndicated)\s+(?:here\s+)?"
        r"(?:with\s+(?:kind\s+)?permission\s+)?(?:from|courtesy\s+of|with\s+permission\s+(?:of|from)|"
        r"by\s+permission\s+of)\s+(?P<name>.+)",
        rf"this\s+(?:[\w-]+\s+){{0,2}}?{_STORY}\s+(?:comes|is|was|appears)\s+(?:here\s+)?(?:courtesy\s+of|"
        rf"provided\s+(?:here\s+)?by|brought\s+to\s+you\s+by|via|from)\s+(?P<name>.+)",
        rf"read\s+the\s+(?:original|full)\s+{_STORY}\s+(?:here\s+)?(?:on|at|in|from|by)\s+(?P<name>.+)",
        r"(?:(?:dieser|der|diese|die|dieses|das)\s+(?:\w+\s+)?(?:artikel|beitrag|text|bericht|kommentar|meldung|interview|"
        r"geschichte|recherche|essay|kolumne)\s+(?:.{3,150}?\s+)?)?"
        r"(?:erschien|ist|wurde|erschienen)?\s*(?:zuerst|zunächst|ursprünglich|erstmals|im\s+original)\s+(?:erschienen\s+|"
        r"veröffentlicht\s+|publiziert\s+)?"
        r"(?:bei|beim|auf|in|im|von|vom|durch)\s+(?P<name>.+)",
        r"(?:(?:(?:cet|ce|cette)\s+)?(?:article|texte|tribune|reportage|billet|enquête|contenu|entretien)\s+)?(?:(?:a\s+été|est|"
        r"a)\s+)?(?:(?P<a1>initialement|d.abord|originellement|à\s+l.origine)\s+)?"
        r"(?:publiée?|parue?)\s+(?(a1)|(?:initialement|d.abord|originellement|à\s+l.origine|pour\s+la\s+première\s+fois|"
        r"en\s+premier)\s+)(?:par|sur|dans|chez|en)\s+(?P<name>.+)",
        r"(?:(?:este|esta|el|la)\s+(?:artículo|nota|historia|reportaje|texto|noticia|crónica|columna|entrevista|contenido|"
        r"informe)\s+)?(?:fue\s+|se\s+|ha\s+sido\s+)?(?:(?P<a2>originalmente|inicialmente)\s+)?"
        r"(?:publicad[oa]|publicó|apareció)\s+(?(a2)|(?:originalmente|inicialmente|primero|por\s+primera\s+vez)\s+)(?:en|"
        r"por)\s+(?P<name>.+)",
        r"(?:(?:este|esta|o|a)\s+(?:artigo|matéria|reportagem|texto|notícia|conteúdo|entrevista)\s+)?(?:foi\s+|"
        r"apareceu\s+)?(?:(?P<a3>originalmente|inicialmente)\s+)?"
        r"(?:publicad[oa]\s+)?(?(a3)|(?:originalmente|inicialmente|primeiro|pela\s+primeira\s+vez)\s+)(?:em|no|na|por|pelo|"
        r"pela)\s+(?P<name>.+)",
        r"(?:questo\s+(?:articolo|testo|pezzo|reportage|contenuto)\s+|questa\s+(?:storia|intervista|"
        r"inchiesta)\s+)?(?:è\s+(?:stat[oa]\s+)?)?(?:(?P<a4>originariamente|originalmente|inizialmente)\s+)?"
        r"(?:pubblicat[oa]|appars[oa]|uscit[oa])\s+(?(a4)|(?:originariamente|originalmente|inizialmente|"
        r"per\s+la\s+prima\s+volta|in\s+origine|prima)\s+)(?:su|da|in|sul|sulla|nel|dal)\s+(?P<name>.+)",
        r"(?:dit\s+(?:artikel|stuk|verhaal|bericht|interview)\s+)?(?:is\s+|werd\s+|verscheen\s+)?(?:oorspronkelijk|eerder|"
        r"eerst)\s+(?:gepubliceerd\s+|verschenen\s+)?(?:op|in|door|bij|via)\s+(?P<name>.+)",
    )
)
_CREDIT_STEMS = (  # without one of these, in lower case, no pattern above can match
    "originally", "previously", "initially", "first", "rep", "re-p", "syndicated", "courtesy", "provided", "brought", "comes",
    "read", "zuerst", "zunächst", "ursprünglich", "erstmals", "im original", "publi", "pubbli", "paru", "apareci",
    "originalmente", "primeir", "appars", "uscit", "oorspronkelijk", "eerder", "eerst",
)  # fmt: skip
_VIA = re.compile(r"(?:via|par|per)\s*:?\s+(?P<name>[^.,;:!?]+(?:\.[a-z]{2,})*)\.?", re.IGNORECASE)
_CHANNEL = re.compile(
    r"(?i)^(?:e-?mail|mail|rss|twitter|x|facebook|whats\s?app|sms|newsletters?|apps?|links?|telegram|linkedin|instagram|"
    r"youtube|pinterest|print|text|messenger)\b"
)
_COPYRIGHT = re.compile(
    r"(?i)(?:^|\s)(?:©|\(c\)\s|copyright\b)\s*(?:copyright\s*|©\s*|\(c\)\s*)*(?:(?:19|"
    r"20)\d\d(?:\s?[-–]\s?\d{2,4})?)?\s*,?\s*(?:by\s+)?(?P<name>[^©]{2,160})"
)
_SUPPLIED = re.compile(
    r"(?i)(?:this\s+\w+\s+(?:was|is)\s+)?(?:provided|distributed|produced|supplied|syndicated)\s+by\s+(?P<name>.{2,80})"
)
_SOURCE = re.compile(r"(?:Sources?|SOURCE|Quellen?|Fuentes?|Fontes?|Fonti?|Bron)\s*:\s*(?P<name>.{2,60})")
_DATELINE = re.compile(r"(?P<place>[^()\n]{0,60}?)\s*[(\[](?P<agency>[^()\[\]]{2,40})[)\]]\s*(?P<dash>\.\s?[-–—]|[-–—―:|])?")
_ENDING = re.compile(r"[(\[](?P<agency>[^()\[\]]{2,40})[)\]]\W*$")
_REPORTED = re.compile(
    r"(?i)^\W{0,3}(?:additional\s+)?(?:reporting|writing|compiled)\b.{0,40}?\s+by\s+.{3,250}?[;.,]?\s*editing\s+by\s+\w"
)
_DPA_CODE = re.compile(r"^(?:©\s*)?(?P<agency>dpa(?:-\w+)?)\s*[:,]\s*(?:dpa:)?\d{6}[-–]\d")
_BYLINE = re.compile(r"(?i)^(?:(?:story\s+|written\s+)?by|von|par|por|di|door|av|af)\s+(?P<name>.{2,60})$")
_MIXED = re.compile(r"(?i)^(?:mit(?:\s+material\s+(?:der|von))?|with|avec|con|met)\s+")
_PICTURE = re.compile(
    r"(?i)\b(?:photos?|photograph\w*|images?|pictures?|fotos?|bild(?:er)?|getty|shutterstock|istock|files?|handout|video|"
    r"graphic|data|illustration|screenshot)\b"
)
_NAME_END = re.compile(
    r"(?i)[.!?;]\s|[.!?;]$|[\n|()\[\]«»“”\"]|\s[–—]\s|\s-\s|,\s|\s(?:and\s+(?:is|was|has|appears?|can)|under\s+(?:a|the)|"
    r"with\s+permission|as\s+part|here\b|where|which|who|before|after|"
    r"through|using|all\s+rights|distributed|read\b|licen[sc]ed|erschienen|veröffentlicht|publiziert|gepubliceerd|verschenen|"
    r"alle\s+rechte|tous\s+droits|todos\s+los|tutti\s+i|"
    r"(?:on|in|am|le|el|il|em|op|vom)\s+(?:\w+day\b|\d|jan|feb|mar|apr|may\b|jun|jul|aug|sep|oct|nov|dec))"
)
_ARTICLE = re.compile(
    r"(?i)^(?:(?:the\s+)?(?:website|site|magazine|newspaper|newsletter|blog|print\s+edition|opinion\s+pages?)\s+(?:of\s+)?|"
    r"(?:der|dem|den|die|das)\s+|le\s+(?:site|journal|magazine|quotidien)\s+(?:de\s+|du\s+)?|"
    r"(?:el|la|o|a|il|het|de)\s+(?:diario|periódico|revista|sitio|jornal|site|sito|quotidiano|magazine|krant|"
    r"website)\s+(?:de\s+|di\s+|do\s+|van\s+)?)"
)
MAX_NAME = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A name read from a line; `agency` where the name is a listed one."""

    kind: CueKind
    weight: int
    name: str
    quote: str
    agency: Agency | None = None


def read_lines(blocks: Sequence[str]) -> Iterator[Claim]:
    """What a text's blocks claim of its origin, in reading order.

    Datelines stand at the top, agency marks at the end, credits in any short block and at both ends.
    """
    last = len(blocks) - 1
    for place, block in enumerate(blocks):
        is_edge = place < 3 or last - place < 6
        found = [read_credit(block) if len(block) <= _LINE_CHARS or is_edge else None]
        if place < 4:
            found += [_read_dateline(block), _read_byline(block)]
        if last - place < 5:
            found += [_read_ending(block), _read_source(block)]
        if len(block) <= _LINE_CHARS:
            found += [_read_copyright(block), _read_supplied(block)]
        yield from (claim for claim in found if claim is not None)


def read_credit(line: str) -> Claim | None:
    """ "This story was originally published by …" and its like; "Via …" where that is the whole line."""
    via = _VIA.fullmatch(line.strip()) if len(line) <= 60 else None
    if via is not None and line.lstrip()[:3].lower() == "via" and (name := clean_name(via["name"])) and not _CHANNEL.match(name):
        return _claim(CueKind.CREDIT_LINE, 3, name, line)
    text = line if len(line) <= _LINE_CHARS else f"{line[:_LINE_CHARS]}\n{line[-_LINE_CHARS:]}"
    low = text.lower()
    if not any(stem in low for stem in _CREDIT_STEMS):
        return None
    for pattern in _CREDITS:
        for match in pattern.finditer(text):
            if name := clean_name(match["name"]):
                return _claim(CueKind.CREDIT_LINE, 3, name, text[match.start() : match.end()])
    return None


def clean_name(text: str) -> str | None:
    """The name at the start of a text, or None where there is a date, a common word or a picture's credit instead."""
    text = text.strip().lstrip("\"'“”„«»‘’([*_ ")
    name = _NAME_END.split(text, maxsplit=1)[0]
    name = _ARTICLE.sub("", name).removeprefix("the ").strip(" \t.,:;!?\"'“”„«»‘’*_-–—")
    if not 2 <= len(name) <= MAX_NAME or len(name.split()) > 8 or _PICTURE.search(name):
        return None
    first = name.split()[0]
    is_domain = re.fullmatch(r"(?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?", name) is not None
    if is_month(first.strip(".,")) or re.fullmatch(r"(?i)\w+day,?", first) or not re.search(r"[^\W\d_]", name):
        return None
    return name if is_domain or not first[0].islower() or find_agency(name) else None


def _claim(kind: CueKind, weight: int, name: str, quote: str) -> Claim:
    return Claim(kind=kind, weight=weight, name=name, quote=quote.strip()[:200], agency=find_agency(name))


def _agency_claim(kind: CueKind, weight: int, text: str, quote: str) -> Claim | None:
    agency = find_agency(text)
    return Claim(kind=kind, weight=weight, name=agency.name, quote=quote.strip()[:200], agency=agency) if agency else None


def _read_dateline(block: str) -> Claim | None:
    """`PLACE (AP) —`, `Hannover (dpa/lno) –`, `MADRID, 3 May. (EFE).-`; the bracket may stand alone at the very start."""
    match = _DATELINE.match(block)
    if match is None or not (match["dash"] or not match["place"].strip()):
        return None
    if any(word[0].islower() and len(word) > 3 and not is_month(word) for word in re.findall(r"[^\W\d_]+", match["place"])):
        return None  # prose: "He told the Associated Press (AP) - which …"
    return _agency_claim(CueKind.DATELINE, 3, match["agency"], match[0])


def _read_byline(block: str) -> Claim | None:
    """`By The Associated Press` is the agency's; `By Ann Poe, Associated Press` may be shared."""
    match = _BYLINE.match(block.strip()) if len(block) <= 80 else None
    if match is None:
        return None
    if (whole := _agency_claim(CueKind.AGENCY_BYLINE, 3, match["name"], block)) is not None:
        return whole
    _, agency = split_agency(match["name"])
    return (
        Claim(kind=CueKind.AGENCY_BYLINE, weight=1, name=agency.name, quote=block.strip()[:200], agency=agency) if agency else None
    )


def _read_ending(block: str) -> Claim | None:
    """A closing `(dpa)`, `dpa:240516-99-…`, `(Reporting by …; Editing by …)`, which is Reuters' form (11 of 12)."""
    if _REPORTED.match(block):
        return _agency_claim(CueKind.AGENCY_BYLINE, 2, "Reuters", block)
    if (code := _DPA_CODE.match(block)) is not None:
        return _agency_claim(CueKind.AGENCY_BYLINE, 2, "dpa", code[0])
    if (match := _ENDING.search(block[-60:])) is None or _PICTURE.search(match["agency"]):
        return None
    is_mixed = _MIXED.match(match["agency"]) is not None
    return _agency_claim(CueKind.AGENCY_BYLINE, 1 if is_mixed else 2, _MIXED.sub("", match["agency"]), match[0])


def _read_source(block: str) -> Claim | None:
    match = _SOURCE.fullmatch(block.strip()) if len(block) <= 80 else None
    if match is None or _PICTURE.search(block):
        return None
    agency = _agency_claim(CueKind.CREDIT_LINE, 2, match["name"], block)
    name = clean_name(match["name"])
    return agency or (_claim(CueKind.CREDIT_LINE, 1, name, block) if name else None)


def _read_copyright(block: str) -> Claim | None:
    """The owner of a © line: 13 of 36 were others than the site, so it counts little unless it is an agency."""
    match = _COPYRIGHT.search(block)
    if match is None or _PICTURE.search(block):
        return None
    text = re.sub(r"^(?:(?:19|20)\d\d[\s,]*)+", "", match["name"])
    name = clean_name(re.sub(r"\s*(?:19|20)\d\d.*$", "", text))
    if name is None:
        return None
    claim = _claim(CueKind.COPYRIGHT_LINE, 1, name, block)
    return Claim(kind=claim.kind, weight=3 if claim.agency else 1, name=claim.name, quote=claim.quote, agency=claim.agency)


def _read_supplied(block: str) -> Claim | None:
    """`Provided by …` as a line of its own: right for 4 of 22."""
    match = _SUPPLIED.fullmatch(block.strip()) if len(block) <= 100 else None
    name = clean_name(match["name"]) if match else None
    return _claim(CueKind.CREDIT_LINE, 1, name, block) if name else None
