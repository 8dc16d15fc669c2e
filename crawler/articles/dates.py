"""When an article was published and last changed: the page's fields in order of measured worth, then the feed, then htmldate.

    own JSON-LD node · article:published_time · other meta · itemprop · other JSON-LD · address · <time> · stamp by the headline
    · the feed · htmldate

In this order the day was right on 97.3 % of 258 pages (never wrong where one was found); "the earliest date found" is worse (right
on 113 of 223 pages whose sources disagree, against 133). Rules on zones are each at their function.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from htmldate import extractors, find_date
from lxml.html import HtmlElement

from crawler.articles.clocks import Reading, is_month, read_time
from crawler.articles.head import Head
from crawler.model import FeedEntry, Precision, Timestamp

log = logging.getLogger(__name__)

_META_PUBLISHED = (
    "datepublished",
    "date.published",
    "publish-date",
    "publish_date",
    "publishdate",
    "published_time",
    "pubdate",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dcterms.issued",
    "dc.date",
    "dc.date.created",
    "dcterms.date",
    "article.published",
    "og:published_time",
    "cxenseparse:recs:publishtime",
    "originalpublicationdate",
    "article:published",
    "rnews:datepublished",
    "displaydate",
    "date",
    "last-published",
    "ptime",
    "pdate",
    "vr:published_time",
    "shareaholic:article_published_time",
    "creation_date",
)
_META_UPDATED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
    "lastmod",
    "dc.date.modified",
    "article.updated",
)
_URL_DATE = re.compile(r"[/\-_.](?P<year>(?:19|20)\d\d)[/\-_.]?(?P<month>0[1-9]|1[0-2])[/\-_.]?(?P<day>0[1-9]|[12]\d|3[01])(?!\d)")
_UPDATED_WORD = re.compile(
    r"(?i)updat|modif|aktualis|actualis|mis à jour|maj\b|aggiornat|atualizad|bijgewerkt|gewijzigd|geändert|stand:"
)
_WIDEST_ZONE_H = 14
_DAY_REACH_H = 36  # a feed's instant this near to a bare day's midnight is of that day somewhere
_HTMLDATE_CHARS = 600_000  # of the page
_HTMLDATE_TEXT_CHARS = 150_000  # of what it shows: htmldate looks for a year from every "©" of it


class _OwnParser:
    """Our own reading of what htmldate cannot read itself, in the place of dateparser.

    dateparser first compiles the patterns of 200 languages (2 s of CPU in each worker process), then takes 20 ms for each text:
    a page of 4,900 half dates took over a minute. One of 478 real pages came to it, whose date was found without.
    """

    def get_date_data(self, text: str) -> dict[str, datetime | None]:
        reading = read_time(text)
        return {"date_obj": reading.clock if reading else None}


extractors.get_external_parser = _OwnParser  # type: ignore[assignment]  # what htmldate calls, and keeps nothing of


@dataclass(frozen=True, slots=True)
class _Field:
    """One field's time with the field's name."""

    source: str
    reading: Reading


def read_published(head: Head, *, url: str, entry: FeedEntry | None, fetched_at: datetime) -> Timestamp | None:
    """When the article was published; None where neither page nor feed tells."""
    fields = [field for field in _published_fields(head, url) if _is_possible(field.reading.at, fetched_at)]
    feed = _feed_time(entry, fetched_at)
    if fields:
        return _settle(fields, feed, fetched_at)
    stamp = _latest_stamp(head, fetched_at)
    if feed is not None and (stamp is None or feed.at <= stamp.at + timedelta(hours=_DAY_REACH_H)):
        return feed  # else it is of a later listing: nothing is published after it was updated
    return _last_resort(head, url, stamp, fetched_at)


def read_updated(head: Head, *, entry: FeedEntry | None, published: Timestamp | None, fetched_at: datetime) -> Timestamp | None:
    """When the article last changed; None where that would be before it was published (7 % of 1,937 pairs)."""
    fields = [field for field in _updated_fields(head) if _is_possible(field.reading.at, fetched_at)]
    found = _settle(fields, None, fetched_at) if fields else entry.updated if entry else None
    if found is None or (published is not None and found.at < published.at):
        return None
    return found


def _published_fields(head: Head, url: str) -> Iterator[_Field]:
    times = [mark for mark in head.times if not _UPDATED_WORD.search(f"{mark.itemprop or ''} {mark.css} {mark.text[:20]}")]
    yield from _read("jsonld", [head.linked.published])
    yield from _read("og", head.metas.get("article:published_time", ()))
    yield from _read("meta", [value for key in _META_PUBLISHED for value in head.metas.get(key, ())])
    yield from _read("itemprop", [mark.value for mark in times if "datepublished" in (mark.itemprop or "").lower()])
    yield from _read("jsonld", head.linked.other_published)
    yield from _url_dates(url)
    yield from _read("time", [value for mark in times[:3] if mark.is_time for value in (mark.value, mark.text)])
    yield from _read("time", [text for text in _stamps(head) if not _UPDATED_WORD.search(text)])


def _updated_fields(head: Head) -> Iterator[_Field]:
    marks = [mark for mark in head.times if _UPDATED_WORD.search(f"{mark.itemprop or ''} {mark.css} {mark.text[:20]}")]
    yield from _read("jsonld", [head.linked.modified])
    yield from _read("og", [head.meta("article:modified_time")])
    yield from _read("meta", [head.meta(key) for key in _META_UPDATED[1:]])
    yield from _read("itemprop", [mark.value for mark in marks if mark.itemprop])
    yield from _read("time", [mark.value for mark in marks[:1] if mark.is_time])
    yield from _read("time", [text for text in _stamps(head) if _UPDATED_WORD.search(text)])


def _read(source: str, values: Sequence[str | None]) -> Iterator[_Field]:
    for value in values[:20]:
        if value and (reading := read_time(value)) is not None:
            yield _Field(source, reading)


def _stamps(head: Head) -> Iterator[str]:
    """The short texts by the first headings that say little more than a date."""
    for heading in head.headings[:3]:
        yield from (text for text in (*heading.after, *reversed(heading.before)) if _is_stamp(text))


def _is_stamp(text: str) -> bool:
    """Whether a text is a date with at most five words around it: a caption or a sentence may speak of any day."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not is_month(word)]
    return len(words) <= 5 and re.search(r"\b(?:19|20)\d\d\b", text) is not None


