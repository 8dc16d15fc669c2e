"""A crawl that is killed again and again ends as one that nobody disturbed: the same stories, each once, nothing lost.

The killed crawl is the program itself, in processes of its own, on a web on a real socket. CRASHES_KILLS sets how many kills there
are (30 for a soak), CRASHES_SEED at which moments.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from crashes_newsroom import Newsroom
from crashes_runs import Program, Run, open_program
from local_web import LocalWeb

KILLS = int(os.environ.get("CRASHES_KILLS", "8"))
SEED = int(os.environ.get("CRASHES_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
IN_START = 0.2  # of the kills hit a crawl before its first result: as it opens the database, starts its workers, asks
WHOLE_GROUP = 0.3  # of the kills hit the workers too
DAYS = (("crawl",), ("crawl", "--all"))  # one is a first crawl, the other finds corrections
PROGRESS = "SELECT (SELECT count(*) FROM revisions), (SELECT count(*) FROM entries), (SELECT sum(last_polled_at) FROM feeds)"
LEASED = "SELECT url FROM feeds WHERE leased_until_at IS NOT NULL UNION SELECT url FROM pages WHERE leased_until_at IS NOT NULL"
REPEATED_AT_MOST = 12 + 3  # pages a kill: one under way on each host, and what was answered but not yet recorded


def ask(data_dir: Path, question: str) -> tuple[object, ...]:
    with closing(sqlite3.connect(f"file:{data_dir}/crawler.db?mode=ro", uri=True)) as connection:
        return tuple(connection.execute(question).fetchall())


async def first_result(run: Run, data_dir: Path) -> None:
    """Wait until the run has recorded something, or has ended."""
    before = ask(data_dir, PROGRESS)
    while not run.ended.done() and ask(data_dir, PROGRESS) == before:  # noqa: ASYNC110  another process's doing
        await asyncio.sleep(0.02)


async def undisturbed(program: Program, newsroom: Newsroom, web: LocalWeb, data_dir: Path) -> list[tuple[float, float]]:
    """Crawl each day; how long it took to the first result, and from there to the end."""
    spans = []
    for day, command in enumerate(DAYS):
        if day:
            newsroom.turn_over()
        newsroom.serve(web)
        started = time.monotonic()
        run = await program.start(data_dir, *command)
        await first_result(run, data_dir)
        at_work = time.monotonic()
        assert await run.code() == 0, program.output.read_text()
        spans.append((at_work - started, time.monotonic() - at_work))
    return spans


async def killed_at(run: Run, data_dir: Path, moment_s: float, *, in_start: bool, whole_group: bool) -> bool:
    """Kill a run so long after its start, or after its first result; whether it was still running. Nothing of it may be left."""
    if not in_start:
        await first_result(run, data_dir)
    await asyncio.wait([run.ended], timeout=moment_s)
    was_running = await run.kill(whole_group=whole_group)
    assert await run.until_alone() == []
    return was_running


def moments(rng: random.Random, count: int, span_s: float) -> list[float]:
    """How long each of `count` runs may work that are to share a span of work between them."""
    cuts = [0.0, *sorted(rng.uniform(0, span_s) for _ in range(count))]
    return [after - before for before, after in pairwise(cuts)]


async def test_a_crawl_killed_at_random_moments_ends_as_one_that_was_left_alone(local_web: LocalWeb, tmp_path: Path) -> None:
    rng, delivered = random.Random(SEED), 0
    print(f"CRASHES_SEED={SEED} CRASHES_KILLS={KILLS}")
    (tmp_path / "feeds.txt").write_text("\n".join(Newsroom().feeds))
    async with open_program(tmp_path, local_web) as program:
        for folder in ("calm", "killed"):
            assert await program.run(tmp_path / folder, "feeds", "import", str(tmp_path / "feeds.txt")) == 0
        spans = await undisturbed(program, Newsroom(), local_web, tmp_path / "calm")
        asked_calmly = len(local_web.urls())
        newsroom, data_dir = Newsroom(), tmp_path / "killed"
        for day, command in enumerate(DAYS):
            if day:
                newsroom.turn_over()
            newsroom.serve(local_web)
            start_s, work_s = spans[day]
            for moment_s in moments(rng, KILLS * 2 // 3 if day == 0 else KILLS - KILLS * 2 // 3, work_s):
                in_start = rng.random() < IN_START
                delivered += await killed_at(
                    await program.start(data_dir, *command), data_dir, rng.uniform(0, start_s) if in_start else moment_s,
                    in_start=in_start, whole_group=rng.random() < WHOLE_GROUP,
                )
            assert await program.run(data_dir, *command) == 0, program.output.read_text()
        assert ask(data_dir, LEASED) == ()
        assert ask(data_dir, "SELECT url, last_error FROM pages WHERE state = 'failed'") == ()
        assert ask(data_dir, "PRAGMA integrity_check") == (("ok",),)
        assert ask(data_dir, "PRAGMA foreign_key_check") == ()
        assert await program.stories(data_dir) == await program.stories(tmp_path / "calm")
    assert delivered > KILLS / 2
    feeds_asked = len(newsroom.feeds) * 2 * (KILLS + len(DAYS))
    assert len(local_web.urls()) - asked_calmly <= asked_calmly + feeds_asked + delivered * REPEATED_AT_MOST
