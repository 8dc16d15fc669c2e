"""One crawl of made pages among sound ones: none stops another, and one over a limit keeps its story from the feed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from xml.sax.saxutils import escape

from fuzz_pages import own_paragraphs, sound_page
from fuzz_pages_head import PAGES
from local_web import LocalWeb

SCRIPT = Path(__file__).parents[2] / "run_crawler.py"
OVER_A_LIMIT = {
    "390 open fonts before 19,000 paragraphs": "formatting elements never closed",
    "100,000 nested <div>": "100,023 tags",
    "50,000 attributes in one tag": "more than 500 attributes",
    "1.4 MB of different words": "a text of 1,329,561 characters",
}
COSTLY = ("480,000 combining marks", "a body of 470,000 lines in JSON-LD")


async def run_program(web: LocalWeb, folder: Path, *args: str) -> tuple[int | None, str, str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CRAWLER_")} | web.environ
    quick = ("--set", "fetch.delay_s=0", "--set", "crawler.workers=1")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), *quick, *args, cwd=folder, env=environ, stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode, out.decode(), err.decode()


async def test_a_page_over_a_limit_keeps_its_story_and_stops_no_neighbour(local_web: LocalWeb, tmp_path: Path) -> None:
    made = {f"http://h{number}.example/made": name for number, name in enumerate([*OVER_A_LIMIT, *COSTLY])}
    sound = dict[str, str]()
    for number, (url, name) in enumerate(made.items()):
        local_web.serve(url, PAGES[name]())
        title, body = sound_page(number)
        sound[local_web.serve(f"http://h{number}.example/sound", body)] = title
    told = [pair for both in zip(made.items(), sound.items(), strict=True) for pair in both]
    items = "".join(
        f"<item><guid>{url}</guid><link>{url}</link><title>{escape(title)}</title>"
        f"<description>{' '.join(own_paragraphs(100 + number)[:2])}</description></item>"
        for number, (url, title) in enumerate(told)
    )
    rss = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Quay</title>{items}</channel></rss>'
    (tmp_path / "feeds.txt").write_text(local_web.serve("http://quay.example/feed", rss, type="application/rss+xml"))

    code, _, err = await run_program(local_web, tmp_path, "crawl", "--feeds", "feeds.txt")
    assert code == 0, err
    for reason in OVER_A_LIMIT.values():
        assert reason in err
    code, _, err = await run_program(local_web, tmp_path, "export", "stories.jsonl")
    assert code == 0, err
    stories = [json.loads(line) for line in (tmp_path / "stories.jsonl").read_text().splitlines()]
    members = {url for story in stories for url in (story["canonical"]["url"], *(copy["url"] for copy in story["copies"]))}
    assert members >= {*made, *sound}
    sources = {story["canonical"]["url"]: story["canonical"]["text_source"] for story in stories}
    assert all(sources[url] == "page" for url in sound)
    assert all(sources[url] == "feed" for url, name in made.items() if name in OVER_A_LIMIT)
