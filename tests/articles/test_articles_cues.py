"""Origin cues from markup, feed, text and headline; and the false friends that must stay silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import lxml.html
import pytest

from crawler.articles.agencies import find_agency, split_agency
from crawler.articles.credits import clean_name, read_credit
from crawler.articles.cues import read_cues
from crawler.articles.head import read_head
from crawler.articles.metadata import read_metadata
from crawler.articles.naming import OwnSite
from crawler.model import CueKind, FeedEntry, OriginCue

URL = "https://www.northpost.example/story/wall"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = '<meta property="og:site_name" content="The North Post">'
PROSE = "The council voted on Monday for a wall that is a metre higher than the one which the storm took away last winter."


def cues(
    *,
    head: str = SITE,
    body: str = "<h1>Wall</h1>",
    blocks: Sequence[str] = (PROSE,),
    url: str = URL,
    entry: FeedEntry | None = None,
) -> tuple[OriginCue, ...]:
    html = f'<html lang="en"><head><title>Wall</title>{head}</head><body>{body}</body></html>'
    read = read_head(lxml.html.document_fromstring(html), html, url)
    metadata = read_metadata(read, url=url, entry=entry, fetched_at=NOW)
    return read_cues(read, url=url, metadata=metadata, blocks=blocks, entry=entry)


def told(found: tuple[OriginCue, ...]) -> list[tuple[CueKind, int, str | None, str | None]]:
    return [(cue.kind, cue.weight, cue.name, cue.url) for cue in found]


def ld(text: str) -> str:
    return f'{SITE}<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Wall", {text}}}</script>'


def test_a_plain_page_of_its_own_gives_no_cue() -> None:
    assert cues(head=f'{SITE}<link rel="canonical" href="{URL}"><meta property="og:url" content="{URL}">') == ()


@pytest.mark.parametrize(
    ("head", "want"),
    [
        ('<link rel="canonical" href="https://wire.example/wall?utm_source=x#top">', (CueKind.CANONICAL, 3, None, "https://wire.example/wall")),
        ('<meta property="og:url" content="https://wire.example/wall">', (CueKind.OG_URL, 1, None, "https://wire.example/wall")),
        ('<meta name="original-source" content="https://wire.example/wall">', (CueKind.ORIGINAL_SOURCE, 3, None, "https://wire.example/wall")),
        ('<meta name="syndication-source" content="https://wire.example/wall">', (CueKind.ORIGINAL_SOURCE, 3, None, "https://wire.example/wall")),
        ('<meta name="source" content="Quay Wire">', (CueKind.ORIGINAL_SOURCE, 2, "Quay Wire", None)),
        (ld('"publisher": {"@type": "Organization", "name": "Reuters"}'), (CueKind.JSONLD_PUBLISHER, 3, "Reuters", None)),
        (
            ld('"publisher": {"@type": "Organization", "name": "Quay Wire", "url": "https://wire.example/"}'),
            (CueKind.JSONLD_PUBLISHER, 3, "Quay Wire", "https://wire.example/"),
        ),
        (ld('"isBasedOn": "https://wire.example/wall"'), (CueKind.JSONLD_BASED_ON, 2, None, "https://wire.example/wall")),
        (ld('"sourceOrganization": {"name": "Quay Wire"}'), (CueKind.JSONLD_BASED_ON, 2, "Quay Wire", None)),
        (ld('"creditText": "Quay Wire"'), (CueKind.JSONLD_BASED_ON, 2, "Quay Wire", None)),
        (ld('"copyrightHolder": {"name": "Quay Wire"}'), (CueKind.JSONLD_BASED_ON, 1, "Quay Wire", None)),
        (ld('"author": {"@type": "Organization", "name": "The Associated Press"}'), (CueKind.AGENCY_BYLINE, 3, "AP", None)),
        (ld('"author": ["Ann Poe", "AFP"]'), (CueKind.AGENCY_BYLINE, 2, "AFP", None)),
    ],
)  # fmt: skip
def test_markup_names_an_origin(head: str, want: tuple[CueKind, int, str | None, str | None]) -> None:
    assert told(cues(head=head if SITE in head else SITE + head)) == [want]


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="canonical" href="https://amp.northpost.example/wall">',
        '<link rel="canonical" href="https://wire.example/">',
        '<meta property="og:url" content="https://wire.example/">',
        '<meta name="source" content="WordPress">',
        '<meta name="original-source" content="http://northpost.example/other">',
        ld('"publisher": {"@type": "Organization", "name": "North Post Media Group"}'),
        ld('"publisher": {"@type": "Organization", "name": "northpost.example"}'),
        ld(f'"isBasedOn": "{URL}"'),
        ld('"provider": {"@type": "Organization", "name": "The North Post"}'),
    ],
)
def test_markup_that_names_the_own_site_is_silent(head: str) -> None:
    assert cues(head=head if SITE in head else SITE + head) == ()


def test_a_feeds_source_is_a_cue_unless_it_is_the_site_itself() -> None:
    foreign = FeedEntry(key="e", url=URL, source_title="Harbour Courier", source_url="https://courier.example/feed")
    own = FeedEntry(key="e", url=URL, source_title="The North Post", source_url="https://www.northpost.example/feed")

    assert told(cues(entry=foreign)) == [(CueKind.FEED_SOURCE, 3, "Harbour Courier", "https://courier.example/feed")]
    assert cues(entry=own) == ()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("This story was originally published by Harbour Courier.", "Harbour Courier"),
        ("This article first appeared on courier.example.", "courier.example"),
        ("This piece originally appeared in the Harbour Courier on May 3, 2026.", "Harbour Courier"),
        ("Via Harbour Courier", "Harbour Courier"),
        ("First published by Harbour Courier and is republished under a Creative Commons licence.", "Harbour Courier"),
        ("This article is republished from The Conversation under a Creative Commons license.", "The Conversation"),
        ("Reprinted with permission from Harbour Courier.", "Harbour Courier"),
        ("The post Storm wall to rise appeared first on Harbour Courier.", "Harbour Courier"),
        ("Read the original article on Harbour Courier.", "Harbour Courier"),
        ("Dieser Artikel erschien zuerst bei Hafenkurier.", "Hafenkurier"),
        ("Dieser Text ist zuerst auf hafenkurier.example erschienen.", "hafenkurier.example"),
        ("Der Beitrag wurde ursprünglich in der Hafenpost veröffentlicht.", "Hafenpost"),
        ("Cet article a été publié initialement par Le Courrier du Port.", "Le Courrier du Port"),
        ("Cet article a été initialement publié sur Le Courrier du Port.", "Le Courrier du Port"),
        ("Texte paru initialement dans Le Courrier du Port.", "Le Courrier du Port"),
        ("Este artículo fue publicado originalmente en El Correo del Puerto.", "El Correo del Puerto"),
        ("Publicado originalmente por El Correo del Puerto.", "El Correo del Puerto"),
        ("Este artigo foi publicado originalmente no Correio do Porto.", "Correio do Porto"),
        ("Questo articolo è stato pubblicato originariamente su Corriere del Porto.", "Corriere del Porto"),
        ("Dit artikel verscheen eerder in Havenkoerier.", "Havenkoerier"),
    ],
)
def test_a_credit_line_gives_its_name(line: str, name: str) -> None:
    found = [cue for cue in cues(blocks=[PROSE, line]) if cue.kind is CueKind.CREDIT_LINE]

    assert [(cue.weight, (cue.name or "").removeprefix("the ")) for cue in found] == [(3, name)]


@pytest.mark.parametrize(
    ("blocks", "want"),
    [
        (["NORTHTON (AP) — " + PROSE], (CueKind.DATELINE, 3, "AP")),
        (["Hannover (dpa/lno) – " + PROSE], (CueKind.DATELINE, 3, "dpa")),
        (["MADRID, 3 May. (EUROPA PRESS) - " + PROSE], (CueKind.DATELINE, 3, "Europa Press")),
        (["(Reuters) - " + PROSE], (CueKind.DATELINE, 3, "Reuters")),
        (["Paris (AFP) - " + PROSE], (CueKind.DATELINE, 3, "AFP")),
        (["By The Associated Press", PROSE], (CueKind.AGENCY_BYLINE, 3, "AP")),
        (["By Ann Poe, Associated Press", PROSE], (CueKind.AGENCY_BYLINE, 1, "AP")),
        ([PROSE, "(Reporting by Ann Poe in Northton; Editing by Tom Reef)"], (CueKind.AGENCY_BYLINE, 2, "Reuters")),
        ([PROSE + " (dpa)"], (CueKind.AGENCY_BYLINE, 2, "dpa")),
        ([PROSE, "(mit dpa)"], (CueKind.AGENCY_BYLINE, 1, "dpa")),
        ([PROSE, "dpa:261120-99-123456/2"], (CueKind.AGENCY_BYLINE, 2, "dpa")),
        ([PROSE, "Quelle: APA/sda/dpa"], (CueKind.CREDIT_LINE, 2, "APA")),
        ([PROSE, "Source: Harbour Courier"], (CueKind.CREDIT_LINE, 1, "Harbour Courier")),
        ([PROSE, "© 2026 Thomson Reuters. All rights reserved."], (CueKind.COPYRIGHT_LINE, 3, "Thomson Reuters")),
        ([PROSE, "Copyright 2026 Harbour Courier. All rights reserved."], (CueKind.COPYRIGHT_LINE, 1, "Harbour Courier")),
        ([PROSE, "Provided by Harbour University"], (CueKind.CREDIT_LINE, 1, "Harbour University")),
    ],
)
def test_the_text_names_an_origin(blocks: list[str], want: tuple[CueKind, int, str]) -> None:
    assert [(cue.kind, cue.weight, cue.name) for cue in cues(blocks=blocks)] == [want]


@pytest.mark.parametrize(
    "line",
    [
        "(AP Photo/Ann Poe)",
        "A wall in Northton. EFE/J. Poe",
        "Mike Pole/Reuters files",
        "© Getty Images",
        "The mayor told Reuters that the wall was needed.",
        "He had told the Associated Press (AP) - and others - that the wall would rise.",
        "AP reported on Monday that the wall would rise.",
        "Ann Poe of the Associated Press contributed to this report.",
        "Additional reporting from PA.",
        "Originally published on The North Post.",
        "This story was originally published on May 3, 2026.",
        "This story was first published in 2019.",
        "His first novel, originally published in 1994, sold well.",
        "© 2026 The North Post. All rights reserved.",
        "Via WhatsApp",
        "The results were first reported on Monday by the council.",
        "Source: Getty Images",
        "The ferry runs via Harbour Town and on to the islands in summer.",
    ],
)
def test_false_friends_are_silent(line: str) -> None:
    assert cues(blocks=[PROSE, line]) == ()
    assert cues(blocks=[PROSE], body=f"<h1>Wall</h1><p>{PROSE}</p><p>{line}</p>") == ()


def test_a_byline_in_a_figure_is_no_agencys() -> None:
    body = '<h1>Wall</h1><figure><img src="w.jpg"><span class="author">AP</span></figure>'

    assert [cue for cue in cues(body=body) if cue.kind is not CueKind.PUBLISHER_LABEL] == []


def test_an_agency_on_its_own_site_is_no_cue() -> None:
    own = cues(
        head='<meta name="author" content="Associated Press">',
        blocks=["NORTHTON (AP) — " + PROSE],
        url="https://apnews.com/article/wall",
    )

    assert own == ()


def test_a_link_in_a_credit_line_gives_the_address() -> None:
    line = 'This story was originally published by <a href="https://courier.example/wall?utm_medium=x">Harbour Courier</a>.'

    found = cues(body=f"<h1>Wall</h1><p>{line}</p>", blocks=[PROSE, "This story was originally published by Harbour Courier."])

    assert told(found) == [(CueKind.CREDIT_LINE, 3, "Harbour Courier", "https://courier.example/wall")]


def test_the_publishers_name_above_an_apps_article_is_a_label() -> None:
    body = (
        "<div>Every paper on one shelf.</div><div>Open the shelf</div>"
        "<section><div><img alt='Harbour Courier'><span>Harbour Courier</span></div>"
        "<div class='author'>Ann Poe</div><h1>Wall</h1><div>UPDATED: 30 MAR 2023 01:37 PM EST</div><p>Text.</p></section>"
    )

    assert told(cues(body=body)) == [(CueKind.PUBLISHER_LABEL, 1, "Harbour Courier", None)]


def test_sections_buttons_and_the_own_name_are_no_labels() -> None:
    before = "<nav><span>Harbour</span></nav><span>North Post</span><span>Politics</span><span>Share</span>"
    body = f"{before}<h1>Wall</h1><span>6 min read</span><span>3 May 2026</span>"

    assert cues(body=body) == ()


def test_at_most_three_labels_are_kept_and_the_nearest_comes_first() -> None:
    body = "<div>Aaa Courier</div><div>Bbb Courier</div><div>Ccc Courier</div><div>Ddd Courier</div><h1>Wall</h1>"

    assert [cue.name for cue in cues(body=body)] == ["Ddd Courier", "Ccc Courier", "Bbb Courier"]


def test_names_and_quotes_are_short() -> None:
    long = "Harbour " * 60

    found = cues(head=f'{SITE}<link rel="canonical" href="https://wire.example/{"x" * 500}">' + ld(f'"provider": "{long}"'))

    assert all(len(cue.quote) <= 200 and len(cue.name or "") <= 80 for cue in found)


@pytest.mark.parametrize(
    ("name", "is_own"),
    [
        ("The North Post", True),
        ("north post", True),
        ("North Post Online", True),
        ("@northpost", True),
        ("www.northpost.example", True),
        ("South Post", False),
        ("Post", False),
    ],
)
def test_the_own_site_is_known_by_its_names(name: str, is_own: bool) -> None:
    html = f"<html><head>{SITE}</head><body></body></html>"
    own = OwnSite(read_head(lxml.html.document_fromstring(html), html, URL), URL)

    assert own.is_named(name) is is_own


@pytest.mark.parametrize(
    ("label", "name", "is_own"),
    [("nhtimes", "The New Harbour Times", True), ("ntv", "ntv Nachrichten", True), ("abc", "Anchor Bay", False)],
)
def test_a_domain_may_be_short_for_a_name(label: str, name: str, is_own: bool) -> None:
    html = "<html><body></body></html>"
    url = f"https://{label}.example/x"

    assert OwnSite(read_head(lxml.html.document_fromstring(html), html, url), url).is_named(name) is is_own


@pytest.mark.parametrize(
    ("text", "agency"),
    [("det/dpa", "dpa"), ("AP Sports Writer", "AP"), ("Reuters in Cairo", "Reuters"), ("Quay Wire", None), ("Agencies", None)],
)
def test_agencies_are_known_by_their_forms(text: str, agency: str | None) -> None:
    found = find_agency(text)

    assert (found.name if found else None) == agency


def test_plain_initials_at_the_end_of_a_name_are_no_agency() -> None:
    assert split_agency("Ann Poe PA") == ("Ann Poe PA", None)
    assert split_agency("Ann Poe The Associated Press")[0] == "Ann Poe"


def test_a_name_ends_where_the_sentence_goes_on() -> None:
    assert clean_name("Harbour Courier and is republished here") == "Harbour Courier"
    assert clean_name("May 3, 2026") is None
    assert read_credit(PROSE) is None
