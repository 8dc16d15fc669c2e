"""Feeds and pages whose every field would steer a terminal, and feed addresses that hold secrets: no command shows either."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from urllib.parse import quote

from cli_program import Answer, Run
from local_web import LocalWeb

SCRIPT = Path(__file__).parents[2] / "run_crawler.py"
STEERING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
SECRETS = ("hunter2", "t0psecret")
EVIL = (
    "\x1b[31mEvil\x1b]0;owned\x07 \u202edrow\u202c \x9b2Jend\u200b \x85next\u2028line "
    "\x1b]8;;http://trap.example/\x1b\\link\x1b]8;;\x1b\\ =1+1"
)
LINES = (
    "The ferry Aud was towed into the outer harbour before dawn, and the pilots went home without a word to the crew.",
    "Nobody on the quay had seen a tide like it since the spring in which the old customs house was carried away.",
    "A clerk of the harbour board counted the boats twice, wrote the number down and then struck it out again.",
    "The inquiry will open on Thursday in the sail loft, because the town hall has no room large enough for it.",
)
ONE, TWO, AWAY, LOST = (
    "http://one.example/a", "http://two.example/b", "http://two.example/away", f"http://one.example/{quote(EVIL)}"
)  # fmt: skip


def page() -> bytes:
    text = "".join(f"<p>{line} {EVIL}</p>" for line in LINES)
    ld = {"@type": "NewsArticle", "headline": EVIL, "author": {"name": EVIL}, "publisher": {"name": EVIL}, "inLanguage": EVIL}
    return (
        f"<!doctype html><html lang='{EVIL}'><head><meta charset=utf-8><title>{EVIL}</title><meta name='author' content='{EVIL}'>"
        f"<meta property='og:title' content='{EVIL}'><meta property='og:site_name' content='{EVIL}'>"
        f"<meta property='article:published_time' content='2026-11-20T10:00:00Z {EVIL}'>"
        f"<link rel=canonical href='http://one.example/a{EVIL}'><script type='application/ld+json'>{json.dumps(ld)}</script></head>"
        f"<body><article><h1>{EVIL}</h1>{text}</article></body></html>"
    ).encode()


def json_feed(*pages: str) -> str:
    words = dict.fromkeys(("title", "summary", "content_text", "language"), EVIL)
    items = [words | {"id": f"{url}{EVIL}", "url": url, "authors": [{"name": EVIL}]} for url in pages]
    feed = {"version": "https://jsonfeed.org/version/1.1", "home_page_url": f"http://one.example/{EVIL}", "items": items}
    return json.dumps(words | feed)


def rss(*pages: str) -> str:
    fields = f"<title>{EVIL}</title><description>{EVIL}</description><language>{EVIL}</language>"
    items = "".join(f"<item><guid>{url}{EVIL}</guid><link>{url}</link>{fields}<author>{EVIL}</author></item>" for url in pages)
    return f"<rss version='2.0'><channel>{fields}<link>{EVIL}</link>{items}</channel></rss>"


def serve(web: LocalWeb) -> list[str]:
    """Two feeds of such pages, one page that is empty, one redirect to nowhere, a feed that is a page, and one that is gone."""
    as_sent = EVIL.encode().decode("latin-1")
    web.serve(ONE, page())
    web.serve(TWO, page())
    web.serve(LOST, b"", type=f"text/html; charset={as_sent}")
    web.redirect(AWAY, as_sent)
    web.serve("http://one.example/feed", json_feed(ONE, LOST), type="application/feed+json")
    return [
        "http://reader:hunter2@one.example/feed",
        web.serve("http://two.example/rss?token=t0psecret", rss(TWO, AWAY), type="application/rss+xml"),
        web.serve("http://three.example/rss?key=t0psecret", f"<html><title>{EVIL}</title><body>{EVIL}</body></html>"),
        web.fail("http://four.example/rss?key=t0psecret", 404),
    ]


async def crawl(folder: Path) -> Answer:
    async with LocalWeb() as web:
        (folder / "feeds.txt").write_text("\n".join(serve(web)))
        environ = {name: value for name, value in os.environ.items() if not name.startswith("CRAWLER_")} | web.environ
        quick = ("--set", "fetch.delay_s=0", "--set", "crawler.workers=1", "--log-format", "text")
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(SCRIPT), *quick, "crawl", "-vv", "--json", "--feeds", "feeds.txt",
            cwd=folder, env=environ, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 90)
        return Answer(code=process.returncode or 0, out=out.decode(), err=err.decode())


def assert_clean(answer: Answer, command: str) -> None:
    for stream in (answer.out, answer.err):
        found = STEERING.search(stream)
        assert found is None, f"{command} prints {stream[max(0, found.start() - 60) : found.end() + 20]!a}"
        assert not [secret for secret in SECRETS if secret in stream], command


def test_no_command_prints_what_steers_a_terminal_or_a_secret(tmp_path: Path, run: Run) -> None:
    crawled = asyncio.run(crawl(tmp_path))
    assert crawled.code == 3, crawled.err
    assert_clean(crawled, "crawl")
    assert crawled.lines[0]["copies_joined"] >= 1
    story = next(story["id"] for story in run("stories", "--json").lines if story["copies"])
    both = [
        ("stories",), ("show", story, "--text"), ("show", TWO, "--diff"), ("show", LOST), ("explain", story), ("explain", AWAY),
        ("status",), ("feeds", "list"), ("feeds", "show", "1"), ("report", "graph"),
    ]  # fmt: skip
    once = [
        ("stories", "ferry"), ("explain", ONE, TWO), ("feeds", "show", "3"), ("feeds", "pause", "2"), ("feeds", "export", "-"),
        ("export", "-"), ("report", "overlap"), ("report", "graph", "--csv"), ("report", "graph", "--graphml", "-"),
        ("crawl", "--all", "--dry-run"), ("merge", TWO, AWAY), ("decisions",),
    ]  # fmt: skip
    for words in (*both, *once, *((*words, "--json") for words in both)):
        assert_clean(run(*words), " ".join(words))
    assert "t0psecret" in run("feeds", "export", "--with-secrets", "-").out
