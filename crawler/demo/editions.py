"""Who prints what, where and when.

    Harbour Post   a publisher with reporters of its own     two of its stories at tick 0, all four at tick 1
    Tidings        a news app: wraps, retitles and cuts      all of them at tick 0
    Meridian Wire  an agency; three papers print its story   at tick 1, long after its customers
    Coast Weather  five forecasts by one template            one story each, whatever they share
    Morning Tide   a briefing with a paragraph of four       none of the four
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crawler.demo.pages import EASTERN, House, app_page, briefing_page, paper_page
from crawler.demo.stories import Text, load_story

LAST_TICK = 1
POST = House(name="Harbour Post", host="harbourpost.example", feed="/rss.xml")
TIDINGS = House(name="Tidings", host="tidings.example", feed="/feed.json")
WIRE = House(name="Meridian Wire", host="meridianwire.example", feed="/news.atom")
FENWICK = House(name="Fenwick Ledger", host="fenwickledger.example", feed="/rss.xml")
BRANNOCK = House(name="Brannock Observer", host="brannockobserver.example", feed="/latest.atom")
SALTRY = House(name="Cape Saltry Times", host="saltrytimes.example", feed="/feed/rss.xml")
WEATHER = House(name="Coast Weather", host="coastweather.example", feed="/forecasts.xml")
TIDE = House(name="Morning Tide", host="morningtide.example", feed="/feed.json")
HOUSES = (TIDINGS, FENWICK, BRANNOCK, SALTRY, POST, WIRE, WEATHER, TIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One article at one address, there from `tick` on."""

    house: House
    url: str
    text: Text
    html: str
    tick: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AppCopy:
    """How the app shows a story: of which house, under which headline, how long after, how many paragraphs (None: all)."""

    origin: str
    title: str
    after: timedelta
    shown: int | None = None


APP_COPIES = {
    "ferry-yard": AppCopy(
        origin=POST.name, title="City paid in full for ferries still on blocks", after=timedelta(minutes=42), shown=4
    ),
    "archive-flood": AppCopy(
        origin=POST.name, title="Burst main, barefoot porter: the night the maps were saved", after=timedelta(hours=3)
    ),
    "school-kitchens": AppCopy(
        origin=POST.name, title="Hot lunches are back on the menu for 26 schools", after=timedelta(hours=2), shown=5
    ),
    "tower-clock": AppCopy(origin=POST.name, title="A town votes to keep its clock wrong", after=timedelta(hours=1), shown=4),
    "seed-vault": AppCopy(origin=WIRE.name, title="The bank that lends beans", after=timedelta(hours=5)),
    "quarry-choir": AppCopy(
        origin="Upland Gazette", title="They sang against the quarry. Now they rehearse in it", after=timedelta(hours=4)
    ),
}
LATE = frozenset({"ferry-yard", "archive-flood", "rail-bridge"})  # originals that appear after their copies
LOCAL_PARAGRAPH = (
    "At Cape Saltry the news was received calmly. The town's own bridge, over the Wend, was passed without remark, and the "
    "stationmaster, Oda Pelling, said the slower crossings would give her more time to water the platform geraniums. The "
    "Saltry branch will keep its present timetable, but travellers who change at Upper Fenwick should allow for a wait of "
    "twenty minutes, and the school train will leave at ten to seven from next Monday until the summer holidays."
)
CREDIT = "This story was originally published by Meridian Wire."


def publications() -> Iterator[Publication]:
    """Everything that the newsroom's sites ever hold."""
    yield from _originals()
    yield from _app_copies()
    yield from _customers()
    yield from _briefs()
    yield from _forecasts()
    yield _briefing()


def _printed(house: House, slug: str, text: Text, tick: int = 0) -> Publication:
    url = house.url(f"/{text.published_at:%Y/%m/%d}/{slug}")
    return Publication(house=house, url=url, text=text, html=paper_page(house, url, text), tick=tick)


def _originals() -> Iterator[Publication]:
    for slug in ("ferry-yard", "archive-flood", "school-kitchens", "tower-clock"):
        yield _printed(POST, slug, load_story(slug), tick=int(slug in LATE))
    for slug in ("seed-vault", "rail-bridge"):
        yield _printed(WIRE, slug, _with_dateline(load_story(slug)), tick=int(slug in LATE))


def _with_dateline(text: Text) -> Text:
    first, *others = text.paragraphs
    return replace(text, paragraphs=(f"{text.place} (Meridian) — {first}", *others))


