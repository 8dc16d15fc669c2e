"""How many real feeds give all their entries: benchmarks/feeds_corpus.py FOLDER, where manifest.jsonl tells file and items.

For each feed: as many entries as the manifest says, each with a title and a link, and a date wherever the feed states one.
What falls short is listed with the reason; then come the slowest feeds.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from crawler.errors import NotAFeed
from crawler.feeds.parse import parse_feed
from crawler.model import ParsedFeed

MAX_ENTRIES = 20_000
SLOWEST = 5


def read_manifest(folder: Path) -> Iterator[dict[str, str | int]]:
    with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def shortfalls(feed: ParsedFeed, items: int) -> list[str]:
    """What the feed's entries lack, as counted phrases."""
    entries = feed.entries
    lacking = Counter(
        lack
        for entry in entries
        for lack, is_there in (("title", entry.title), ("link", entry.url), ("date", entry.published or entry.updated))
        if not is_there
    )
    counted = [f"{len(entries)} of {items} entries"] if len(entries) != items else []
    return counted + [f"{count} without {lack}" for lack, count in sorted(lacking.items())]


def main(folder: Path) -> None:
    whole, total, times = 0, 0, []
    for row in read_manifest(folder):
        name, items = str(row["file"]), int(row["items"])
        body = (folder / name).read_bytes()
        started = time.process_time()
        try:
            feed = parse_feed(
                body, url=f"https://feeds.example/{name}", content_type=None, max_entries=MAX_ENTRIES, now=datetime.now(UTC)
            )
            lacks = shortfalls(feed, items)
        except NotAFeed as error:
            lacks = [str(error)]
        times.append((time.process_time() - started, len(body), name))
        total += 1
        whole += not lacks
        if lacks:
            print(f"{name} ({row['title']}): {', '.join(lacks)}")
    print(f"{whole} of {total} feeds give every entry with title, link and date")
    for seconds, size, name in sorted(times, reverse=True)[:SLOWEST]:
        print(f"{seconds:6.2f} s CPU  {size:>9,} bytes  {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
