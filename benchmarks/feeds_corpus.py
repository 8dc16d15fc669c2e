"""How many real feeds give all their entries: benchmarks/feeds_corpus.py FOLDER, where manifest.jsonl tells file and items.

For each feed: as many entries as the manifest says, each with the title, link and date that the feed states for it.
What is lost is listed with the reason, and what the feeds do not state; then come the slowest feeds.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from crawler.errors import NotAFeed
from crawler.feeds.parse import parse_feed
from crawler.model import ParsedFeed

MAX_ENTRIES = 20_000
SLOWEST = 5
HTML_TYPES = ("text/html", "application/xhtml+xml", "")
DATE_NAMES = frozenset(("pubdate", "date", "published", "updated", "issued", "modified", "created"))


def read_manifest(folder: Path) -> Iterator[dict[str, str | int]]:
    with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def stated(body: bytes) -> tuple[Counter[str], int]:
    """How many entries state a title, a link and a date, and how many are another's twin (the same id, link or words).

    By a second reading that shares nothing with the first.
    """
    if body.lstrip(b"\xef\xbb\xbf \n").startswith(b"{"):
        items = json.loads(body)["items"]
        fields = {"title": ("title",), "link": ("url", "external_url"), "date": ("date_published", "date_modified")}
        found = Counter(what for item in items for what, names in fields.items() if any(item.get(name) for name in names))
        return found, len(items) - len({str(item.get("id")) for item in items})
    root = etree.fromstring(body.lstrip(), etree.XMLParser(recover=True, huge_tree=True, resolve_entities=False))
    entries = root.xpath("//*[local-name()='item' or local-name()='entry']") if root is not None else []
    found = Counter(what for entry in entries for what in {_stated(child) for child in entry} - {None})
    return found, len(entries) - len({_identity(entry) for entry in entries})


def _identity(entry: etree._Element) -> str:
    """What tells an entry from others: its id, else its link, else all its words."""
    texts = {etree.QName(child).localname.lower(): (child.text or "").strip() for child in entry if isinstance(child.tag, str)}
    return texts.get("guid") or texts.get("id") or texts.get("link") or " ".join("".join(entry.itertext()).split())


def _stated(child: etree._Element) -> str | None:
    name = etree.QName(child).localname.lower() if isinstance(child.tag, str) else ""
    text = (child.text or "").strip()
    if name == "title" and text and not (child.tag.startswith("{") and "media" in child.tag):
        return "title"
    is_page = child.get("rel", "alternate") == "alternate" and child.get("type", "text/html") in HTML_TYPES
    if name == "link" and (text or (child.get("href") and is_page)):
        return "link"
    if name in DATE_NAMES and text and "0001" not in text:
        return "date"
    return None


def shortfalls(feed: ParsedFeed, items: int, expected: Counter[str], twins: int) -> tuple[list[str], list[str]]:
    """What the feed's entries lack although the feed states it, and what they lack because it does not."""
    found = Counter(
        what
        for entry in feed.entries
        for what, is_there in (("title", entry.title), ("link", entry.url), ("date", entry.published or entry.updated))
        if is_there
    )
    repeated = items - len(feed.entries)
    lost = [f"{len(feed.entries)} of {items} entries"] if repeated > twins else []
    unstated = [f"{repeated} twice: the id (or where there is none link or words) of another"] if 0 < repeated <= twins else []
    for what in ("title", "link", "date"):
        missing = len(feed.entries) - found[what]
        owed = min(expected[what], items) - repeated - found[what]
        if owed > 0:
            lost.append(f"{owed} stated {what}s lost")
        elif missing:
            unstated.append(f"{missing} state no {what}")
    return lost, unstated


def main(folder: Path) -> None:
    complete, total, times = 0, 0, []
    for row in read_manifest(folder):
        name, items = str(row["file"]), int(row["items"])
        body = (folder / name).read_bytes()
        started = time.process_time()
        try:
            feed = parse_feed(
                body, url=f"https://feeds.example/{name}", content_type=None, max_entries=MAX_ENTRIES, now=datetime.now(UTC)
            )
            seconds = time.process_time() - started
            lost, unstated = shortfalls(feed, items, *stated(body))
            lost += ["no feed but a program's source with pieces of feeds in it"] if lost and body.startswith(b"<?php") else []
        except NotAFeed as error:
            seconds, lost, unstated = time.process_time() - started, [str(error)], []
        times.append((seconds, len(body), name))
        total += 1
        complete += not lost
        if lost or unstated:
            print(f"{'LOST ' if lost else 'ok   '}{name} ({row['title']}): {', '.join(lost + unstated)}")
    print(f"{complete} of {total} feeds give every entry with the title, link and date that it states")
    for seconds, size, name in sorted(times, reverse=True)[:SLOWEST]:
        print(f"{seconds:6.2f} s CPU  {size:>9,} bytes  {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
