"""An invented newsroom whose crawl meets all that a kill could spoil, and ends the same in whatever order its pages come.

    papers      originals with dates and bylines; one paper's stories stand in two of its feeds
    apps        copies, whole or cut off behind a gate, between paragraphs that stand on every page of the app
    movers      addresses that redirect to where the text is
    shy         robots.txt forbids its pages: its stories are told by the feed
    gone        pages that are no longer there: the same
    shaky       pages that fail once and are there when asked again
    unfollowed  the origin that an app's copies name, which no feed brings

`turn_over` corrects some originals and adds a few, as the next day would.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from local_web import LocalWeb

PAPERS, APPS, STORIES_EACH, COPIES_EACH = 4, 3, 5, 6
MORNING = datetime(2025, 3, 4, 6, tzinfo=UTC)
SYLLABLES = ("ba", "ke", "lim", "mo", "nur", "ra", "sel", "ti", "vo", "zan", "pel", "dor", "min", "gar", "sul", "tan", "rek", "vil")
PATTERNS = (
    "The {} of {} was seen by {} before {} went to {}.",
    "In {} a {} told {} that {} would bring {} and {}.",
    "{} said that {} had never {} as {} did in {}.",
    "When {} came to {}, every {} of {} stood {} at the {}.",
)


def words(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4)))


def make_paragraphs(seed: int, count: int = 6) -> tuple[str, ...]:
    """Paragraphs of some forty words; those of two seeds share no run of three words worth speaking of."""
    rng = random.Random(seed)
    fill = lambda pattern: pattern.format(*(words(rng) for _ in range(pattern.count("{}"))))  # noqa: E731
    return tuple(" ".join(fill(rng.choice(PATTERNS)) for _ in range(4)) for _ in range(count))


@dataclass(frozen=True)
class Told:
    """A text as one page prints it."""

    url: str
    title: str
    paragraphs: tuple[str, ...]
    at: datetime
    author: str = ""
    chrome: tuple[str, ...] = ()
    gate: bool = False
    origin: str = ""

    def html(self) -> str:
        linked = {
            "@context": "https://schema.org", "@type": "NewsArticle", "headline": self.title, "datePublished": self.at.isoformat(),
            "author": {"@type": "Person", "name": self.author or "Staff"},
        }
        head = f"<title>{self.title}</title><script type='application/ld+json'>{json.dumps(linked)}</script>"
        if self.origin:
            head += f"<link rel='canonical' href='{self.origin}'>"
        blocks = [*self.chrome[:1], *self.paragraphs, *self.chrome[1:]]
        if self.gate:
            blocks.append("Sign up to read this article")
        body = "".join(f"<p>{block}</p>" for block in blocks)
        article = f"<article><h1>{self.title}</h1>{body}</article>"
        return f"<!doctype html><html lang='en'><head>{head}</head><body>{article}</body></html>"

    def item(self) -> str:
        return (
            f"<item><guid>{escape(self.url)}</guid><link>{escape(self.url)}</link><title>{escape(self.title)}</title>"
            f"<pubDate>{self.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate><description>{escape(self.paragraphs[0])}</description></item>"
        )


@dataclass
class Newsroom:
    """What every site holds; `serve` puts it on a web."""

    feeds: dict[str, list[Told]] = field(default_factory=dict)
    pages: dict[str, Told] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    shaky: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._originals = [original for number in range(PAPERS) for original in self._paper(number)]
        self.feeds["http://paper0.example/front.xml"] = self.feeds["http://paper0.example/feed.xml"][:3]
        for number in range(APPS):
            self._app(number)
        self._movers()
        self._tell("shy.example", 700, 3)
        self._tell("gone.example", 800, 3)
        self.gone = {told.url for told in self.feeds["http://gone.example/feed.xml"]}
        self._tell("shaky.example", 900, 3)
        for told, statuses in zip(self.feeds["http://shaky.example/feed.xml"], ([503], [0], [502]), strict=True):
            self.shaky[told.url] = statuses

    def serve(self, web: LocalWeb) -> None:
        web.serve("http://shy.example/robots.txt", "User-agent: *\nDisallow: /", type="text/plain")
        for url in self.feeds:
            rss = self.rss(url)
            web.serve(url, rss, type="application/rss+xml", etag=f'"{random.Random(rss).random()}"')
        for url, told in self.pages.items():
            web.serve(url, told.html(), etag=f'"{random.Random(told.html()).random()}"', failures=list(self.shaky.get(url, ())))
        for url, target in self.moved.items():
            web.redirect(url, target)
        for url in self.gone:
            web.fail(url, 404)

    def rss(self, url: str) -> str:
        items = "".join(told.item() for told in self.feeds[url])
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{url}</title>{items}</channel></rss>'

    def turn_over(self) -> None:
        """The next day: every paper corrects its first story and prints another."""
        for number in range(PAPERS):
            feed = f"http://paper{number}.example/feed.xml"
            old = self.feeds[feed][0]
            corrected = (*old.paragraphs[:2], *make_paragraphs(5000 + number, 2), *old.paragraphs[4:])
            revised = Told(old.url, f"{old.title}, corrected", corrected, old.at, old.author)
            self.pages[old.url] = revised
            new = self._original(number, STORIES_EACH)
            for url in (feed, "http://paper0.example/front.xml") if number == 0 else (feed,):
                self.feeds[url] = [revised, new, *self.feeds[url][1:]]

    def _paper(self, number: int) -> list[Told]:
        told = [self._original(number, place) for place in range(STORIES_EACH)]
        self.feeds[f"http://paper{number}.example/feed.xml"] = told
        return told

    def _original(self, number: int, place: int) -> Told:
        seed = 100 * (number + 1) + place
        at = MORNING + timedelta(minutes=7 * place + number)
        title = f"{words(random.Random(-seed)).capitalize()} and {words(random.Random(-seed - 1))}"
        told = Told(f"http://paper{number}.example/{place}", title, make_paragraphs(seed), at, f"Ida {words(random.Random(seed))}")
        self.pages[told.url] = told
        return told

    def _app(self, number: int) -> None:
        host, rng = f"app{number}.example", random.Random(number)
        chrome = make_paragraphs(6000 + number, 3)
        for place, original in enumerate(rng.sample(self._originals, COPIES_EACH)):
            is_cut = place % 2 == 1
            self._carry(host, Told(
                f"http://{host}/read/{place}", f"{words(rng).capitalize()} {words(rng)}", original.paragraphs[: 4 if is_cut else 6],
                original.at + timedelta(hours=2), chrome=chrome, gate=is_cut,
            ))
        unfollowed = Told(f"http://far{number}.example/story", "Far off", make_paragraphs(4000 + number), MORNING, "Oda Pell")
        self.pages[unfollowed.url] = unfollowed
        self._carry(host, Told(
            f"http://{host}/read/far", "Brought from far", unfollowed.paragraphs, MORNING + timedelta(hours=3), chrome=chrome,
            origin=unfollowed.url,
        ))

    def _movers(self) -> None:
        for place in range(4):
            title = f"Moved {words(random.Random(place))}"
            told = Told(f"http://mover.example/new/{place}", title, make_paragraphs(7500 + place), MORNING)
            self.pages[told.url] = told
            old = Told(f"http://mover.example/old/{place}", told.title, told.paragraphs, told.at)
            self.moved[old.url] = told.url
            self.feeds.setdefault("http://mover.example/feed.xml", []).append(old)

    def _tell(self, host: str, seed: int, count: int) -> None:
        for place in range(count):
            title, at = f"Of {words(random.Random(seed + place))}", MORNING + timedelta(minutes=place)
            self._carry(host, Told(f"http://{host}/{place}", title, make_paragraphs(seed + place), at))

    def _carry(self, host: str, told: Told) -> None:
        self.pages[told.url] = told
        self.feeds.setdefault(f"http://{host}/feed.xml", []).append(told)
