"""Reading what `check` was given, and judging it against the store: an address, or the bytes of a page or text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from crawler.errors import BadInput, FetchError, NotAPage, UsageError
from crawler.fetch.results import Fetched, Redirected
from crawler.model import Article, BlockMark, Metadata, PageId, TextSource, TextState, Validators
from crawler.settings import Settings
from crawler.study.checking import NOWHERE, Checked, check_article, known_page, unread
from crawler.urls import normalise
from crawler.wiring import open_fetcher

if TYPE_CHECKING:
    from crawler.stores import Store

MOST_HOPS = 5
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|div|p|article|meta|title|h1)\b[^<>]*>", re.IGNORECASE)
_MARKUP_REACH = 4096  # bytes in which a page shows that it is one
_PARAGRAPHS = re.compile(r"\n\s*\n")


def check_address(store: Store, settings: Settings, url: str, *, now: datetime, environ: Mapping[str, str]) -> Checked:
    """Fetch an address, redirects followed, and check what it holds.

    Of one that is known the answer is given even where its text cannot be had. Raises FetchError and BadInput otherwise.
    """
    here = normalise(url)
    if here is None:
        raise UsageError(f"{url} is no address of the web")
    passed = [here]
    try:
        fetched = asyncio.run(_fetch(store, settings, passed, environ))
        article = _read_page(fetched.body, url=fetched.url, content_type=fetched.content_type, now=now)
        return _check(store, settings, article, passed, now)
    except (FetchError, BadInput):
        with store.studying.docket() as docket:
            known = known_page(passed, docket)
        if known is None:
            raise
        return unread(known)


def check_body(store: Store, settings: Settings, body: bytes, *, url: str | None, title: str | None, now: datetime) -> Checked:
    """Check a page's or a plain text's bytes; `url` is the address they are of. Raises BadInput, UsageError."""
    here = normalise(url) if url else NOWHERE
    if here is None:
        raise UsageError(f"{url} is no address of the web")
    is_page = _MARKUP.search(body, 0, _MARKUP_REACH) is not None
    article = _read_page(body, url=here, content_type=None, now=now) if is_page else read_plain(body, url=here, title=title)
    return _check(store, settings, article, [here], now)


def read_plain(body: bytes, *, url: str, title: str | None) -> Article:
    """A plain text as an article, its paragraphs by empty lines, else by lines. Raises NotAPage where it is empty."""
    from crawler.dedup.words import tokenise

    text = body.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\0", "").strip()
    pieces = _PARAGRAPHS.split(text) if _PARAGRAPHS.search(text) else text.split("\n")
    blocks = tuple(block for block in (" ".join(piece.split()) for piece in pieces) if block)
    if not blocks:
        raise NotAPage("an empty text: nothing to compare")
    return Article(
        url=url, metadata=Metadata(title=title, titles=(title,) if title else ()), blocks=blocks,
        marks=BlockMark.TEXT.value * len(blocks), state=TextState.FULL, source=TextSource.PAGE, tokens=tokenise(blocks),
    )


def _check(store: Store, settings: Settings, article: Article, passed: Sequence[str], now: datetime) -> Checked:
    from crawler.stores.rules import rules_of

    with store.studying.docket() as docket:
        rules = rules_of(settings)
        return check_article(article, docket, rules, now=now, blocks_of=_shown_blocks(store), also_at=passed)


def _shown_blocks(store: Store) -> Callable[[PageId], Sequence[str]]:
    return lambda page: [block.text for block in store.reading.blocks(page) if block.mark == BlockMark.TEXT]


def _read_page(body: bytes, *, url: str, content_type: str | None, now: datetime) -> Article:
    from crawler.articles.read import read_page

    return read_page(body, url=url, content_type=content_type, entry=None, fetched_at=now)


async def _fetch(store: Store, settings: Settings, passed: list[str], environ: Mapping[str, str]) -> Fetched:
    """What the last of the addresses passed holds; each one that it leads to is added to them."""
    async with open_fetcher(settings, store, environ=environ) as fetcher:
        for _ in range(MOST_HOPS + 1):
            here = passed[-1]
            if not await fetcher.is_allowed(here):
                message = f"robots.txt forbids {here}: save the page from a browser and give `check` the file, with --url {here}"
                raise FetchError(message, url=here)
            answer = await fetcher.get_page(here, validators=Validators())
            if isinstance(answer, Fetched):
                return answer
            if isinstance(answer, Redirected):
                passed.append(answer.target)
    raise FetchError(f"{passed[0]}: over {MOST_HOPS} redirects", url=passed[0])
