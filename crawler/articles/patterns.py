"""Trafilatura's patterns of classes and ids, asked once for each set of attributes instead of once for each element.

A pattern tries some fifty words on every class and id of a tree, through a Python function that lxml calls: an eighth of the time
of reading a page. Most elements, on one page and on the next of its site, say of themselves what others have said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree
from lxml.html import HtmlElement

_KEPT = 16_384  # answers of each pattern
_KEPT_CHARS = 400  # of the attributes whose answer is kept
_LITERAL = re.compile(r"'[^']*'")
# What, its literals left out, looks at nothing but the name and the attributes of the element itself; [1] takes the first alone.
_OF_ONE_ELEMENT = re.compile(
    r"\(?\.//\*(?:[\[\](),=|\s]|self::\w+|@[\w-]+|re:test|contains|translate|starts-with|\bor\b|\bnot\b)+(?:\[1\])?\)?(?:\[1\])?"
)


_FOLDED = re.compile(r"translate\((@[\w-]+),\s*'[^']*',\s*'[^']*'\),\s*'([^']*)'")
_CONDITION = re.compile(r"re:test\([^,]*,\s*'(?P<regex>[^']*)'(?:,\s*'(?P<flags>\w*)')?\)|'(?P<words>[^']*)'")
_STANDS_ALONE = re.compile(r"@([\w-]+)\s*(?=or\b|and\b|\]|\))")

Said: TypeAlias = tuple[tuple[str, str], ...]  # (name, value) of an element's attributes


class RememberedPattern:
    """Called as the XPath is that it stands for, with the same answer; of one that ends in `[1]`, with the first match alone."""

    def __init__(self, xpath: etree.XPath) -> None:
        path = xpath.path
        self.xpath = xpath
        self._tags = tuple(dict.fromkeys(re.findall(r"self::(\w+)", path)))
        self._names = frozenset(re.findall(r"@([\w-]+)", path))
        self._takes_first = path.rstrip().endswith("[1]")
        self._hint, self._suffices = _hint_of(path)
        self._answers: dict[tuple[str, Said], bool] = {}

    def __call__(self, tree: HtmlElement) -> list[HtmlElement]:
        found = self._find(tree)
        if not self._takes_first:
            return list(found)
        first = next(found, None)
        return [] if first is None else [first]

    def _find(self, tree: HtmlElement) -> Iterator[HtmlElement]:
        names, answers, tags = self._names, self._answers, self._tags
        for element in tree.iterdescendants(*(tags or ("*",))):
            said = tuple([item for item in element.items() if item[0] in names])  # in order: of `@id|@class` XPath takes the first
            if said:
                key = (element.tag if tags else "any", said)
                answer = answers.get(key)
                if self._ask(key) if answer is None else answer:
                    yield element

    def _ask(self, key: tuple[str, Said]) -> bool:
        tag, said = key
        answer = self._may_match(said) and self._match(tag, said)
        if sum(len(value) for _, value in said) <= _KEPT_CHARS:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            self._answers[key] = answer
        return answer

    def _may_match(self, said: Said) -> bool:
        """Whether any of the pattern's words stands in these attributes: an id that one element alone has is seldom worth more."""
        return self._hint is None or any(name in self._suffices or self._hint.search(value) for name, value in said)

    def _match(self, tag: str, said: Said) -> bool:
        above = etree.Element("above")
        alone = etree.SubElement(above, tag)
        for name, value in said:
            alone.set(name, value)
        return bool(self.xpath(above))


def _hint_of(path: str) -> tuple[re.Pattern[str] | None, frozenset[str]]:
    """What one of an element's attributes holds wherever the XPath matches, and the attributes that are enough by being there.

    No pattern where the XPath says `not`: then what is missing may be what matches.
    """
    if "not(" in path:
        return None, frozenset()
    folded = [re.escape(words) for _, words in _FOLDED.findall(path)]
    conditions = [f"(?i:{words})" for words in folded]
    for found in _CONDITION.finditer(_FOLDED.sub(r"\1", path)):
        if (regex := found["regex"]) is not None:
            conditions.append(f"(?{found['flags']}:{regex})" if found["flags"] else f"(?:{regex})")
        else:
            conditions.append(re.escape(found["words"]))
    return re.compile("|".join(conditions)), frozenset(_STANDS_ALONE.findall(path))


def remember(patterns: list[Any]) -> None:
    """Replace, in place, each pattern that costs much and looks at one element at a time: trafilatura's functions read the list."""
    patterns[:] = [
        RememberedPattern(pattern)
        if "re:test" in pattern.path and _OF_ONE_ELEMENT.fullmatch(_LITERAL.sub("", pattern.path).strip())
        else pattern
        for pattern in patterns
    ]
