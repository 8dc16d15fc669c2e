"""`feeds discover` and `feeds add` against a web on a real socket: what is asked, said, stored, and the exit codes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from cli_program import Answer, Run
from local_web import LocalWeb

Program = Callable[..., Awaitable[Answer]]
SITE = "http://quay.example"


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
    table = await program("feeds", "discover", f"{SITE}/")
    assert table.out.splitlines()[0].split() == ["TITLE", "TYPE", "ENTRIES", "NEWEST", "FOUND", "BY", "ADDRESS"]
    assert "hunter2" not in table.out + table.err
    assert "\x1b" not in table.out
    assert (await program("feeds", "list")).out == ""


async def test_discover_where_nothing_is_fails_and_says_so(program: Program, web: LocalWeb) -> None:
    web.serve("http://bare.example/", "<p>Nothing here.")
    bare = await program("feeds", "discover", "http://bare.example/")
    assert (bare.code, bare.out) == (1, "")
    assert "error: no feed was found at http://bare.example/" in bare.err
    gone = await program("feeds", "discover", web.fail("http://bare.example/gone", 410))
    assert (gone.code, "answered 410" in gone.err) == (1, True)


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
    assert answer.out.startswith("added 0, already known 0\nTITLE")
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
