"""Trafilatura's patterns of classes and ids, asked once for each set of attributes instead of once for each element.

A pattern tries some fifty words on every class and id of a tree, through a Python function that lxml calls: an eighth of the time
of reading a page. Most elements, on one page and on the next of its site, say of themselves what others have said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

_KEPT = 16_384  # answers of each pattern
_KEPT_CHARS = 400  # of the attributes whose answer is kept
_LITERAL = re.compile(r"'[^']*'")
# What, its literals left out, looks at nothing but the name and the attributes of the element itself; [1] takes the first alone.
_OF_ONE_ELEMENT = re.compile(
    r"\(?\.//\*(?:[\[\](),=|\s]|self::\w+|@[\w-]+|re:test|contains|translate|starts-with|\bor\b|\bnot\b)+(?:\[1\])?\)?(?:\[1\])?"
)


class RememberedPattern:
    """Called as the XPath is that it stands for, with the same answer; of one that ends in `[1]`, with the first match alone."""

    def __init__(self, xpath: etree.XPath) -> None:
        path = xpath.path
        self.xpath = xpath
        self._tags = tuple(dict.fromkeys(re.findall(r"self::(\w+)", path)))
        self._names = frozenset(re.findall(r"@([\w-]+)", path))
        self._takes_first = path.rstrip().endswith("[1]")
        self._matches = lru_cache(_KEPT)(self._ask)

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        found = self._find(tree)
        if not self._takes_first:
            return list(found)
        first = next(found, None)
        return [] if first is None else [first]

    def _find(self, tree: HtmlElement) -> Iterator[HtmlElement]:
        names = self._names
        for element in tree.iterdescendants(*(self._tags or ("*",))):
            said = [item for item in element.items() if item[0] in names]  # in order: of `@id|@class` XPath takes the first
            if said:
                ask = self._matches if sum(len(value) for _, value in said) <= _KEPT_CHARS else self._ask
                if ask(element.tag if self._tags else "any", *said):
                    yield element

    def _ask(self, tag: str, *said: tuple[str, str]) -> bool:
        above = etree.Element("above")
        alone = etree.SubElement(above, tag)
        for name, value in said:
            alone.set(name, value)
        return bool(self.xpath(above))


def remember(patterns: list[Any]) -> None:
    """Replace, in place, each pattern that costs much and looks at one element at a time: trafilatura's functions read the list."""
    patterns[:] = [
        RememberedPattern(pattern)
        if "re:test" in pattern.path and _OF_ONE_ELEMENT.fullmatch(_LITERAL.sub("", pattern.path).strip())
        else pattern
        for pattern in patterns
    ]
