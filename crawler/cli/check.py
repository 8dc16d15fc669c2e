"""`check`: what a text would be, were it crawled now."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.errors import UsageError

if TYPE_CHECKING:
    from crawler.study.checking import Checked

CODES = {"new": 0, "copy": 10, "known": 11}
_MOST_BEGUN = 3  # paragraphs whose beginning is shown (--json gives all, whole)
_BEGINNING = 8  # words


@click.command("check")
@click.argument("source", metavar="URL|FILE|-")
@click.option("--url", metavar="URL", help="The address that a FILE or stdin is of: it may be known, and its site's chrome is cut.")
@click.option("--title", metavar="TITLE", help="The headline of a plain text.")
@click.option("--exit-code", "with_code", is_flag=True, help="Exit with 0 where it is new, 10 a copy, 11 known.")
@output_options
@click.pass_obj
def command(invocation: Invocation, source: str, url: str | None, title: str | None, with_code: bool) -> int:
    """Say what a page or text would be: new, a copy of a story, or known. Nothing is stored.

    An address is fetched once, as politely as a crawl does and where robots.txt permits; a FILE or stdin is HTML or plain text.
    """
    from crawler.cli.looking import check_address, check_body

    now = datetime.now(UTC)
    with invocation.store() as store:
        if source.lower().startswith(("http://", "https://")):
            if url is not None:
                raise UsageError("--url is for a FILE or stdin: the address itself is given already")
            checked = check_address(store, invocation.settings, source, now=now, environ=invocation.environ)
        else:
            checked = check_body(store, invocation.settings, _read(source), url=url, title=title, now=now)
    if invocation.as_json:
        invocation.emit(_values(checked))
    else:
        invocation.say("\n".join(_lines(checked)))
    return CODES[checked.answer] if with_code else 0


def _read(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        hint = "give an address with its http(s)://, a file, or -"
        raise UsageError(f"cannot read {source}: {error.strerror or error}; {hint}") from error


def _values(checked: Checked) -> dict[str, Any]:
    return {
        "answer": checked.answer,
        "url": checked.url,
        "title": checked.title,
        "words": checked.words,
        "text_state": checked.text_state,
        "story": checked.story,
        "compared_with": checked.compared_with,
        "relation": _relation(checked),
        "same_text": checked.is_same_text,
        **{name: checked.measures.get(name) for name in ("reason", "containment", "coverage", "jaccard", "lead", "shared")},
        "missing": list(checked.missing),
        "added": list(checked.added),
        "would_join": list(checked.also),
        "near": [{"url": near.url, "story": near.story, **near.measures} for near in checked.near],
    }


def _relation(checked: Checked) -> str | None:
    return None if checked.story is None else checked.relation or "canonical"


def _lines(checked: Checked) -> Iterator[str]:
    from crawler.cli.console import counted
    from crawler.cli.evidence import render

    return render({
        "url": checked.url,
        "title": _headline(checked),
        "headline": checked.title,
        "text": f"{counted(checked.words, 'word')}, {checked.text_state}" if checked.text_state else None,
        "would_join": list(checked.also),
        "missing": _paragraphs(checked.missing),
        "added": _paragraphs(checked.added),
        "measures": checked.measures,
        "refused": [{"url": near.url, **near.measures} for near in checked.near],
    })


def _headline(checked: Checked) -> str:
    match checked.answer:
        case "new":
            return "new"
        case "copy" if checked.relation is None:
            return f"copy of {checked.story} ({checked.compared_with}); it would be the canonical version"
        case "copy":
            return f"copy of {checked.story} ({checked.compared_with}), {checked.relation}"
        case _:
            text = {True: "with this text", False: "with another text", None: "its text could not be had now"}
            return f"known: {checked.url}, {_relation(checked)} of {checked.story}, {text[checked.is_same_text]}"


def _paragraphs(paragraphs: Sequence[str]) -> str:
    """How much it is, and how each of the first begins."""
    from crawler.cli.console import counted

    if not paragraphs:
        return ""
    count, words = len(paragraphs), sum(len(paragraph.split()) for paragraph in paragraphs)
    first = "; ".join(f"“{' '.join(paragraph.split()[:_BEGINNING])} …”" for paragraph in paragraphs[:_MOST_BEGUN])
    more = " …" if count > _MOST_BEGUN else ""
    return f"{counted(count, 'paragraph')}, {counted(words, 'word')}: {first}{more}"
