"""From one page, or one feed entry, to an article.

    bytes ─ decode ─► markup ─ limits ─► tree ─┬─ head ─► metadata ──────────────┬─► marks ─► state ─► Article
                                               └─ body ─► summary check ─ rescue ┘      (the feed's text, where the page has none)

The tree is parsed once and shared: reading the head looks at it, the extractors copy it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

from lxml import html as lxml_html

from crawler.articles.body import choose_voice
from crawler.articles.cues import read_cues
from crawler.articles.decode import decode_page
from crawler.articles.feedtext import FeedText, count_words_of, read_feed_text, stand_in
from crawler.articles.gates import Judged, judge_state
from crawler.articles.head import Head, read_head
from crawler.articles.headline import blocks_above
from crawler.articles.limits import MAX_BLOCKS, MAX_TEXT_CHARS, check_length, check_limits, check_nesting
from crawler.articles.marks import mark_blocks
from crawler.articles.metadata import read_metadata
from crawler.articles.parsing import parse_page
from crawler.articles.summary import check_summary, summary_shingles
from crawler.articles.voices import Readings, Shingles, Voice, as_lines
from crawler.dedup.words import tokenise
from crawler.model import Article, BlockMark, FeedEntry, Metadata, TextSource, TextState

_RESCUE = (1.5, 40)  # a JSON-LD body this many times longer and this many words more is the article that the extractors lost
_MARKUP = re.compile(r"<!--[^<>]{0,2000}-->|</?[a-zA-Z][^<>]{0,2000}>")
_SAMPLE_CHARS = 2_000  # of the text, for the language
_NO_CLOCK = datetime(
    9000, 1, 1, tzinfo=UTC
)  # an entry alone has no time of fetching: its dates were judged when the feed was parsed


def read_page(body: bytes, *, url: str, content_type: str | None, entry: FeedEntry | None, fetched_at: datetime) -> Article:
    """The article that the page at `url` holds; where its text cannot be had, the entry's stands in (`source` says so).

    `body` is decoded from its transfer, `url` the final address. Raises NotAPage where it is no page, or one too costly to read.
    """
    html = decode_page(body, content_type)
    markup = check_limits(html)
    tree = parse_page(html)
    is_deep = check_nesting(markup, tree)
    head = read_head(tree, html, url)
    readings = Readings(markup, tree, trust_tree=not is_deep)
    wanted = summary_shingles((entry.summary or entry.content) if entry else None)
    text, reasons = _read_text(readings, head, wanted)
    check_length(text)
    blocks = text.splitlines()
    metadata = read_metadata(head, url=url, entry=entry, fetched_at=fetched_at, body_sample=text[:_SAMPLE_CHARS])
    above = blocks_above(blocks, head, html, metadata.title, wanted)
    marks = mark_blocks(blocks, titles=(*metadata.titles, *head.h1s), names=_names(metadata), above=above)
    judged = judge_state(blocks, marks, head=head, html=html, around=readings.text(Voice.RESILIPARSE))
    return _article(head, metadata, blocks, marks, replace(judged, reasons=(*reasons, *judged.reasons)), entry)


def read_entry(entry: FeedEntry, *, url: str, reason: str) -> Article:
    """The article as the feed alone gives it; `reason` says why there is no page."""
    feed = read_feed_text(entry)
    head = Head(url=url, tree=lxml_html.document_fromstring("<html></html>"))
    metadata = read_metadata(head, url=url, entry=entry, fetched_at=_NO_CLOCK, body_sample="\n".join(feed.blocks)[:_SAMPLE_CHARS])
    return _from_feed(feed, head, metadata, (reason, feed.reason), entry)


def _read_text(readings: Readings, head: Head, wanted: Shingles) -> tuple[str, tuple[str, ...]]:
    """The body's text, one paragraph a line, and the reasons where it was not read as usual."""
    voice, reason = choose_voice(readings, wanted)
    checked = check_summary(wanted, voice, readings, head.tree)
    reasons = tuple(found for found in (reason, checked.reason) if found)
    if not head.linked.article_body or head.linked.is_live_blog or len(head.linked.article_body) > 2 * MAX_TEXT_CHARS:
        return checked.text, reasons
    rescue = _plain(head.linked.article_body)
    if len(rescue) > MAX_TEXT_CHARS or rescue.count("\n") >= MAX_BLOCKS:
        return checked.text, reasons
    here, there = count_words_of(checked.text.splitlines()), count_words_of(rescue.splitlines())
    if there > _RESCUE[0] * here + _RESCUE[1]:
        return rescue, (*reasons, f"taken from JSON-LD: {there} words, of which the markup shows {here}")
    if "\n" not in checked.text and "\n" in rescue and there >= 0.9 * here:
        return rescue, (*reasons, "taken from JSON-LD: the markup shows no paragraphs")
    return checked.text, reasons


def _article(head: Head, metadata: Metadata, blocks: Sequence[str], marks: str, judged: Judged, entry: FeedEntry | None) -> Article:
    shown = [block for block, mark in zip(blocks, marks, strict=True) if mark == BlockMark.TEXT]
    feed = stand_in(entry, judged.state, shown)
    if feed is not None and entry is not None:
        reasons = (f"the page is {judged.state.replace('_', ' ')}", *judged.reasons, feed.reason)
        return _from_feed(feed, head, _metadata_for_feed(metadata, entry, judged), reasons, entry)
    return Article(
        url=head.url,
        metadata=metadata,
        blocks=tuple(blocks),
        marks=marks,
        state=judged.state,
        source=TextSource.PAGE,
        reasons=judged.reasons,
        cues=read_cues(head, url=head.url, metadata=metadata, blocks=blocks, entry=entry),
        tokens=tokenise(blocks),
    )


def _from_feed(feed: FeedText, head: Head, metadata: Metadata, reasons: tuple[str, ...], entry: FeedEntry) -> Article:
    return Article(
        url=head.url,
        metadata=metadata,
        blocks=feed.blocks,
        marks=mark_blocks(feed.blocks, titles=metadata.titles, names=_names(metadata)),
        state=feed.state,
        source=TextSource.FEED,
        reasons=reasons,
        tokens=tokenise(feed.blocks),
        cues=read_cues(head, url=head.url, metadata=metadata, blocks=feed.blocks, entry=entry),
    )


def _metadata_for_feed(metadata: Metadata, entry: FeedEntry, judged: Judged) -> Metadata:
    """What is known of an article whose text is the feed's: of a wall or an error page, title and times are no article's."""
    if judged.state not in (TextState.CONSENT_WALL, TextState.ERROR_PAGE):
        return metadata
    title = entry.title or metadata.title
    return replace(
        metadata,
        title=title,
        titles=(title,) if title else (),
        published=entry.published or metadata.published,
        updated=entry.updated,
        canonical_url=None,
        image_url=entry.image_url,
    )


def _plain(text: str) -> str:
    """A JSON-LD body as text: some hold markup, escaped once or twice."""
    for _ in range(3):
        if "&" in text:
            text = unescape(text)
        if "<" in text:
            text = _MARKUP.sub("\n", text)
    return as_lines(text)


def _names(metadata: Metadata) -> tuple[str, ...]:
    named = (*metadata.authors, *metadata.organisations, *metadata.agencies)
    return (*named, metadata.publisher) if metadata.publisher else named
