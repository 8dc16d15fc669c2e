"""What pages and feeds cost that were made to cost much: a table of each, then all pages in one crawl with sound neighbours.

usage: python benchmarks/pathological_pages.py [--only WORDS]     (those whose name holds the words; no crawl then)

Each is read where the crawler reads it, by its own task in a fresh worker process, whose CPU time and peak of memory are
asked of the system. Then one crawl over a local web, with two workers: half its pages are these, half are sound. Exit code 1
where one costs over 2 s of CPU or 1 GiB, where a sound page is not read, or where a page is lost although its feed tells it.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "fuzz"))

import fuzz_feeds
import fuzz_pages
import fuzz_pages_head

from crawler.demo.server import LocalProxy, Resource
from crawler.errors import BadInput, WorkerFailed
from crawler.events import ArticleRead, Event, PageFailed
from crawler.feeds.opml import FollowedFeed
from crawler.model import Article, ParsedFeed
from crawler.pipeline import tasks
from crawler.pipeline.engine import CrawlRequest
from crawler.pipeline.workers import MEMORY_BYTES, PRELOADED, TASKS_EACH, Worker
from crawler.settings import CrawlerSettings, FetchSettings, Settings
from crawler.wiring import open_engine

MAX_CPU_S = 2.0
MAX_BYTES = 1024**3
MAX_ENTRIES = 2000
PATIENCE_S = 60.0  # the crawler itself waits 10 s; here CPU time counts, on machines that others use too
KEPT_BYTES = 1 << 40  # what a worker may hold before it is replaced: it is to be looked at first
NEVER = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cost:
    """What one task took of its worker process, and what came of it."""

    body_bytes: int
    cpu_s: float
    peak_bytes: int
    outcome: str
    is_fault: bool = False  # neither read nor refused: the worker was killed, or died

    @property
    def is_too_much(self) -> bool:
        return self.is_fault or self.cpu_s > MAX_CPU_S or self.peak_bytes > MAX_BYTES


def read_page(body: bytes) -> partial[Article]:
    return partial(
        tasks.read_page, body, url=fuzz_pages.URL, content_type="text/html", entry=fuzz_pages.entry_of(),
        fetched_at=fuzz_pages.FETCHED_AT,
    )  # fmt: skip


def read_feed(body: bytes) -> partial[ParsedFeed]:
    return partial(
        tasks.parse_feed, body, url="http://quay.example/feed", content_type=None, max_entries=MAX_ENTRIES,
        now=fuzz_pages.FETCHED_AT, sitemap_days=0,
    )  # fmt: skip


def measure(task: partial[Article] | partial[ParsedFeed], body_bytes: int) -> Cost:
    """Run a task in a fresh worker process."""
    worker = Worker(MEMORY_BYTES, TASKS_EACH, KEPT_BYTES)
    worker.start()
    myself = psutil.Process()
    (process,) = set(myself.children(recursive=True)) - set(myself.children())  # it is forked by a server, our child
    spent_s, started = cpu_s(process), time.perf_counter()
    try:
        try:
            outcome = told(worker.call(task, PATIENCE_S))
        except BadInput as refusal:
            outcome = str(refusal)
        return Cost(body_bytes, cpu_s(process) - spent_s, peak_bytes(process.pid), outcome)
    except WorkerFailed as error:
        return Cost(body_bytes, time.perf_counter() - started, 0, str(error), is_fault=True)
    finally:
        worker.stop()


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def peak_bytes(pid: int) -> int:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024


def told(result: Article | ParsedFeed) -> str:
    if isinstance(result, ParsedFeed):
        return f"{len(result.entries)} entries" + (f", {result.left_out} left out" if result.left_out else "")
    return f"{result.state}, {len(result.text):,} characters"


def print_costs(
    title: str, recipes: Mapping[str, fuzz_pages.Recipe], task: Callable[[bytes], partial[Article] | partial[ParsedFeed]], only: str
) -> int:
    """Print a row for each; how many cost too much."""
    names = [name for name in recipes if only in name]
    costs = list[Cost]()
    print(f"{title:<58} {'bytes':>10}  {'CPU s':>6} {'MiB':>5}  outcome")
    for name in names:
        body = recipes[name]()
        cost = measure(task(body), len(body))
        costs.append(cost)
        mark = "TOO MUCH" if cost.is_too_much else ""
        size = f"{cost.body_bytes:>10,}  {cost.cpu_s:>6.2f} {cost.peak_bytes >> 20:>5}"
        print(f"{name:<58} {size}  {mark}{cost.outcome[:100]}", flush=True)
    dearest, largest = max(costs, key=lambda cost: cost.cpu_s), max(costs, key=lambda cost: cost.peak_bytes)
    failed = sum(cost.is_too_much for cost in costs)
    print(f"{len(costs)} in all, {failed} too dear; at most {dearest.cpu_s:.2f} s of CPU and {largest.peak_bytes >> 20} MiB\n")
    return failed


def feed_of(entries: Mapping[str, str]) -> bytes:
    """An RSS feed of titles by their addresses, each with a summary of its own."""
    items = "".join(
        f"<item><guid>{url}</guid><link>{url}</link><title>{escape(title)}</title>"
        f"<description>{' '.join(fuzz_pages.own_paragraphs(10_000 + number)[:2])}</description></item>"
        for number, (url, title) in enumerate(entries.items())
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Quay</title>{items}</channel></rss>'.encode()


async def crawl(recipes: Mapping[str, fuzz_pages.Recipe]) -> bool:
    """Crawl the pages among as many sound ones, print what came of them, and say whether all went well."""
    made = {f"http://h{number % 20}.example/made/{number}": name for number, name in enumerate(recipes)}
    sound = {f"http://h{number % 20}.example/sound/{number}": fuzz_pages.sound_page(number) for number in range(len(made))}
    titles = {url: name for pair in zip(made.items(), sound.items(), strict=True) for url, name in named(*pair)}

    def find(url: str) -> Resource | None:
        if url.endswith("/feed"):
            return Resource(body=feed_of(titles), content_type="application/rss+xml", modified_at=NEVER)
        body = recipes[made[url]]() if url in made else sound[url][1] if url in sound else None
        return None if body is None else Resource(body=body, content_type="text/html", modified_at=NEVER)

    read, failed = dict[str, ArticleRead](), dict[str, PageFailed]()

    def observe(event: Event) -> None:
        match event:
            case ArticleRead():
                read[event.url] = event
            case PageFailed():
                failed[event.url] = event

    settings = Settings(crawler=CrawlerSettings(workers=2), fetch=FetchSettings(delay_s=0))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        async with LocalProxy(find) as proxy, open_engine(settings, Path(folder), observe, environ=proxy.environ) as engine:
            await engine.desk.call(engine.store.feeds.add, FollowedFeed(url="http://quay.example/feed"), engine.now())
            await engine.crawl(CrawlRequest())
    whole = sum(url in read and read[url].source == "page" for url in sound)
    stood_in = [url for url in made if url in failed and failed[url].from_feed and url in read]
    lost = [url for url in titles if url not in read]
    print(f"one crawl of {len(titles)} pages in {time.perf_counter() - started:.0f} s: {whole} of {len(sound)} sound ones read,")
    print(f"{len(made) - len(stood_in) - len(lost)} made ones read, {len(stood_in)} kept by the feed's text, {len(lost)} lost")
    for url in (*stood_in, *lost):
        print(f"  {made.get(url, url):<58} {failed[url].reason if url in failed else 'no answer'}")
    killed = [url for url in failed if "worker" in failed[url].reason]
    return whole == len(sound) and not lost and not killed


def named(made: tuple[str, str], sound: tuple[str, tuple[str, bytes]]) -> Iterator[tuple[str, str]]:
    yield made
    yield sound[0], sound[1][0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="WORDS")
    only = parser.parse_args().only
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(PRELOADED))
    failed = 0
    for title, recipes, task in (("page", fuzz_pages_head.PAGES, read_page), ("feed", fuzz_feeds.FEEDS, read_feed)):
        if any(only in name for name in recipes):
            failed += print_costs(title, recipes, task, only)
    is_well = bool(only) or asyncio.run(crawl(fuzz_pages_head.PAGES))
    return int(failed > 0 or not is_well)


if __name__ == "__main__":
    sys.exit(main())
