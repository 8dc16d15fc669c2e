"""What a text would be, were it crawled now: new, a copy, or a page that is known. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import numpy as np

from crawler.dedup.chrome import cut
from crawler.dedup.compare import compare
from crawler.dedup.document import Comparison, Docket, Document
from crawler.dedup.judge import Judgement, Rules, StoryRuling, judge, kept_equal
from crawler.dedup.relation import measures_of
from crawler.dedup.shingles import Shingles, distinct, found_in, shingle
from crawler.dedup.words import read_tokens, title_key, tokenise
from crawler.errors import BadInput
from crawler.model import Article, BlockMark, PageId, Relation, StoryId
from crawler.urls import address_key

NO_PAGE = PageId(0)  # the page that a text would be; those that are stored count from 1
NOWHERE = "https://text.invalid/"  # the address of a text that has none (RFC 2606)
SAID_ELSEWHERE = 0.5  # of a paragraph's shingles in the other text: less, and the other lacks it
MOST_NEAR = 5

Measured = Mapping[str, object]
BlocksOf = Callable[[PageId], Sequence[str]]


class Answer(StrEnum):
    NEW = "new"
    COPY = "copy"
    KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A stored page that the text is not a copy of, though it came near."""

    url: str
    story: StoryId | None
    measures: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The answer and its evidence.

    Of a copy, `measures` compare it with the story's canonical version, and `missing` and `added` are paragraphs that only that or
    only this has; `relation` None: it would be the canonical version. Of a known page they compare with the text that is stored,
    and `relation` is what stands. `also` are stories that the text would join into one.
    """

    answer: Answer
    url: str | None
    title: str | None = None
    words: int = 0
    text_state: str | None = None
    story: StoryId | None = None
    compared_with: str | None = None
    relation: Relation | None = None
    is_same_text: bool | None = None  # of a known page; None where its text could not be had
    measures: Measured = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    also: tuple[StoryId, ...] = ()
    near: tuple[Near, ...] = ()


def document_to_check(article: Article, docket: Docket, rules: Rules, now: datetime) -> Document:
    """The article as the verdict would first see it. Raises BadInput where nothing is left of it that could be compared."""
    site = rules.sites.of(article.url)
    titles = article.metadata.titles or ((article.metadata.title,) if article.metadata.title else ())
    tokens = read_tokens(article.tokens)
    kept = cut(tokens, article.marks, docket.chrome(site)).kept
    if not len(kept):
        why = "; ".join(article.reasons)
        raise BadInput(f"no article text to compare: {article.state.replace('_', ' ')}{f' ({why})' if why else ''}")
    return Document(
        page=NO_PAGE, url=article.url, key=address_key(article.url), site=site, tokens=tokens, marks=article.marks,
        state=article.state, source=article.source, title_keys=frozenset(k for k in map(title_key, titles) if k is not None),
        cues=article.cues, published=article.metadata.published, first_seen_at=now, kept=kept,
    )


def known_page(urls: Sequence[str], docket: Docket) -> Document | None:
    """The judged page of the first of these addresses that has one, redirects that are known followed."""
    pages = docket.at_addresses([address_key(url) for url in urls])
    return next(iter(docket.documents(pages)), None)


def check_article(
    article: Article, docket: Docket, rules: Rules, *, now: datetime, blocks_of: BlocksOf, also_at: Sequence[str] = ()
) -> Checked:
    """What this article would be. `blocks_of` gives the shown paragraphs of a stored page; `also_at` addresses that led here."""
    document = document_to_check(article, docket, rules, now)
    known = known_page([article.url, *also_at], docket)
    if known is not None:
        return _known(article, document, known, docket, rules, blocks_of)
    judgement = judge(document, docket, rules)
    ruling = next(ruling for ruling in judgement.stories if any(member.page == NO_PAGE for member in ruling.members))
    if ruling.id is None:
        return replace(_said(article), near=_near(judgement, docket))
    return _copy(article, document, judgement, ruling, docket, rules, blocks_of)


def unread(known: Document) -> Checked:
    """The answer for an address that is known and whose text could not be had now."""
    return Checked(answer=Answer.KNOWN, url=known.url, story=known.story, relation=known.relation)


def _said(article: Article) -> Checked:
    """What the article says of itself, as a new one's."""
    return Checked(
        answer=Answer.NEW, url=None if article.url == NOWHERE else article.url, title=article.metadata.title,
        words=sum(len(block.split()) for block in _shown(article)), text_state=article.state.value,
    )


def _shown(article: Article) -> list[str]:
    return [block for block, mark in zip(article.blocks, article.marks, strict=True) if mark == BlockMark.TEXT]


def _known(
    article: Article, document: Document, known: Document, docket: Docket, rules: Rules, blocks_of: BlocksOf
) -> Checked:
    assert document.kept is not None
    comparison = _compare(document, known, docket, rules)
    stored = blocks_of(known.page)
    return replace(
        _said(article), answer=Answer.KNOWN, story=known.story, relation=known.relation, compared_with=known.url,
        is_same_text=kept_equal(known.kept, document.kept), measures=_measured(comparison),
        missing=unshared(stored, _shown(article)), added=unshared(_shown(article), stored),
    )


def _copy(
    article: Article, document: Document, judgement: Judgement, ruling: StoryRuling, docket: Docket, rules: Rules,
    blocks_of: BlocksOf,
) -> Checked:
    assert ruling.id is not None
    own = next(member for member in ruling.members if member.page == NO_PAGE)
    standing, _ = docket.standing([ruling.id])[ruling.id]
    others = [member.page for member in ruling.members if member.page != NO_PAGE]
    against = standing if standing in others else others[0]
    other = docket.documents([against])[0]
    made = [c for c in judgement.comparisons if NO_PAGE in (c.low, c.high) and c.other(NO_PAGE) == against]
    stored = blocks_of(against)
    return replace(
        _said(article), answer=Answer.COPY, story=ruling.id, relation=own.relation, compared_with=other.url,
        measures=_measured(made[0] if made else _compare(document, other, docket, rules)),
        missing=unshared(stored, _shown(article)), added=unshared(_shown(article), stored), also=ruling.merged,
    )


def _compare(document: Document, other: Document, docket: Docket, rules: Rules) -> Comparison:
    return compare(
        document, other, low_chrome=docket.chrome(document.site), high_chrome=docket.chrome(other.site), bounds=rules.bounds
    )


def _measured(comparison: Comparison) -> Measured:
    return {name: value for name, value in measures_of(comparison, NO_PAGE).items() if name != "page"}


def _near(judgement: Judgement, docket: Docket) -> tuple[Near, ...]:
    """The refused comparisons that shared most."""
    refused = [c for c in judgement.comparisons if not c.joined and c.measures.shared]
    refused.sort(key=lambda c: (-c.measures.containment, -c.measures.shared, c.high))
    near = []
    for comparison in refused[:MOST_NEAR]:
        for other in docket.documents([comparison.other(NO_PAGE)]):
            near.append(Near(url=other.url, story=other.story, measures=_measured(comparison)))
    return tuple(near)


def unshared(blocks: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    """The paragraphs of which less than half stands in the other text, in reading order."""
    among = distinct(shingle(read_tokens(tokenise(others)))) if others else np.empty(0, dtype=np.uint64)
    return tuple(block for block in blocks if not _is_said(block, among))


def _is_said(block: str, among: Shingles) -> bool:
    shingles = shingle(read_tokens(tokenise([block])))
    if not len(shingles):
        return True  # a line too short to be missed
    return int(np.count_nonzero(found_in(shingles, among))) >= SAID_ELSEWHERE * len(shingles)
