"""Whether a name or address is the page's own site: what every origin cue is checked against."""

from __future__ import annotations

import re
from functools import cache

from crawler.articles.agencies import Agency
from crawler.articles.head import Head
from crawler.articles.wording import fold
from crawler.urls import Sites, normalise

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
    return len(label) >= 3 and 2 <= len(words) <= 8 and _spells(re.sub(r"[^a-z0-9]", "", label.removeprefix("the")), tuple(words))


def _spells(rest: str, words: tuple[str, ...]) -> bool:
    if not rest:
        return not words or all(len(word) <= 3 for word in words)
    if not words:
        return False
    longest = next((size for size in range(min(len(rest), len(words[0])), 0, -1) if words[0].startswith(rest[:size])), 0)
    return any(_spells(rest[size:], words[1:]) for size in range(longest, 0, -1))
