"""The pages of the invented sites: a text put into its house's HTML (crawler/demo/templates)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from crawler.demo.stories import Text

EASTERN = timezone(timedelta(hours=-5), "EST")
_PROMOTION = '<p class="inset">{}</p>'
_INSETS = (
    "One account opens all of Tidings: city papers, country weeklies and the magazines in between.",
    "You are reading with Tidings. Quiet pages, no banners, a hundred and forty papers.",
)
_INSET_EVERY = 3  # paragraphs between two promotions


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Somebody who publishes under a name and a host of their own; `feed` is its feed's path, ending in its format."""

    name: str
    host: str
    feed: str

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    @property
    def feed_url(self) -> str:
        return self.url(self.feed)


FEED_TYPES = {".xml": "application/rss+xml", ".atom": "application/atom+xml", ".json": "application/feed+json"}


def feed_type(house: House) -> str:
    return FEED_TYPES[house.feed[house.feed.rindex(".") :]]


def paper_page(house: House, url: str, text: Text) -> str:
    """A newspaper's or agency's page with all its metadata: Open Graph, JSON-LD, a byline, a time."""
    figure = f'<figure><img src="{_image(house, url)}" alt=""><figcaption>{escape(text.caption)}</figcaption></figure>'
    return _template("paper.html").substitute(
        _common(house, url, text),
        feed_type=feed_type(house),
        feed_url=house.feed_url,
        figure=figure if text.caption else "",
        body=_paragraphs(text.paragraphs),
    )


def briefing_page(house: House, url: str, text: Text, parts: Sequence[tuple[str, Sequence[str]]]) -> str:
    """A page of several stories under headings of their own."""
    sections = [f"<h2>{escape(title)}</h2>\n{_paragraphs(paragraphs)}" for title, paragraphs in parts]
    body = "\n".join((_paragraphs(text.paragraphs), *sections))
    return _template("briefing.html").substitute(_common(house, url, text), body=body)


def app_page(house: House, url: str, text: Text, *, origin: str, shown: int | None, related: Sequence[tuple[str, str]]) -> str:
    """The news app's page of another house's story: between promotions, and, where only `shown` paragraphs are, behind a gate."""
    return _template("app.html").substitute(
        _common(house, url, text) | {"house": escape(origin)},
        stamp=text.published_at.astimezone(EASTERN).strftime("%d %b %Y %I:%M %p EST").upper(),
        caption=escape(text.caption),
        body=_paragraphs_with_insets(text.paragraphs[:shown]),
        gate="" if shown is None else _template("gate.html").substitute(),
        related="\n".join(
            f'      <p class="card"><a href="{address}">{escape(title)}</a></p>' for address, title in related
        ),
    )


def _common(house: House, url: str, text: Text) -> dict[str, str]:
    linked = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": text.title,
        "datePublished": text.published_at.isoformat(),
        "author": {"@type": "Person", "name": text.author},
        "publisher": {"@type": "NewsMediaOrganization", "name": house.name, "url": house.url("/")},
        "mainEntityOfPage": url,
        "image": _image(house, url),
    }
    return {
        "house": escape(house.name),
        "url": url,
        "title": escape(text.title),
        "author": escape(text.author),
        "summary": escape(text.summary),
        "image": _image(house, url),
        "published": text.published_at.isoformat(),
        "shown_time": text.published_at.astimezone(EASTERN).strftime("%B %d, %Y at %I:%M %p EST"),
        "linked": json.dumps(linked).replace("<", "\\u003c"),
    }


def _image(house: House, url: str) -> str:
    return house.url(f"/images/{url.rpartition('/')[2]}.jpg")


def _paragraphs(paragraphs: Sequence[str]) -> str:
    return "\n".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)


def _paragraphs_with_insets(paragraphs: Sequence[str]) -> str:
    lines = []
    for number, paragraph in enumerate(paragraphs, start=1):
        lines.append(_paragraphs([paragraph]))
        if number % _INSET_EVERY == 0:
            lines.append(_PROMOTION.format(_INSETS[number // _INSET_EVERY % len(_INSETS)]))
    return "\n".join(lines)


@cache
def _template(name: str) -> Template:
    return Template((files("crawler.demo") / "templates" / name).read_text(encoding="utf-8"))
