"""What a page may cost: limits checked in linear time before any parser sees the page.

The parsers are linear on real pages and quadratic or worse on made ones: 100,000 nested <div> hold one of them for more than
45 s, 50,000 attributes in one tag hold all of them for 3 s, 300,000 <br> cost 8 s, and a <font> that is never closed is
opened anew in every element that follows: 390 of them before 19,000 paragraphs fill the memory. Of 478 real pages none
passes a limit (most tags: 10,500, mean 2,000; most elements opened anew: 54,000, at the 99th percentile 3,900). A single
long attribute is no reason: 12 of them carry one of 64 KB to 330 KB, and nothing is slow on it.
"""

from __future__ import annotations

from typing import cast

from lxml import etree
from lxml.html import HtmlElement

from crawler.errors import NotAPage
from crawler.markup import FORMATTING, follow_tags, has_tag_with_more, without_raw_text

MAX_CHARS = 1_500_000  # without scripts, styles and comments: about 1 s of extraction; the longest of 478 real pages has 920,000
MAX_TAGS = 20_000
MAX_DEPTH = 1_500
MAX_REOPENED = 100_000  # elements that formatting elements which are never closed add to those behind them; 0.2 s
MAX_ATTRIBUTES = 500  # in one tag: each is compared with all the others
MAX_TEXT_CHARS = 500_000  # of the text found: what comes after reading costs as much again
MAX_BLOCKS = 5_000
_PARSER_DEPTH = 200  # libxml2 drops silently what lies below 256

_DEEP = etree.XPath(f"boolean({'/*' * _PARSER_DEPTH})")
_ELEMENTS = etree.XPath("count(//*)")


def check_limits(html: str) -> str:
    """The markup that may be parsed as browsers do: the page, without its scripts, styles and comments where it is large.

    Raises NotAPage, with the limit that is passed, where parsing that could cost seconds; linear in the page's length. Which
    opening of a script is one, and which is text of an attribute, only a parser can tell: so what was counted is what is parsed.
    """
    if len(html) > MAX_CHARS or html.count("<") > MAX_TAGS:
        html = without_raw_text(html)
    if len(html) > MAX_CHARS:
        raise NotAPage(f"{len(html):,} characters of markup and text, more than {MAX_CHARS:,}: too large for an article")
    if (tags := html.count("<")) > MAX_TAGS:
        raise NotAPage(f"{tags:,} tags, more than {MAX_TAGS:,}: too large for an article")
    if has_tag_with_more(html, MAX_ATTRIBUTES):
        raise NotAPage(f"a tag with more than {MAX_ATTRIBUTES:,} attributes")
    return html


def check_nesting(markup: str, tree: HtmlElement) -> bool:
    """Raise NotAPage where parsers less forgiving than libxml2, which made `tree`, could hang on the nesting of `markup`.

    Counting in the tree is quick and says when the tags themselves have to be followed: on some 5 % of real pages. Gives
    whether the tree is nested so deeply that its parser may have dropped what lies below.
    """
    root = tree.getroottree()
    is_deep, elements = bool(_DEEP(root)), cast(float, _ELEMENTS(root))
    if elements > MAX_TAGS:
        raise NotAPage(f"{elements:,.0f} elements, more than {MAX_TAGS:,}: too large for an article")
    tags = markup.count("<") - markup.count("</")
    formatting = sum(1 for _ in tree.iter(*FORMATTING))
    if is_deep or formatting * tags > MAX_REOPENED or tags - elements > MAX_DEPTH:
        nesting = follow_tags(markup)
        if nesting.depth > MAX_DEPTH:
            raise NotAPage(f"elements nested more than {MAX_DEPTH:,} deep")
        if nesting.reopened > MAX_REOPENED:
            raise NotAPage(f"{nesting.left_open:,} formatting elements never closed, opened anew {nesting.reopened:,} times")
    return is_deep


def check_length(text: str) -> None:
    """Raise NotAPage where a text that was found, one paragraph a line, is longer than any article's."""
    if len(text) > MAX_TEXT_CHARS:
        raise NotAPage(f"a text of {len(text):,} characters, more than {MAX_TEXT_CHARS:,}: no article")
    lines = text.count("\n") + 1
    if lines > MAX_BLOCKS:
        raise NotAPage(f"a text of {lines:,} lines, more than {MAX_BLOCKS:,}: no article")