def _app_copies() -> Iterator[Publication]:
    urls = {slug: TIDINGS.url(f"/read/{slug}-{number}") for number, slug in enumerate(APP_COPIES, start=4108)}
    for slug, copy in APP_COPIES.items():
        original = load_story(slug)
        text = replace(original, title=copy.title, published_at=original.published_at + copy.after)
        related = [(urls[other], APP_COPIES[other].title) for other in urls if other != slug][:3]
        html = app_page(TIDINGS, urls[slug], text, origin=copy.origin, shown=copy.shown, related=related)
        yield Publication(house=TIDINGS, url=urls[slug], text=text, html=html)


def _customers() -> Iterator[Publication]:
    """The agency's story whole, abridged, and with a paragraph of the paper's own."""
    story = _with_dateline(load_story("rail-bridge"))
    whole = story.paragraphs
    for house, title, minutes, paragraphs in (
        (FENWICK, "Cracks in 38 bridges slow Northline trains", 55, whole),
        (BRANNOCK, "Brannock train to take longer after bridge survey", 80, (*whole[:2], *whole[3:5], whole[6])),
        (SALTRY, "Northline bridges cracked, Saltry branch unharmed", 125, (*whole[:2], LOCAL_PARAGRAPH, *whole[2:-1])),
    ):
        published_at = story.published_at + timedelta(minutes=minutes)
        text = replace(story, title=title, published_at=published_at, paragraphs=(*paragraphs, CREDIT))
        yield _printed(house, "northline-bridges", text)


def _briefs() -> Iterator[Publication]:
    for house, slug in ((FENWICK, "brief-fenwick"), (BRANNOCK, "brief-brannock"), (SALTRY, "brief-saltry")):
        yield _printed(house, slug.removeprefix("brief-"), load_story(slug))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the weather office fills into its template."""

    town: str
    low: int
    high: int
    wind: str
    knots: int
    rain: int
    sunrise: str
    tide: str


OUTLOOKS = (
    Outlook(town="Lindhaven", low=4, high=11, wind="south-west", knots=14, rain=20, sunrise="6.41", tide="9.12"),
    Outlook(town="Brannock", low=1, high=9, wind="west", knots=9, rain=35, sunrise="6.38", tide="10.04"),
    Outlook(town="Upper Fenwick", low=-2, high=7, wind="north-west", knots=18, rain=60, sunrise="6.36", tide="10.31"),
    Outlook(town="Cape Saltry", low=5, high=10, wind="south", knots=27, rain=75, sunrise="6.45", tide="8.47"),
    Outlook(town="Skerry", low=6, high=8, wind="south-east", knots=31, rain=90, sunrise="6.49", tide="8.20"),
)


def _forecasts() -> Iterator[Publication]:
    for outlook in OUTLOOKS:
        text = Text(
            title=f"Forecast for {outlook.town}: {outlook.high} degrees, rain chance {outlook.rain} per cent",
            author="Coast Weather desk",
            published_at=datetime(2026, 3, 30, 5, 0, tzinfo=EASTERN),
            caption="",
            place="",
            paragraphs=_outlook_paragraphs(outlook),
        )
        yield _printed(WEATHER, f"forecast-{outlook.town.lower().replace(' ', '-')}", text)


def _outlook_paragraphs(outlook: Outlook) -> tuple[str, ...]:
    return (
        f"Tuesday in {outlook.town} begins at {outlook.low} degrees and reaches {outlook.high} degrees in the early afternoon. "
        f"The wind blows from the {outlook.wind} at {outlook.knots} knots, with gusts of up to {outlook.knots + 12} knots on "
        f"open water, and drops towards evening.",
        f"The chance of rain in {outlook.town} is {outlook.rain} per cent. Showers are most likely between noon and four "
        f"o'clock, and about {outlook.rain // 10} millimetres may fall in all. Visibility is good outside of showers.",
        f"The sun rises over {outlook.town} at {outlook.sunrise} and high water is at {outlook.tide}. Small craft should take "
        f"note of the gusts. The next forecast for {outlook.town} is issued at five o'clock tomorrow morning.",
    )


def _briefing() -> Publication:
    """A newsletter that opens four stories and tells none of them."""
    text = Text(
        title="Five minutes before the ferry: what Monday brings",
        author="Morning Tide",
        published_at=datetime(2026, 3, 30, 13, 5, tzinfo=EASTERN),
        caption="",
        place="",
        paragraphs=("Good afternoon, late as ever. The kettle is on, the dog is out, and the coast is talking about this.",),
    )
    parts = [
        ("Boats on blocks", load_story("ferry-yard").paragraphs[:2]),
        ("Slow trains", load_story("rail-bridge").paragraphs[:2]),
        ("Dry maps", load_story("archive-flood").paragraphs[:2]),
        ("Warm lunches", load_story("school-kitchens").paragraphs[:1]),
    ]
    url = TIDE.url("/mornings/monday-30-march")
    return Publication(house=TIDE, url=url, text=text, html=briefing_page(TIDE, url, text, parts))
