"""Which of a page's titles is the article's: the <h1> most like the metadata's title, else the headline, og:title, <title>."""

from __future__ import annotations

from crawler.articles.head import Head


def read_titles(head: Head, *, feed_title: str | None) -> tuple[str, ...]:
    """Every variant of the article's title, the chosen one first; empty where the page has none."""
    found = [*head.h1s[:1], *head.linked.headlines, head.meta("og:title"), head.title, feed_title]
    return tuple(dict.fromkeys(text for text in found if text))
