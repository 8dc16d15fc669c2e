"""Where a page or its feed names the origin of its text.

    markup: canonical, og:url, original-source, JSON-LD, byline    feed: <source>    text: credits, datelines, ©    headline: label

No cue joins two texts: it is believed only where they match, and then says which came from which. Weights are the shares found
right when checked by hand on some 3,000 pages; 3 is enough to state an origin, 1 needs company.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crawler.articles.agencies import find_agency
from crawler.articles.credits import MAX_NAME, Claim, read_credit, read_lines
from crawler.articles.head import CreditLine, Head
from crawler.articles.jsonld import OriginClaim, Party
from crawler.articles.labels import read_labels
from crawler.articles.metadata import canonical_link, is_root
from crawler.articles.naming import OwnSite, foreign_address
from crawler.articles.wording import fold, without_controls
from crawler.model import CueKind, FeedEntry, Metadata, OriginCue

_STATED_SOURCES = ("original-source", "syndication-source", "original_source")  # made to say just this
_VAGUE_SOURCES = ("dc.source", "dcterms.source", "source", "article:source", "contentsource")
_NOT_A_SOURCE = frozenset(
    {"wordpress", "blogger", "drupal", "website", "web", "online", "unknown", "original", "none", "rss", "cms", "staff"}
)
MAX_CUES = 24


def read_cues(head: Head, *, url: str, metadata: Metadata, blocks: Sequence[str], entry: FeedEntry | None) -> tuple[OriginCue, ...]:
    """Every claim of page and feed that the text comes from elsewhere, the strongest first; none names the page's own site.

    `blocks` are the extracted text's paragraphs with their chrome: credit lines often look like chrome.
    """
    own = OwnSite(head, url)
    stated = [
        *_markup_cues(head, url, own),
        *_feed_cues(entry, url, own),
        *_byline_cues(metadata, own),
        *_text_cues(head, blocks, url, own),
    ]
    named = {fold(cue.name) for cue in stated if cue.name}
    found = [*stated, *(cue for cue in _label_cues(head, metadata, own) if fold(cue.name or "") not in named)]
    unique = dict[tuple[CueKind, str], OriginCue]()
    for cue in sorted(found, key=lambda cue: -cue.weight):
        unique.setdefault((cue.kind, cue.url or fold(cue.name or "")), cue)
    return tuple(unique.values())[:MAX_CUES]


def _cue(kind: CueKind, weight: int, *, url: str | None = None, name: str | None = None, quote: str = "") -> OriginCue:
    name = name[:MAX_NAME].strip() or None if name else None
    return OriginCue(kind=kind, weight=weight, url=url, name=name, quote=" ".join(without_controls(quote).split())[:200])


def _markup_cues(head: Head, url: str, own: OwnSite) -> Iterator[OriginCue]:
    canonical = canonical_link(head, url)
    if canonical is not None and not own.has_address(canonical):
        yield _cue(CueKind.CANONICAL, 3, url=canonical, quote=head.link("canonical") or "")
    og_url = head.meta("og:url")
    target = foreign_address(og_url, url, own)
    if target is not None and not is_root(target):
        yield _cue(CueKind.OG_URL, 1, url=target, quote=og_url or "")
    yield from _source_cues(head, url, own)
    yield from _publisher_cues(head.linked.publisher, url, own)
    for claim in head.linked.origins:
        yield from _based_on_cues(claim, url, own)


def _source_cues(head: Head, url: str, own: OwnSite) -> Iterator[OriginCue]:
    """An address in a field made for it states the origin; the vague fields also name systems and sections."""
    for keys, weight in ((_STATED_SOURCES, 3), (_VAGUE_SOURCES, 2)):
        for value in [value for key in keys for value in head.metas.get(key, ())]:
            target = foreign_address(value, url, own)
            if target is not None:
                yield _cue(CueKind.ORIGINAL_SOURCE, weight, url=target, quote=value)
            elif "://" not in value and _is_foreign_name(value, own):
                yield _cue(CueKind.ORIGINAL_SOURCE, 2, name=value, quote=value)


def _is_foreign_name(name: str, own: OwnSite) -> bool:
    return 2 <= len(name) <= MAX_NAME and bool(fold(name)) and fold(name) not in _NOT_A_SOURCE and not own.is_named(name)


def _publisher_cues(publisher: Party | None, url: str, own: OwnSite) -> Iterator[OriginCue]:
    """A JSON-LD publisher other than the site: 9 of 10 were right where the page names its site otherwise.

    Without an own name or a foreign address it may be the house that owns the site, and is no cue.
    """
    if publisher is None or not publisher.name or own.is_named(publisher.name):
        return
    agency = find_agency(publisher.name)
    if agency is not None:
        if not own.has_agency(agency):
            yield _cue(CueKind.JSONLD_PUBLISHER, 3, name=agency.name, quote=publisher.name)
        return
    target = foreign_address(publisher.url, url, own)
    if target is None and (publisher.url is not None or not own.stated_names):
        return
    weight = (3 if own.stated_names else 2) if target else 1  # a bare name is mostly the site's own in another form
    yield _cue(CueKind.JSONLD_PUBLISHER, weight, name=publisher.name, url=target, quote=publisher.name)


def _based_on_cues(claim: OriginClaim, url: str, own: OwnSite) -> Iterator[OriginCue]:
    """isBasedOn, provider and sourceOrganization of another (2 of 51 and 1 of 26: the rest name themselves).

    copyrightHolder is often the house that owns the site.
    """
    party = claim.party
    target = foreign_address(party.url, url, own)
    is_foreign_name = party.name is not None and _is_foreign_name(party.name, own) and len(party.name.split()) <= 8
    if (party.url is not None and target is None) or (target is None and not is_foreign_name):
        return
    if is_foreign_name or party.name is None:
        weight = 1 if claim.key == "copyrightHolder" else 2
        agency = find_agency(party.name or "")
        if agency is None or not own.has_agency(agency):
            yield _cue(
                CueKind.JSONLD_BASED_ON,
                3 if agency else weight,
                url=target,
                name=party.name,
                quote=f"{claim.key}: {party.name or party.url}",
            )


def _feed_cues(entry: FeedEntry | None, url: str, own: OwnSite) -> Iterator[OriginCue]:
    """RSS <source> and atom:source: the feed says itself whose entry it passes on."""
    if entry is None or not (entry.source_url or entry.source_title):
        return
    target = foreign_address(entry.source_url, url, own)
    name = entry.source_title if entry.source_title and not own.is_named(entry.source_title) else None
    if target is not None or (name is not None and not entry.source_url):
        yield _cue(CueKind.FEED_SOURCE, 3, url=target, name=name, quote=entry.source_title or entry.source_url or "")


def _byline_cues(metadata: Metadata, own: OwnSite) -> Iterator[OriginCue]:
    """An agency in a byline field of another site (47 of 48 right); it weighs less beside a person, often the site's own."""
    for name in metadata.agencies:
        agency = find_agency(name)
        if agency is not None and not own.has_agency(agency):
            shared = metadata.authors or metadata.organisations
            yield _cue(CueKind.AGENCY_BYLINE, 2 if shared else 3, name=agency.name, quote=", ".join((*metadata.authors, name)))


