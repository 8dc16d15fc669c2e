"""Lists of feeds: OPML 1.0 and 2.0 in and out, and plain lists of one address a line.

A folder becomes a topic of the feeds in it, a folder in a folder the topic "Outer > Inner"; a feed in several folders has
several topics. Writing a list and reading it again gives the same feeds, titles and topics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from crawler.errors import BadOpml
from crawler.feeds.text import plain_line
from crawler.model import Feed
from crawler.urls import normalise

SEPARATOR: Final = " > "
MAX_DEPTH: Final = 32  # of folders; deeper ones are an attack


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedFeed:
    """A feed as a list names it."""

    url: str
    title: str | None = None
    site_url: str | None = None
    topics: tuple[str, ...] = ()


def read_feed_list(data: bytes) -> list[FollowedFeed]:
    """The feeds of an OPML file or of a list with one address a line, whichever the content is. Raises BadOpml."""
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return read_opml(data)
    return _merged(_lines(data.decode("utf-8-sig", "replace")))


def read_opml(data: bytes) -> list[FollowedFeed]:
    """The feeds in order of first mention, each once, with the topics of all its folders. Raises BadOpml with the line."""
    root = _parse(data)
    body = next((child for child in root if _name(child) == "body"), None)
    if _name(root) != "opml" or body is None:
        raise BadOpml(
            f"line {_line(root)}: this is no OPML: <{_name(root)}> without a <body>; give an OPML file or one address a line"
        )
    return _merged(_outlines(body, ()))


def write_opml(feeds: Sequence[Feed]) -> bytes:
    """An OPML 2.0 document of the feeds, in folders by their topics; a feed of several topics stands in each."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = "Followed feeds"
    body = etree.SubElement(root, "body")
    folders: dict[tuple[str, ...], etree._Element] = {(): body}
    for feed in feeds:
        for topic in feed.topics or (None,):
            _write_feed(_folder(folders, split_topic(topic) if topic else ()), feed)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def join_topic(folders: Sequence[str]) -> str:
    """The topic of nested folders, outermost first; a ">" inside a name is escaped so that `split_topic` undoes it exactly."""
    return SEPARATOR.join(name.replace("\\", "\\\\").replace(">", "\\>") for name in folders)


def split_topic(topic: str) -> tuple[str, ...]:
    """The folders of a topic, outermost first."""
    return tuple(part.replace("\\>", ">").replace("\\\\", "\\") for part in topic.split(SEPARATOR))


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(data.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        raise BadOpml(
            f"line {error.lineno or 1}: the OPML is broken ({error.msg}); mend it there, or give one address a line"
        ) from error
    except ValueError as error:
        raise BadOpml(f"line 1: the OPML cannot be read ({error})") from error


def _outlines(parent: etree._Element, folders: tuple[str, ...]) -> Iterator[FollowedFeed]:
    if len(folders) > MAX_DEPTH:
        raise BadOpml(f"line {_line(parent)}: folders more than {MAX_DEPTH} deep; flatten them")
    for outline in parent:
        if _name(outline) != "outline":
            continue
        stated = {str(name).lower(): str(value) for name, value in outline.attrib.items()}
        title = plain_line(stated.get("title")) or plain_line(stated.get("text"))
        address = stated.get("xmlurl", "").strip()
        if address:
            yield _followed(address, title, stated.get("htmlurl"), folders, _line(outline))
        elif stated.get("type", "").lower() in ("rss", "atom"):
            raise BadOpml(
                f'line {_line(outline)}: the feed "{title or "without a title"}" has no xmlUrl; add it or delete the line'
            )
        inner = folders if address else (*folders, title or "Untitled")
        yield from _outlines(outline, inner)


def _followed(address: str, title: str | None, site: str | None, folders: tuple[str, ...], line: int) -> FollowedFeed:
    url = feed_address(address)
    if url is None:
        shown = plain_line(address, 100)
        raise BadOpml(f'line {line}: "{shown}" is no http(s) address; mend or delete the line')
    if title == plain_line(address):  # how an export names a feed without a title: no title, and it may hold a password
        title = None
    site_url = normalise(site) if site else None
    return FollowedFeed(url=url, title=title, site_url=site_url, topics=(join_topic(folders),) if folders else ())


def feed_address(text: str) -> str | None:
    """The address of a feed as people write it (`feed:` and `feed://` are old names of http), or None."""
    address = text.strip()
    if address.lower().startswith("feed:"):
        address = address[5:]
        address = f"http:{address}" if address.startswith("//") else address
    return normalise(address)


def _lines(text: str) -> Iterator[FollowedFeed]:
    for number, line in enumerate(text.splitlines(), 1):
        address = line.partition(" #")[0].strip()
        if address and not address.startswith("#"):
            yield _followed(address, None, None, (), number)


def _merged(feeds: Iterator[FollowedFeed]) -> list[FollowedFeed]:
    """Each address once, with the topics and the first title of all its mentions."""
    known: dict[str, FollowedFeed] = {}
    for feed in feeds:
        before = known.setdefault(feed.url, feed)
        known[feed.url] = replace(
            before,
            title=before.title or feed.title,
            site_url=before.site_url or feed.site_url,
            topics=tuple(dict.fromkeys((*before.topics, *feed.topics))),
        )
    return list(known.values())


def _folder(folders: dict[tuple[str, ...], etree._Element], path: tuple[str, ...]) -> etree._Element:
    if path not in folders:
        name = plain_line(path[-1]) or "Untitled"
        folders[path] = etree.SubElement(_folder(folders, path[:-1]), "outline", text=name, title=name)
    return folders[path]


def _write_feed(parent: etree._Element, feed: Feed) -> None:
    title = plain_line(feed.title) or feed.url
    site = {"htmlUrl": feed.site_url} if feed.site_url else {}
    etree.SubElement(parent, "outline", {"type": "rss", "text": title, "title": title, "xmlUrl": feed.url, **site})


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 1
