"""JSON-LD of a page: repaired where it is broken, walked within limits, its own article told from the others.

    scripts → repaired values → nodes (at most 5,000, at most 40 deep) → own node → LinkedData

Broken blocks stood on 2.3 % of 1,659 pages: raw newlines, trailing commas and semicolons, CDATA and comment wrappers, several
objects in a row, escaped blocks. All that is read here is a claim of the page; `article_body` is a check and a rescue, never the
first choice.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias
from urllib.parse import urlsplit

from crawler.articles.wording import clean, jaccard, words

JsonNode: TypeAlias = Mapping[str, object]

MAX_CHARS = 2_000_000  # p99 of real blocks is 25,000
MAX_NODES = 5_000
MAX_DEPTH = 40  # real nesting ends at 9
MAX_VALUES = 1_000  # objects in a row in one broken block
MAX_PARTIES = 50  # of a property
_MAX_ARTICLES = 200  # that are compared with the page's titles
_TITLES = 20  # that they are compared with
_URLS = 20  # of a node
_TYPES = 10
_FOREIGN = frozenset(
    {"liveblogupdate", "itemlistelement", "mentions", "comment", "citation", "relatedlink", "review", "significantlink"}
)
_ORIGIN_KEYS = ("isBasedOn", "isBasedOnUrl", "copyrightHolder", "sourceOrganization", "creditText", "provider")
_ORGANISATION_TYPE = re.compile(r"Organi[sz]ation|Corporation|Newspaper|Brand|WebSite|Company|Business")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A person or organisation that a node names; at least one of `name` and `url` is set."""

    name: str | None
    url: str | None = None
    is_organisation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginClaim:
    """One property of the own node that may name another source: `isBasedOn`, `copyrightHolder`, `provider` …"""

    key: str
    party: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedData:
    """What the page's own article node says, and the dates and names of the nodes around it, as written."""

    headlines: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    other_published: tuple[str, ...] = ()  # datePublished of nodes that are not the article (WebPage)
    authors: tuple[Party, ...] = ()
    publisher: Party | None = None
    origins: tuple[OriginClaim, ...] = ()
    site_names: tuple[str, ...] = ()  # of Organization and WebSite nodes
    language: str | None = None
    image_urls: tuple[str, ...] = ()
    article_body: str | None = None
    word_count: int | None = None
    is_accessible_for_free: bool | None = None  # a tariff flag: of 149 pages that said false, 6 were cut
    paid_selectors: tuple[str, ...] = ()  # cssSelector of hasPart with isAccessibleForFree false
    is_live_blog: bool = False
    types: tuple[str, ...] = ()


