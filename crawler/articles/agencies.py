"""News agencies and syndicates: their names, the forms in which bylines and datelines write them, their home domains.

The first part was seen on some 3,000 pages, the second (from ANSA on) is general knowledge. Plain initials that are words or
persons' initials elsewhere (AP, PA, TT, CP) count only in brackets, before a slash, or where a byline field holds nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from crawler.articles.wording import fold

_TABLE = """
AP | The Associated Press, Associated Press, AP Sports Writer, AP Business Writer, AP News, AP Sports | apnews.com ap.org
Reuters | Thomson Reuters, Reuters News, Reuters Staff | reuters.com
AFP | Agence France-Presse, Agence France Presse, AFP News | afp.com
dpa | Deutsche Presse-Agentur, dpa international, dpa-infocom, dpa-AFX, dpa-tmn | dpa.com dpa-international.com
EFE | Agencia EFE, Agencias EFE | efe.com
Europa Press | Europapress, EP | europapress.es
PTI | Press Trust of India | ptinews.com
ANI | Asian News International | aninews.in
IANS | Indo-Asian News Service | ians.in
APA | Austria Presse Agentur, APA.at | apa.at
SDA | Keystone-SDA, Keystone SDA, ATS, Keystone-ATS | keystone-sda.ch
SID | Sport-Informations-Dienst, sid sport | sid.de
PAP | Polska Agencja Prasowa | pap.pl
Ritzau | Ritzaus Bureau | ritzau.com ritzau.dk
The Canadian Press | Canadian Press, CP, La Presse canadienne | thecanadianpress.com
Ukrinform | Укрінформ, Укринформ | ukrinform.net ukrinform.ua
Xinhua | Xinhua News Agency, 新华社 | xinhuanet.com news.cn
CNN | CNN Wire, CNN Newsource, CNN Business | cnn.com
Field Level Media | | fieldlevelmedia.com
HealthDay | HealthDay News, HealthDay Reporter | healthday.com
Tribune Content Agency | TCA | tribunecontentagency.com
Tribune News Service | TNS | tribunenewsservice.com
Creators | Creators Syndicate | creators.com
Andrews McMeel | Andrews McMeel Syndication | andrewsmcmeel.com
Benzinga | | benzinga.com
The Conversation | | theconversation.com
ANSA | Agenzia ANSA | ansa.it
PA Media | PA, Press Association, PA News Agency, Press Association Sport | pa.media
Kyodo | Kyodo News, 共同通信, 共同 | kyodonews.net kyodo.co.jp
Jiji | Jiji Press, 時事通信, 時事 | jiji.com
Yonhap | Yonhap News Agency, 연합뉴스 | yna.co.kr
TASS | ITAR-TASS, ТАСС | tass.com tass.ru
RIA Novosti | RIA, РИА Новости | ria.ru
Interfax | Интерфакс | interfax.com interfax.ru interfax.com.ua
Anadolu Agency | Anadolu, Anadolu Ajansı, AA | aa.com.tr
Lusa | Agência Lusa | lusa.pt
NTB | Norsk Telegrambyrå | ntb.no
TT | TT Nyhetsbyrån | tt.se
STT | Suomen Tietotoimisto | stt.fi
ČTK | CTK, Czech News Agency | ctk.cz ctk.eu
MTI | | mti.hu
Belga | Agence Belga, Belga News Agency | belga.be belganewsagency.eu
ANP | Algemeen Nederlands Persbureau | anp.nl
KNA | Katholische Nachrichten-Agentur | kna.de
epd | Evangelischer Pressedienst | epd.de
AAP | Australian Associated Press | aap.com.au
UPI | United Press International | upi.com
Bloomberg | Bloomberg News | bloomberg.com
ProPublica | | propublica.org
KFF Health News | Kaiser Health News, KHN | kffhealthnews.org khn.org
States Newsroom | | statesnewsroom.com
Stacker | | stacker.com
Inter Press Service | IPS | ipsnews.net
Servimedia | | servimedia.es
Adnkronos | | adnkronos.com
Agência Brasil | Agencia Brasil | ebc.com.br
Notimex | | notimex.gob.mx
Estadão Conteúdo | Estadao Conteudo | estadaoconteudo.com.br
"""

_GENERIC = frozenset(
    {"agencies", "agenturen", "agencias", "agences", "wireservices", "wirereports", "agenzie", "agências", "newsagencies"}
)
_TITLE_WORDS = re.compile(
    r"(?i)\b(?:sports?|business|staff|national|political|medical|science|food|film|music|tv)?\s*(?:writer|reporter|editor|"
    r"correspondent)s?$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """An agency by the name we show, and the registrable domains that are its own."""

    name: str
    sites: tuple[str, ...]


@cache
def _forms() -> dict[str, Agency]:
    """Every folded form of every agency's name."""
    found = dict[str, Agency]()
    for row in _TABLE.strip().splitlines():
        name, forms, sites = (cell.strip() for cell in row.split("|"))
        agency = Agency(name=name, sites=tuple(sites.split()))
        for form in (name, *forms.split(",")):
            if form.strip():
                found.setdefault(fold(form), agency)
    return found


def find_agency(text: str) -> Agency | None:
    """The agency that a whole name denotes: `Reuters`, `The Associated Press`, `det/dpa`, `Reuters in Cairo`, `AP Sports Writer`.

    For names from a byline field, or out of brackets: short initials are believed. `Agencies` alone is no agency with a home.
    """
    text = text.strip(" .,:;()[]")
    if not text or len(text) > 60:
        return None
    known = _forms()
    whole = known.get(fold(text)) or known.get(fold(_TITLE_WORDS.sub("", text)))
    if whole is not None:
        return whole
    if "/" in text:
        parts = (known.get(fold(part)) for part in text.split("/"))
        return next((agency for agency in parts if agency is not None), None)
    placed = re.match(r"(.{2,40}?)\s+(?:in|à|en|aus|from)\s+[A-Z]", text)
    return known.get(fold(placed[1])) if placed else None


def written_name(text: str, agency: Agency) -> str:
    """An agency as a byline writes it, where that is a plain name (`Associated Press`), else its usual name (`det/dpa`: dpa)."""
    return text if fold(text) in _forms() else agency.name


def is_generic_agency(text: str) -> bool:
    """Whether a byline says "agencies" without naming one."""
    return fold(text) in _GENERIC


def split_agency(text: str) -> tuple[str, Agency | None]:
    """A byline parted from the agency at its end: `John O'Connor The Associated Press`, `Jane Roe (AP)`, `Ann Poe, Reuters`."""
    bracket = re.search(r"\s*[(\[]([^()\[\]]{2,40})[)\]]\s*$", text)
    if bracket and (agency := find_agency(bracket[1])) is not None:
        return text[: bracket.start()].strip(" ,-–—|"), agency
    tokens = text.split()
    for size in range(min(4, len(tokens) - 1), 0, -1):
        tail = " ".join(tokens[-size:])
        if size == 1 and len(tail) < 3 and not re.search(r"[,|/–—-]$", tokens[-2]):
            continue  # plain initials may be a person's
        if (agency := find_agency(tail)) is not None and "/" not in tail:
            return " ".join(tokens[:-size]).strip(" ,-–—|/"), agency
    return text, None