def _text_cues(head: Head, blocks: Sequence[str], url: str, own: OwnSite) -> Iterator[OriginCue]:
    """Lines of the text, and credit lines of the page that the extractor left out; a link in a credit line gives the address."""
    links = {fold(line.text): line for line in head.credit_lines}
    for claim in read_lines(blocks):
        yield from _claim_cue(claim, links.get(fold(claim.quote)), url, own)
    for line in head.credit_lines:
        if (credit := read_credit(line.text)) is not None:
            yield from _claim_cue(credit, line, url, own)


def _claim_cue(claim: Claim, line: CreditLine | None, url: str, own: OwnSite) -> Iterator[OriginCue]:
    if (claim.agency is not None and own.has_agency(claim.agency)) or own.is_named(claim.name):
        return
    targets = (foreign_address(href, url, own) for href in (line.hrefs if line else ()))
    address = next((target for target in targets if target is not None and not is_root(target)), None)
    yield _cue(claim.kind, claim.weight, url=address, name=claim.name, quote=claim.quote)


def _label_cues(head: Head, metadata: Metadata, own: OwnSite) -> Iterator[OriginCue]:
    for name in read_labels(head, metadata, own):
        yield _cue(CueKind.PUBLISHER_LABEL, 1, name=name, quote=name)
