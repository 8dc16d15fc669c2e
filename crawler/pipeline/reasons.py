"""What went wrong with one item, in words for the operator."""

from __future__ import annotations

from crawler.errors import CrawlerError

LONGEST = 300  # characters of a reason that is kept


def in_words(error: Exception, deadline_s: float) -> str:
    """One line; an exception that nobody foresaw is named as the fault of the crawler that it is."""
    if isinstance(error, CrawlerError):
        words = str(error)
    elif isinstance(error, TimeoutError):
        words = f"not done within {deadline_s:g} s in all, retries included"
    else:
        words = f"internal error, please report it: {type(error).__name__}: {error}"
    return " ".join(words.split())[:LONGEST] or type(error).__name__
