"""Trafilatura's patterns select the same elements whether asked of each element or remembered."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from trafilatura import xpaths

import crawler.articles.quick  # noqa: F401  puts the remembered patterns in place
from crawler.articles.patterns import RememberedPattern, remember

LISTS: tuple[list[Any], ...] = (
    xpaths.BODY_XPATH, xpaths.OVERALL_DISCARD_XPATH, xpaths.PRECISION_DISCARD_XPATH, xpaths.REMOVE_COMMENTS_XPATH,
    xpaths.REMOVE_COMMENTS_AND_LISTS_XPATH,
)
REPLACED = [pattern for patterns in LISTS for pattern in patterns if isinstance(pattern, RememberedPattern)]
TAGS = ("div", "section", "article", "main", "p", "span", "ol", "ul", "aside", "h2", "made-up")
VALUES = (
    "", "share", "nav-main", "lead", "post", "article-body", "story-body wide", "comments", "comment-list", "link", "permalink",
    "page-bottom", "Cookie-note", "footer", "display: none", "content", "main-content", "hidden x", "navigation", "true", "x" * 500,
)  # fmt: skip
NAMES = ("id", "class", "role", "style", "itemprop", "aria-hidden", "data-number")

attributes = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4, unique_by=lambda said: said[0])
elements = st.recursive(
    st.tuples(st.sampled_from(TAGS), attributes, st.just(())),
    lambda inner: st.tuples(st.sampled_from(TAGS), attributes, st.lists(inner, max_size=4)),
    max_leaves=25,
)


def tree_of(element: Any) -> etree._Element:
    tag, said, inner = element
    made = etree.Element(tag, {})
    for name, value in said:  # one by one: of an id and a class the one that is written first counts in some patterns
        made.set(name, value)
    made.extend(map(tree_of, inner))
    return made


def test_the_costly_patterns_are_replaced() -> None:
    assert len(REPLACED) >= 8


@given(elements)
def test_a_remembered_pattern_selects_what_its_xpath_selects(element: Any) -> None:
    tree: Any = tree_of(element)
    for pattern in REPLACED:
        asked: Any = pattern.xpath(tree)
        if pattern.xpath.path.rstrip().endswith("[1]"):
            asked = asked[:1]
        assert pattern(tree) == asked == pattern(tree), pattern.xpath.path


@pytest.mark.parametrize(
    "path", [".//*[re:test(@id, 'x')][not(.//h1)]", ".//*[re:test(@class, 'x')]/p", ".//*[re:test(string(), 'x')]", ".//p[@id='x']"]
)
def test_a_pattern_that_looks_further_or_costs_little_is_left_as_it_is(path: str) -> None:
    patterns: list[Any] = [etree.XPath(path, namespaces={"re": "http://exslt.org/regular-expressions"})]
    remember(patterns)
    assert isinstance(patterns[0], etree.XPath)


def test_a_pattern_is_asked_once_for_what_elements_have_in_common() -> None:
    patterns: list[Any] = [etree.XPath(".//*[re:test(@class, 'x')]", namespaces={"re": "http://exslt.org/regular-expressions"})]
    remember(patterns)
    page: HtmlElement = document_fromstring("".join(f"<p id={number} class=x1>a<p class=b>c" for number in range(50)))
    assert len(patterns[0](page)) == 50
    assert len(patterns[0]._answers) == 2


@pytest.mark.parametrize(
    ("condition", "attribute", "value", "is_asked"),
    [
        ("re:test(@id, '^a|b$')", "id", "a1", True),
        ("re:test(@id, '^a|b$')", "id", "ba", False),
        ("re:test(@id, 'x', 'i')", "id", "aXe", True),
        ("re:test(@id, 'x') or contains(translate(@class, 'N', 'n'), 'nav')", "class", "top-Nav", True),
        ("re:test(@id, 'x') or contains(translate(@class, 'N', 'n'), 'nav')", "class", "New", False),
        ("re:test(@id, 'x') or @data-lead", "data-lead", "", True),
        ("re:test(@id, 'x') or @class='a.b'", "class", "a-b", False),
    ],
)
def test_only_attributes_that_hold_a_word_of_the_pattern_are_worth_asking(
    condition: str, attribute: str, value: str, is_asked: bool
) -> None:
    path = f".//*[{condition}]"
    pattern = RememberedPattern(etree.XPath(path, namespaces={"re": "http://exslt.org/regular-expressions"}))
    assert pattern._may_match(((attribute, value),)) is is_asked