def read_linked_data(scripts: Sequence[str], *, page_urls: Collection[str], titles: Collection[str]) -> LinkedData:
    """What the page's JSON-LD says of the article at one of `page_urls` that bears one of `titles`; never raises."""
    nodes = tuple(_walk([value for script in _affordable(scripts) for value in parse_block(script)]))
    if not nodes:
        return LinkedData()
    by_id = {str(node["@id"]): node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    own = _own_node(nodes, frozenset(map(_bare, page_urls)), titles)
    return _read_own(own or {}, nodes, by_id)


def _affordable(scripts: Sequence[str]) -> Iterator[str]:
    """The scripts that are read before their characters come to `MAX_CHARS`; one that is too large by itself is passed over."""
    left = MAX_CHARS
    for script in scripts:
        if len(script) <= left:
            left -= len(script)
            yield script


def parse_block(text: str) -> list[object]:
    """Every JSON value of one script element; an empty list where nothing can be read."""
    try:
        return [json.loads(text, strict=False)]
    except (ValueError, RecursionError):
        return _parse_repaired(_repair(text))


def _repair(text: str) -> str:
    text = re.sub(r"^(?://|/\*)?\s*(?:<!\[CDATA\[|<!--)\s*(?:\*/)?", "", text.strip())
    text = text[:-40] + re.sub(r"(?://|/\*)?\s*(?:\]\]>|-->)\s*(?:\*/)?$", "", text[-40:])
    text = text.strip().rstrip(";").strip()
    if text.startswith(('{\\"', '[{\\"')):
        text = text.replace('\\"', '"')
    if "&quot;" in text:
        text = html.unescape(text)
    text = re.sub(r'\\(?!["\\/bfnrtu])', r"\\\\", text)
    text = re.sub(r"^[ \t]*//.*$", "", text, flags=re.MULTILINE)
    return re.sub(r",(\s*[}\]])", r"\1", text)


def _parse_repaired(text: str) -> list[object]:
    decoder, values, at = json.JSONDecoder(strict=False), list[object](), 0
    while len(values) < MAX_VALUES and (start := re.compile(r"[\[{]").search(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values


def _walk(values: list[object]) -> Iterator[JsonNode]:
    """The objects of `values` in document order, without those that speak of other articles."""
    stack: list[tuple[object, int]] = [(value, 0) for value in reversed(values)]
    seen = 0
    while stack and seen < MAX_NODES:
        value, depth = stack.pop()
        seen += 1
        if depth > MAX_DEPTH:
            continue
        if isinstance(value, list):
            stack.extend((item, depth + 1) for item in reversed(value))
        elif isinstance(value, dict):
            yield value
            children = [
                (child, depth + 1) for key, child in value.items() if isinstance(child, dict | list) and key.lower() not in _FOREIGN
            ]
            stack.extend(reversed(children))


def _types(node: JsonNode) -> tuple[str, ...]:
    value = node.get("@type")
    found = (value if isinstance(value, list) else [value])[:_TYPES]
    return tuple(name.rsplit("/", 1)[-1] for name in found if isinstance(name, str))


def _is_article(node: JsonNode) -> bool:
    return any(name.endswith(("Article", "BlogPosting", "MediaPosting")) or name in ("Report", "Review") for name in _types(node))


def _bare(url: str) -> str:
    """An address as compared with what a node says of itself: no scheme, www, query, fragment or closing slash."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    return parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/")


def _node_urls(node: JsonNode) -> Iterator[str]:
    for key in ("url", "mainEntityOfPage", "@id"):
        value = node.get(key)
        for item in (value if isinstance(value, list) else [value])[:_URLS]:
            text = item.get("@id") or item.get("url") if isinstance(item, dict) else item
            if isinstance(text, str) and "/" in text:
                yield _bare(text)


def _headlines(node: JsonNode) -> tuple[str, ...]:
    found = (clean(value) for key in ("headline", "alternativeHeadline", "name") if isinstance(value := node.get(key), str))
    return tuple(dict.fromkeys(text for text in found if text))


def _own_node(nodes: Sequence[JsonNode], page_urls: frozenset[str], titles: Collection[str]) -> JsonNode | None:
    """The article node that speaks of this page; None where all speak of other addresses and headlines."""
    best, best_score = None, 1.9
    title_words = [set(words(title)) for title in islice(titles, _TITLES)]
    for node in islice((node for node in nodes if _is_article(node) or "headline" in node), _MAX_ARTICLES):
        urls = set(_node_urls(node))
        is_here = bool(urls & page_urls)
        headline_words = [set(words(headline)) for headline in _headlines(node)]
        is_titled = any(jaccard(one, other) >= 0.45 for one in headline_words for other in title_words)
        if not is_here and not is_titled and urls and titles:
            continue
        score = 3 * is_here + 2 * is_titled + 1.5 * _is_article(node) + 0.5 * ("datePublished" in node) + 0.3 * ("author" in node)
        if score > best_score:
            best, best_score = node, score
    return best


def _text(value: object) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("@value")
    return clean(value) or None if isinstance(value, str) else None


def _parties(value: object, by_id: Mapping[str, JsonNode]) -> Iterator[Party]:
    """The parties a property names: objects, references by @id, plain strings, or a list of these."""
    return islice(_all_parties(value, by_id), MAX_PARTIES)


def _all_parties(value: object, by_id: Mapping[str, JsonNode]) -> Iterator[Party]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            is_url = item.startswith(("http://", "https://")) and " " not in item
            if clean(item):
                yield Party(name=None if is_url else clean(item), url=item if is_url else None)
        elif isinstance(item, dict):
            yield from _object_parties(item, by_id)


def _object_parties(item: JsonNode, by_id: Mapping[str, JsonNode]) -> Iterator[Party]:
    identity = item.get("@id")
    node = by_id.get(identity, item) if isinstance(identity, str) and "name" not in item else item
    names = node.get("name")
    url = _text(node.get("url")) or (identity if isinstance(identity, str) and identity.startswith("http") else None)
    is_organisation = any(_ORGANISATION_TYPE.search(name) for name in _types(node))
    stated = (names if isinstance(names, list) else [names])[:MAX_PARTIES]
    found = [clean(name) for name in stated if isinstance(name, str) and clean(name)]
    for name in found:
        yield Party(name=name, url=url, is_organisation=is_organisation)
    if not found and url:
        yield Party(name=None, url=url, is_organisation=is_organisation)


def _origins(own: JsonNode, by_id: Mapping[str, JsonNode]) -> tuple[OriginClaim, ...]:
    return tuple(OriginClaim(key=key, party=party) for key in _ORIGIN_KEYS if key in own for party in _parties(own[key], by_id))


def _free(value: object) -> bool | None:
    text = str(value).strip().lower().rsplit("/", 1)[-1]
    return {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}.get(text)


def _paid_selectors(own: JsonNode) -> tuple[str, ...]:
    parts = own.get("hasPart")
    found = [part for part in (parts if isinstance(parts, list) else [parts]) if isinstance(part, dict)]
    texts = [_text(part.get("cssSelector")) for part in found if _free(part.get("isAccessibleForFree")) is False]
    return tuple(text for text in texts if text)


def _image_urls(value: object) -> tuple[str, ...]:
    found = list[str]()
    for item in (value if isinstance(value, list) else [value])[:20]:
        url = item.get("url") or item.get("contentUrl") or item.get("@id") if isinstance(item, dict) else item
        if isinstance(url, str) and url.strip():
            found.append(url.strip())
    return tuple(found)


def _word_count(value: object) -> int | None:
    digits = re.sub(r"[^0-9]", "", str(value)[:30])[:9] if isinstance(value, int | str) else ""
    return int(digits) if digits else None


def _body_text(own: JsonNode) -> str | None:
    """articleBody with its line breaks; markup and entities inside it are resolved."""
    value = own.get("articleBody") or own.get("text")
    if not isinstance(value, str) or not value.strip():
        return None
    if "<" in value or "&lt;" in value:
        value = re.sub(r"<[^<>]{0,2000}>", " ", re.sub(r"</p>|<br\s*/?>", "\n", html.unescape(value)))
    return html.unescape(value).strip()


def _site_names(nodes: Sequence[JsonNode]) -> tuple[str, ...]:
    found = (_text(node.get("name")) for node in nodes if any(_ORGANISATION_TYPE.search(name) for name in _types(node)))
    return tuple(dict.fromkeys(islice((name for name in found if name), MAX_PARTIES)))[:20]


def _other_published(own: JsonNode, nodes: Sequence[JsonNode]) -> tuple[str, ...]:
    pages = [node for node in nodes if node is not own and any(name.endswith("Page") for name in _types(node))]
    return tuple(text for node in pages if (text := _text(node.get("datePublished"))))[:5]


def _read_own(own: JsonNode, nodes: Sequence[JsonNode], by_id: Mapping[str, JsonNode]) -> LinkedData:
    authors = own.get("author") or own.get("creator")
    is_article = _is_article(own)
    return LinkedData(
        headlines=_headlines(own) if is_article or "headline" in own else (),
        published=_text(own.get("datePublished")) or _text(own.get("dateCreated")),
        modified=_text(own.get("dateModified")),
        other_published=_other_published(own, nodes),
        authors=tuple(_parties(authors, by_id)) if authors else (),
        publisher=next(_parties(own["publisher"], by_id), None) if own.get("publisher") else None,
        origins=_origins(own, by_id),
        site_names=_site_names(nodes),
        language=_text(own.get("inLanguage")),
        image_urls=_image_urls(own.get("image") or own.get("thumbnailUrl")),
        article_body=_body_text(own),
        word_count=_word_count(own.get("wordCount")),
        is_accessible_for_free=_free(own.get("isAccessibleForFree")),
        paid_selectors=_paid_selectors(own),
        is_live_blog=any("LiveBlogPosting" in _types(node) for node in ((own,) if own else nodes)),
        types=_types(own),
    )
