"""Whether a name or address is the page's own site: what every origin cue is checked against."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from crawler.articles.agencies import Agency
from crawler.articles.head import Head
from crawler.articles.wording import fold
from crawler.urls import Sites, normalise

_NAME_CHARS = 253  # a host name's limit; no publisher's name is longer
_LEAST_NESTED = 5  # letters of a name that may stand inside a longer one: "Courier" in "Harbour Courier Media Group"
_GENERIC = frozenset({"news", "online", "media", "daily", "world", "times", "press", "website", "newspaper"})
_ARTICLE = re.compile(r"(?i)^the\s+")
_DOMAIN = re.compile(r"(?i)(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?")


@cache
def sites() -> Sites:
    """Registrable domains without the configured families, which only the verdict knows."""
    return Sites()


class OwnSite:
    """The site of a page, and every name the page gives it."""

    def __init__(self, head: Head, url: str) -> None:
        self.site = sites().of(url)
        self._label = self.site.split(".")[0]
        stated = [*head.metas.get("og:site_name", ()), *head.metas.get("application-name", ()), *head.metas.get("twitter:site", ())]
        self.stated_names = frozenset(_key(name) for name in stated if _key(name))
        self._keys = self.stated_names | {fold(self._label), fold(self.site)}

    def has_address(self, url: str) -> bool:
        return sites().of(url) == self.site

    def has_agency(self, agency: Agency) -> bool:
        return self.site in agency.sites or self.is_named(agency.name)

    def is_named(self, name: str) -> bool:
        """Whether a name is this site's: equal, nested, its domain, or short for it (`nytimes`: New York Times)."""
        name = name[:_NAME_CHARS]
        key = _key(name)
        domain = _DOMAIN.fullmatch(name.strip(" ./"))
        if not key or (domain is not None and sites().of(domain[1]) == self.site):
            return True
        openings = _openings(name)
        return any(own in openings or _is_nested(key, own) for own in self._keys) or _is_short_for(self._label, name)


def foreign_address(value: str | None, base: str, own: OwnSite) -> str | None:
    """The normalised absolute address that a value gives, where it lies on another site."""
    if not value or " " in value.strip() or not ("/" in value or value.startswith("http")):
        return None
    address = normalise(value, base)
    return address if address is not None and not own.has_address(address) else None


def _key(name: str) -> str:
    return fold(name).removeprefix("the")


def _openings(name: str) -> set[str]:
    """What the first words of a name spell, one after the other: `ntv News` opens with ntv, ntvnews."""
    words = _ARTICLE.sub("", name).split()
    return {opening for size in range(1, len(words) + 1) if len(opening := fold("".join(words[:size]))) >= 3 or size == len(words)}


def _is_nested(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _LEAST_NESTED and shorter not in _GENERIC and shorter in longer


def _is_short_for(label: str, name: str) -> bool:
    """Whether a domain's label is put together from openings of the words of a name, each in its turn."""
    words = [fold(word) for word in name.split() if fold(word)]
    words = words[1:] if words[:1] == ["the"] else words
    if len(label) == 2:
        return label == "".join(word[0] for word in words)
    return len(label) >= 3 and 2 <= len(words) <= 8 and _spells(re.sub(r"[^a-z0-9]", "", label.removeprefix("the")), words)


def _spells(label: str, words: Sequence[str]) -> bool:
    """Whether openings of the words make up the label; only short words at the end may be left out.

    `ends` are the places that the words so far can have brought us to: trying each way anew takes years for a label of one letter.
    """
    ends = {0}
    for place, word in enumerate(words):
        if len(label) in ends and all(len(left) <= 3 for left in words[place:]):
            return True
        ends = {end + size for end in ends for size in range(1, _common(label[end:], word) + 1)}
    return len(label) in ends


def _common(one: str, other: str) -> int:
    """How many letters two texts begin with in common."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
