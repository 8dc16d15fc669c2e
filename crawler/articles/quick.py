"""The quick precise reading: trafilatura's main extractor, precise and fast, on a copy of the page's body without what it drops.

    body ─ copied, chrome stripped ─► pruned ─► cleaned ─► converted ─► main extractor ─► text

`bare_extraction(favor_precision=True, fast=True)` gives the same text on all but a few pages; it copies the whole page four
times, prunes it before it is small and keeps what only its slower modes look at.
"""

from __future__ import annotations

import re
from copy import copy
from typing import cast

from lxml import etree
from lxml.html import HtmlElement
from trafilatura.htmlprocessing import convert_tags, prune_unwanted_nodes, tree_cleaning
from trafilatura.main_extractor import extract_content
from trafilatura.settings import MANUALLY_CLEANED, Extractor
from trafilatura.xml import xmltotxt
from trafilatura.xpaths import (
    BODY_XPATH,
    OVERALL_DISCARD_XPATH,
    PRECISION_DISCARD_XPATH,
    RAW_TREE_PRUNE_XPATH,
    REMOVE_COMMENTS_AND_LISTS_XPATH,
    REMOVE_COMMENTS_XPATH,
)

from crawler.articles.patterns import remember

_LOOKED_AT_FIRST = frozenset(("figure", "form", "math", "head"))  # may be kept for a table, the whole text or a formula in them
_DROPPED = tuple(tag for tag in MANUALLY_CLEANED if tag not in _LOOKED_AT_FIRST)
_NAMES = etree.XPath(".//@class | .//@id", smart_strings=False)
# Without these in a page's classes and ids trafilatura's own patterns, which hold them, match nothing: looking takes a tenth.
_APPENDED = re.compile("mvp-post-add|infinite-?scroll|elementor-share-buttons")
_COMMENTS = re.compile("[Cc]omment|comol|disqus_thread|dsq-comments")
_OPTIONS = Extractor(precision=True, fast=True, comments=False)

for _patterns in (
    BODY_XPATH, OVERALL_DISCARD_XPATH, PRECISION_DISCARD_XPATH, REMOVE_COMMENTS_AND_LISTS_XPATH, REMOVE_COMMENTS_XPATH,
):
    remember(_patterns)


def read_quickly(tree: HtmlElement) -> str:
    """The text of a page, elements on lines of their own; `tree` stays as it is."""
    body = tree.find("body")
    small = copy(tree if body is None else body)
    etree.strip_elements(small, *_DROPPED, with_tail=False)
    names = "\n".join(cast(list[str], _NAMES(small)))
    has_comments = _COMMENTS.search(names) is not None
    if _APPENDED.search(names):
        prune_unwanted_nodes(small, RAW_TREE_PRUNE_XPATH)
    if has_comments:
        prune_unwanted_nodes(small, REMOVE_COMMENTS_AND_LISTS_XPATH)
    cleaned = convert_tags(tree_cleaning(small, _OPTIONS), _OPTIONS)
    if has_comments:
        prune_unwanted_nodes(cleaned, REMOVE_COMMENTS_XPATH)
    found, text = extract_content(cleaned, _OPTIONS)
    return str(xmltotxt(found, False)) if text else ""
