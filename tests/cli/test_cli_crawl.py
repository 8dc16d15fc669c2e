"""run_crawler.py as a process of its own, against a web on a real socket: crawl, serve, signals, exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cli_program import Answer
from local_web import LocalWeb

SCRIPT = Path(__file__).parents[2] / "run_crawler.py"
TEXT = (
    "The lighthouse at Cape Morrow was lit again on Sunday, eleven years after a storm had put it out of service.",
    "A society of volunteers raised the money with concerts, calendars and a raffle whose first prize was a rowing boat.",
    "Its lamp can be seen for nineteen miles, said the keeper's granddaughter Vera Holm, who turned the key herself.",
    "The coast guard, which had long held the light to be superfluous, sent a cutter that saluted with its horn.",
)


@dataclass
class Bench:
    """A folder, a web that is reached through a proxy on loopback, and the program."""

    folder: Path
    web: LocalWeb
    started: list[Process] = field(default_factory=list)

    def feed(self, host: str, *pages: str) -> str:
        items = "".join(f"<item><guid>{url}</guid><link>{url}</link><title>Lamp lit</title></item>" for url in pages)
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{host}</title>{items}</channel></rss>'
        return self.web.serve(f"http://{host}/feed", body, type="application/rss+xml", etag='"1"')

    def page(self, url: str, gate: asyncio.Event | None = None) -> str:
        text = "".join(f"<p>{line}</p>" for line in TEXT)
        head = "<!doctype html><html lang=en><head><title>Lamp lit</title></head>"
        return self.web.serve(url, f"{head}<body><article><h1>Lamp lit</h1>{text}</article></body></html>", gate=gate)

    def list(self, *urls: str) -> str:
        (self.folder / "feeds.txt").write_text("\n".join(urls))
        return "feeds.txt"

    async def start(self, *args: str) -> Process:
        quick = ("--set", "fetch.delay_s=0", "--set", "crawler.workers=1")
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CRAWLER_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(SCRIPT), *quick, *args, cwd=self.folder, env=environ | self.web.environ, stdout=PIPE, stderr=PIPE
        )
        self.started.append(process)
        return process

    async def run(self, *args: str) -> Answer:
        return await ended(await self.start(*args))


async def ended(process: Process) -> Answer:
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Answer(code=process.returncode, out=out.decode(), err=err.decode())


@pytest.fixture
async def bench(local_web: LocalWeb, tmp_path: Path) -> AsyncIterator[Bench]:
    """Leaves no service behind where a test fails."""
    bench = Bench(tmp_path, local_web)
    yield bench
    for process in bench.started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_crawl_accounts_for_all_and_says_which_feed_failed(bench: Bench) -> None:
    original, copy = bench.page("http://coast.example/lamp"), bench.page("http://app.example/a/1")
    dead = bench.web.fail("http://dead.example/feed", 404)
    feeds = bench.list(bench.feed("coast.example", original), bench.feed("app.example", copy), dead)
    answer = await bench.run("crawl", "--feeds", feeds, "--json")
    (summary,) = answer.lines
    assert answer.code == summary["exit_code"] == 3
    assert (summary["stories_new"], summary["copies_joined"], summary["pages_read"]) == (1, 1, 2)
    for said in ("feeds.txt: 3 feeds, 3 of them new", "feeds    3 polled", "1 failed", "http://dead.example/feed", "404"):
        assert said in answer.err
    assert "\x1b" not in answer.err
    assert answer.err.count("warning: crawler.contact is not set") == 1
    again = await bench.run("--set", "crawler.contact=desk@news.example", "crawl")
    assert again.code == 0
    assert "warning" not in again.err
    assert "nothing is due" in again.err
    assert (await bench.run("crawl", "--all", "--dry-run")).out.count("feed  http://") == 3


async def test_a_crawl_whose_every_feed_failed_has_failed(bench: Bench) -> None:
    answer = await bench.run("crawl", "--feeds", bench.list(bench.web.fail("http://dead.example/feed", 404)))
    assert answer.code == 1
    assert "Traceback" not in answer.err


async def test_an_interrupted_crawl_ends_what_runs_and_sums_up_while_others_work_beside_it(bench: Bench) -> None:
    gate = asyncio.Event()
    slow = bench.page("http://coast.example/lamp", gate)
    process = await bench.start("crawl", "--feeds", bench.list(bench.feed("coast.example", slow)))
    await asyncio.wait_for(bench.web.until_asked(slow), 30)
    beside = await bench.run("crawl")
    assert beside.code == 75
    assert f"process {process.pid}" in beside.err
    assert (await bench.run("status", "--json")).code == 0
    process.send_signal(signal.SIGINT)
    await until_said(process, "finishing what is running")
    gate.set()
    answer = await ended(process)
    assert answer.code == 130
    assert "stories  1 new" in answer.err
    assert "interrupted: what was running is finished or handed back" in answer.err


async def test_a_second_interrupt_ends_a_crawl_at_once_while_it_opens_its_database(bench: Bench) -> None:
    """Another program holds it: the store would wait for half a minute, in which the crawl can finish nothing."""
    bench.list(bench.feed("coast.example"))
    assert (await bench.run("feeds", "import", "feeds.txt")).code == 0
    with closing(sqlite3.connect(bench.folder / "data" / "crawler.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        process = await bench.start("crawl")
        async with asyncio.timeout(30):
            while not lock_of(bench):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        process.send_signal(signal.SIGINT)
        await until_said(process, "finishing what is running")
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            answer = await ended(process)
    assert answer.code == 130
    assert "Traceback" not in answer.err


def lock_of(bench: Bench) -> str:
    path = bench.folder / "data" / "crawler.lock"
    return path.read_text() if path.exists() else ""


async def test_a_service_reads_its_settings_again_and_drains_when_told(bench: Bench) -> None:
    page = bench.page("http://coast.example/lamp")
    config = bench.folder / "my.toml"
    config.write_text("[poll]\nevery_s = 3600\n")
    bench.list(bench.feed("coast.example", page))
    assert (await bench.run("feeds", "import", "feeds.txt")).code == 0
    process = await bench.start("--config", "my.toml", "--log-format", "json", "serve")
    assert (await logged(process, "contact_missing"))["level"] == "warning"
    await asyncio.wait_for(bench.web.until_asked(page), 30)
    config.write_text("[poll]\nevry_s = 1\n")
    process.send_signal(signal.SIGHUP)
    assert (await logged(process, "settings_not_reloaded"))["reason"].endswith("did you mean poll.every_s?")
    config.write_text("[poll]\nevery_s = 7200\n")
    process.send_signal(signal.SIGHUP)
    assert (await logged(process, "settings_reloaded"))["file"] == "my.toml"
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    while b"finishing what is running" not in (line := await asyncio.wait_for(process.stderr.readline(), 30)):
        assert line, "the service ended without a word"
    process.send_signal(signal.SIGTERM)  # `timeout` sends two
    assert (await ended(process)).code == 0


async def until_said(process: Process, words: str) -> str:
    """The next line on stderr that holds these words."""
    assert process.stderr is not None
    while line := (await asyncio.wait_for(process.stderr.readline(), 30)).decode():
        if words in line:
            return line
    raise AssertionError(f"the process ended without saying {words}")


async def logged(process: Process, event: str) -> dict[str, str]:
    """The next log line of this name."""
    values: dict[str, str] = json.loads(await until_said(process, f'"event": "{event}"'))
    return values