def _url_dates(url: str) -> Iterator[_Field]:
    match = _URL_DATE.search(urlsplit(url).path)
    reading = read_time("-".join(match.group("year", "month", "day"))) if match else None
    if reading is not None:
        yield _Field("url", reading)


def _is_possible(at: datetime, fetched_at: datetime) -> bool:
    """Not the year 1 or 1970 of an empty database field, nor more than a day ahead of the fetch."""
    return datetime(1970, 1, 3, tzinfo=UTC) < at <= fetched_at + timedelta(days=1)


def _feed_time(entry: FeedEntry | None, fetched_at: datetime) -> Timestamp | None:
    stamp = entry.published if entry else None
    return _clamped(stamp, fetched_at) if stamp is not None and _is_possible(stamp.at, fetched_at) else None


def _clamped(stamp: Timestamp, fetched_at: datetime) -> Timestamp:
    """A time in the near future is the fetch's: nothing is published after it was read."""
    at = min(stamp.at, fetched_at)
    return Timestamp(at=at, precision=stamp.precision, zone_known=stamp.zone_known, source=stamp.source)


def _settle(fields: Sequence[_Field], feed: Timestamp | None, fetched_at: datetime) -> Timestamp:
    """The first field, its zone put right by the others and the feed."""
    first = _finer(fields)
    reading = _with_zone(first.reading, [field.reading for field in fields])
    stamp = Timestamp(at=reading.at, precision=reading.precision, zone_known=reading.zone is not None, source=first.source)
    is_finer = (
        feed is not None and feed.precision is not Precision.DAY and feed.zone_known and feed.at.time() != datetime.min.time()
    )
    if feed is not None and is_finer and _is_refined_by(stamp, feed):
        return feed
    return _clamped(stamp, fetched_at)


def _finer(fields: Sequence[_Field]) -> _Field:
    """The first field; where it is a bare day, a later one that gives a clock on the same day."""
    first = fields[0]
    if first.reading.precision is not Precision.DAY:
        return first
    day = first.reading.clock.date()
    timed = (field for field in fields if field.reading.precision is not Precision.DAY and field.reading.clock.date() == day)
    return next(timed, first)


def _with_zone(reading: Reading, others: Sequence[Reading]) -> Reading:
    """A reading whose missing or false zone is taken from a field with the same clock.

    Without a zone it was always the publisher's local clock; a local clock labelled +00:00 stood on 3 of 129 og fields, never the
    other way round, so of two offsets the one that is not +00:00 is believed.
    """
    if reading.zone is not None and reading.zone.utcoffset(None):
        return reading
    same = [
        other.zone
        for other in others
        if other.clock.replace(second=0) == reading.clock.replace(second=0) and other.zone is not None
    ]
    zone = next((zone for zone in same if zone.utcoffset(None)), reading.zone or next(iter(same), None))
    return Reading(clock=reading.clock, zone=zone, precision=reading.precision)


def _is_refined_by(stamp: Timestamp, feed: Timestamp) -> bool:
    """Whether the feed's instant says the same more exactly: the page gives only a day, or a clock without a zone."""
    apart = abs(feed.at - stamp.at)
    if stamp.precision is Precision.DAY:
        return apart <= timedelta(hours=_DAY_REACH_H)
    return not stamp.zone_known and apart <= timedelta(hours=_WIDEST_ZONE_H)


def _by_htmldate(head: Head, url: str, fetched_at: datetime) -> Timestamp | None:
    """htmldate's extensive search, for pages of a bearable size that told us nothing."""
    if head.html_chars > _HTMLDATE_CHARS or _shown_chars(head.tree) > _HTMLDATE_TEXT_CHARS:
        return None
    try:
        found = find_date(head.tree, url=url, extensive_search=True, original_date=True, max_date=fetched_at.strftime("%Y-%m-%d"))
    except Exception:  # it fails in its own ways on broken markup (an AssertionError where all of a page is math): no date is found
        log.debug("htmldate could not read a page", exc_info=True)
        return None
    reading = read_time(found) if found else None
    if reading is None or not _is_possible(reading.at, fetched_at):
        return None
    return Timestamp(at=reading.at, precision=Precision.DAY, zone_known=False, source="htmldate")


def _shown_chars(tree: HtmlElement) -> int:
    shown = (element for element in tree.iter() if element.tag not in ("script", "style"))
    return sum(len(element.text or "") + len(element.tail or "") for element in shown)


def _latest_stamp(head: Head, fetched_at: datetime) -> Timestamp | None:
    """When the page says that it was updated."""
    fields = [field for field in _updated_fields(head) if _is_possible(field.reading.at, fetched_at)]
    return _settle(fields, None, fetched_at) if fields else None


def _last_resort(head: Head, url: str, stamp: Timestamp | None, fetched_at: datetime) -> Timestamp | None:
    """htmldate's day; of a page that gives only an "updated" stamp, or the two on one day, the stamp."""
    guess = _by_htmldate(head, url, fetched_at)
    if stamp is None or (guess is not None and abs(guess.at - stamp.at) > timedelta(hours=_DAY_REACH_H)):
        return guess
    return stamp
