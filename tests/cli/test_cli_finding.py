"""`feeds discover` and `feeds add` against a web on a real socket: what is asked, said, stored, and the exit codes."""

from __future__ import annotations

import asyncio
import gzip
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli_program import Answer, Run
from local_web import LocalWeb

Program = Callable[..., Awaitable[Answer]]
SITE = "http://quay.example"
SCRIPT = Path(__file__).parents[2] / "run_crawler.py"
TEXTS = (
    "The harbour office has sold its brass clock to a collector, who will let it hang where it hung for ninety years. Its keeper,"
    " Runa Feld, said that the price would pay for two new mooring posts and for the paint that the old ones had been promised.",
    "Bakers in the upper town will open an hour later from Monday, as flour now comes by the second ferry only. Their guild expects"
    " that most customers will not mind, but the school has asked for rolls to be brought on the evening before.",
    "A swarm of bees that settled in the theatre's chandelier was taken down on Thursday by two firemen and a retired organist. The"
    " evening's play began forty minutes late, and nobody in the third row was stung, the director told those who had stayed.",
    "Every second bench on the sea wall is to be turned round, so that those who sit there may choose between waves and people."
    " A carpenter has been found who will do it for the old iron, and the first four were turned before breakfast on Saturday.",
)


@pytest.fixture
def program(run: Run, local_web: LocalWeb, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program beside the web that it asks."""
    for name, value in local_web.environ.items():
        monkeypatch.setenv(name, value)

    async def call(*args: str) -> Answer:
        return await asyncio.to_thread(run, "--set", "fetch.delay_s=0", *args)

    return call


@pytest.fixture
def web(local_web: LocalWeb) -> LocalWeb:
    """A site with a feed of all, one of sport, a news sitemap, and pages that declare one or both feeds."""
    feed = "<rss><channel><title>{0}</title><link>{1}/{0}</link><item><title>T</title><link>{1}/{0}/1</link></item></channel></rss>"
    local_web.serve(f"{SITE}/all.xml", feed.format("All\x1b[31m", SITE), type="text/xml")
    local_web.serve(f"{SITE}/sport.xml", feed.format("Sport", SITE), type="text/xml")
    link = '<link rel="alternate" type="application/rss+xml" href="{}">'
    local_web.serve(f"{SITE}/", "<!doctype html>" + link.format("/all.xml?key=hunter2") + link.format("/gone.xml"))
    local_web.serve(f"{SITE}/all.xml?key=hunter2", feed.format("All\x1b[31m", SITE), type="text/xml")
    local_web.serve(f"{SITE}/both", link.format("/all.xml") + link.format("/sport.xml"))
    local_web.serve(f"{SITE}/robots.txt", f"Sitemap: {SITE}/news.xml", type="text/plain")
    news = "<news:publication_date>2026-01-04</news:publication_date><news:title>T</news:title>"
    local_web.serve(f"{SITE}/news.xml", f"<urlset><url><loc>{SITE}/n</loc><news:news>{news}</news:news></url></urlset>")
    return local_web


async def test_discover_lists_what_a_page_offers_and_stores_nothing(program: Program, web: LocalWeb) -> None:
    answer = await program("feeds", "discover", "--json", f"{SITE}/")
    assert answer.code == 0
    assert [(line["url"], line["format"], line["entries"], line["found_by"]) for line in answer.lines] == [
        (f"{SITE}/all.xml?key=***", "rss", 1, "link element"), (f"{SITE}/news.xml", "news sitemap", 1, "sitemap"),
    ]  # fmt: skip
    assert f"{SITE}/gone.xml: answered 404" in answer.err
    assert "hunter2" not in answer.out + answer.err
    assert (await program("feeds", "list")).out == ""


async def test_discover_where_nothing_is_fails_and_says_so(program: Program, web: LocalWeb) -> None:
    web.serve("http://bare.example/", "<p>Nothing here.")
    bare = await program("feeds", "discover", "http://bare.example/")
    assert (bare.code, bare.out) == (1, "")
    assert "error: no feed was found at http://bare.example/" in bare.err


async def test_add_follows_the_feed_of_a_page_with_its_title_and_says_which(program: Program, web: LocalWeb) -> None:
    answer = await program("feeds", "add", f"{SITE}/", "--topic", "Sea")
    assert (answer.code, answer.out) == (0, "added 1, already known 0\n")
    assert f"{SITE}/: following {SITE}/all.xml?key=*** (All[31m)" in answer.err
    (feed,) = (await program("feeds", "list", "--json")).lines
    assert (feed["url"], feed["title"], feed["topics"]) == (f"{SITE}/all.xml?key=***", "All[31m", ["Sea"])
    web.asked.clear()
    assert (await program("feeds", "add", f"{SITE}/all.xml?key=hunter2", "--every", "2h")).out == "added 0, already known 1\n"
    assert web.asked == []


async def test_add_of_a_page_with_several_lists_them_and_follows_none(program: Program, web: LocalWeb) -> None:
    answer = await program("feeds", "add", f"{SITE}/both")
    assert answer.code == 2
    counts, titles, *rows = answer.out.splitlines()
    assert counts == "added 0, already known 0"
    assert titles.split() == ["TITLE", "TYPE", "ENTRIES", "NEWEST", "FOUND", "BY", "ADDRESS"]
    assert [row.split()[-1] for row in rows] == [f"{SITE}/all.xml", f"{SITE}/sport.xml"]
    assert "\x1b" not in answer.out
    assert f"offers 2 feeds: choose with `feeds add {SITE}/all.xml`" in answer.err
    both = await program("feeds", "add", f"{SITE}/both", f"{SITE}/sport.xml", "--json")
    assert both.code == 2
    (line,) = both.lines
    assert (line["added"], line["feeds"]) == (1, [f"{SITE}/sport.xml"])
    assert [feed["url"] for feed in line["to_be_chosen"][0]["feeds"]] == [f"{SITE}/all.xml", f"{SITE}/sport.xml"]


async def test_add_of_what_cannot_be_had_now_follows_it_with_a_warning(program: Program, web: LocalWeb) -> None:
    down = web.fail("http://down.example/feed", 503)
    answer = await program("feeds", "add", down)
    assert (answer.code, answer.out) == (0, "added 1, already known 0\n")
    assert f"warning: {down}: answered 503; it is followed all the same" in answer.err
    assert web.urls() == [down]


async def test_add_of_what_is_no_feed_follows_it_only_unasked(program: Program, web: LocalWeb) -> None:
    gone = f"{SITE}/gone.xml"
    answer = await program("feeds", "add", gone)
    assert (answer.code, answer.out) == (1, "added 0, already known 0\n")
    assert "answered 404; it is not followed (--no-check follows an address as it is)" in answer.err
    web.asked.clear()
    assert (await program("feeds", "add", "--no-check", gone)).out == "added 1, already known 0\n"
    assert web.asked == []


async def crawl(web: LocalWeb, folder: Path, *args: str) -> Answer:
    """run_crawler.py as a process of its own."""
    quick = ("--set", "fetch.delay_s=0", "--set", "crawler.workers=1", "--set", "crawler.contact=desk@quay.example")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CRAWLER_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), *quick, "--json", *args, cwd=folder, env=environ | web.environ, stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return Answer(code=process.returncode, out=out.decode(), err=err.decode())


def serve_stories(web: LocalWeb) -> list[str]:
    """A page for each text."""
    head = "<!doctype html><html lang=en><head><title>Story {0}</title></head><body><article><h1>Story {0}</h1><p>{1}</p></article>"
    return [web.serve(f"{SITE}/story/{number}", head.format(number, text)) for number, text in enumerate(TEXTS)]


def serve_sitemaps(web: LocalWeb, *stories: str) -> tuple[str, str]:
    """An index, and the one part of it that may hold articles, packed; each story is four days older than the one before."""
    index, posts = f"{SITE}/sitemap.xml", f"{SITE}/post-sitemap.xml.gz"
    days = ((datetime.now(UTC) - timedelta(days=4 * place)).isoformat() for place in range(len(stories)))
    told = "".join(f"<url><loc>{url}</loc><lastmod>{day}</lastmod></url>" for url, day in zip(stories, days, strict=True))
    web.serve(posts, gzip.compress(f"<urlset>{told}</urlset>".encode()), type="application/gzip", etag='"posts"')
    parts = f"<sitemap><loc>{SITE}/page-sitemap.xml</loc></sitemap><sitemap><loc>{posts}</loc></sitemap>"
    return web.serve(index, f"<sitemapindex>{parts}</sitemapindex>", type="application/xml", etag='"index"'), posts


def serve_pages(web: LocalWeb, *stories: str) -> str:
    """A feed with one story a page, the last of which names one more that is not there."""
    feed = f"{SITE}/feed"
    for number, url in enumerate(stories, 1):
        following = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="{feed}?page={number + 1}"/>'
        item = f"<item><title>T</title><link>{url}</link></item>"
        body = f'<rss version="2.0"><channel><title>Quay</title>{following}{item}</channel></rss>'
        web.serve(f"{feed}?page={number}" if number > 1 else feed, body, type="text/xml", etag=f'"{number}"')
    return feed


async def test_a_first_crawl_reads_the_history_of_a_feed_and_the_parts_of_an_index_and_a_second_what_is_new(
    local_web: LocalWeb, tmp_path: Path
) -> None:
    stories = serve_stories(local_web)
    index, posts = serve_sitemaps(local_web, *stories[:3])
    feed = serve_pages(local_web, *stories[2:])
    (tmp_path / "feeds.txt").write_text(f"{index}\n{feed}\n")
    answer = await crawl(local_web, tmp_path, "crawl", "--feeds", "feeds.txt")
    (summary,) = answer.lines
    assert (summary["stories_new"], summary["entries_left_out"], summary["exit_code"]) == (4, 1, 0)
    (trouble,) = summary["troubles"]
    assert (trouble["where"], trouble["kind"], trouble["reason"]) == (f"{feed}?page=3", "part_failed", "answered 404")
    assert "its feed was read without it" in answer.err
    assert f"{SITE}/page-sitemap.xml" not in local_web.urls()
    local_web.asked.clear()
    (summary,) = (await crawl(local_web, tmp_path, "crawl", "--all")).lines
    assert (summary["feeds_not_modified"], summary["pages_taken"]) == (2, 0)
    assert {(asked.url, asked.headers.get("if-none-match")) for asked in local_web.asked} == {
        (index, '"index"'), (posts, '"posts"'), (feed, '"1"'),
    }  # fmt: skip


async def test_a_secret_is_kept_from_the_feed_of_another_origin(program: Program, web: LocalWeb) -> None:
    named = web.redirect(f"{SITE}/old.xml", "http://taker.example/feed", status=301)
    web.serve("http://taker.example/feed", "<rss><channel><title>T</title></channel></rss>", type="text/xml")
    answer = await program("--set", "secrets.desk=user:password", "feeds", "add", "--auth", "desk", named, f"{SITE}/all.xml")
    assert "http://taker.example/feed lies elsewhere" in answer.err
    feeds = (await program("--set", "secrets.desk=user:password", "feeds", "list", "--json")).lines
    assert sorted((feed["url"], feed["auth"]) for feed in feeds) == [
        (f"{SITE}/all.xml", "desk"), ("http://taker.example/feed", None),
    ]  # fmt: skip


async def test_a_feed_that_calls_itself_by_its_address_tells_no_secret(program: Program, web: LocalWeb) -> None:
    address = f"{SITE}/own.xml?key=hunter2"
    web.serve(address, f"<rss><channel><title>News of {address}</title></channel></rss>", type="text/xml")
    for words in (("discover", address), ("add", address), ("list",), ("show", "1")):
        for more in ((), ("--json",)):
            answer = await program("feeds", *words, *more)
            assert answer.code == 0
            assert "hunter2" not in answer.out + answer.err, words
    assert "hunter2" not in (await program("feeds", "export", "-")).out
