"""What one verdict costs against a store of many stories: fingerprint, candidates, comparison, election.

usage: python benchmarks/verdict_speed.py [STORIES] [ARTICLES]        (100000 and 300)

Fills a temporary SQLite store with invented stories, then judges new articles against it: half of them copies of stored ones,
half new. Prints the CPU a verdict takes at the median and the 95th percentile, reading of the database included, writing not.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert

from crawler.dedup.document import Document
from crawler.dedup.judge import Rules, judge, text_key_of
from crawler.dedup.signature import SCHEME, index_rows
from crawler.dedup.words import read_tokens, title_key, tokenise
from crawler.model import PageId, TextSource, TextState
from crawler.settings import Settings
from crawler.stores.docket import SqlDocket
from crawler.stores.engine import begin_write, connect_engine, read
from crawler.stores.schema import articles, bands, pages, revisions, stories, title_keys
from crawler.stores.store import open_store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SYLLABLES = tuple(map("".join, zip(*[iter("bakelimonurasetivozapedomigasutarevihofa")] * 2, strict=True)))
BATCH = 2000


def vocabulary(rng: random.Random) -> list[str]:
    return ["".join(rng.choice(SYLLABLES) for _ in range(rng.randint(1, 4))) for _ in range(30_000)]


def make_text(rng: random.Random, words: list[str], weights: list[float]) -> list[str]:
    """Some 500 words whose frequencies fall as in a language."""
    drawn = rng.choices(words, cum_weights=weights, k=rng.randint(250, 750))
    return [" ".join(drawn[start : start + 60]) for start in range(0, len(drawn), 60)]


def fill(connection: Connection, first: int, texts: list[list[str]]) -> None:
    """Rows of judged articles, each a story of its own, as the store would have written them."""
    rows = []
    for page, blocks in enumerate(texts, first):
        tokens = tokenise(blocks)
        kept = read_tokens(tokens)
        rows.append((page, f"https://site{page % 5000}.example/{page}", tokens, kept, "t" * len(blocks), blocks))
    connection.execute(insert(pages), [
        {"id": page, "key": url[6:], "url": url, "host": url.split("/")[2], "state": "done", "first_seen_at": NOW}
        for page, url, *_ in rows
    ])
    connection.execute(insert(revisions), [
        {"id": page, "page_id": page, "number": 1, "read_at": NOW, "url": url, "article": {}, "marks": marks, "text": "",
         "text_hash": str(page), "words": len(kept)}
        for page, url, _, kept, marks, _ in rows
    ])
    connection.execute(insert(stories), [
        {"id": f"s{page}", "canonical_id": page, "first_seen_at": NOW, "changed_at": NOW} for page, *_ in rows
    ])
    connection.execute(insert(articles), [
        {"page_id": page, "revision_id": page, "story_id": f"s{page}", "url": url, "site": url.split("/")[2], "state": "full",
         "source": "page", "facts": {"key": url[6:], "marks": marks, "titles": [], "cues": [], "published": None},
         "tokens": tokens, "marks": marks, "kept": tokens, "text_key": text_key_of(kept), "scheme": SCHEME, "evidence": {},
         "rule": 1, "first_seen_at": NOW, "judged_at": NOW}
        for page, url, tokens, kept, marks, _ in rows
    ])
    connection.execute(insert(bands), [{"row": row, "page_id": page} for page, _, _, kept, *_ in rows for row in index_rows(kept)])
    connection.execute(insert(title_keys), [
        {"key": title_key(" ".join(blocks[0].split()[:9])), "page_id": page} for page, *_, blocks in rows
    ])


def time_verdict(connection: Connection, page: int, blocks: list[str]) -> float:
    """CPU seconds of one verdict, from the text on."""
    started = time.process_time()
    key = title_key(" ".join(blocks[0].split()[:9]))
    url = f"https://new{page}.example/story"
    document = Document(
        page=PageId(page), url=url, key=url[6:], site=f"new{page}.example", tokens=read_tokens(tokenise(blocks)),
        marks="t" * len(blocks), state=TextState.FULL, source=TextSource.PAGE,
        title_keys=frozenset() if key is None else frozenset({key}), first_seen_at=NOW + timedelta(hours=1),
    )
    judge(document, SqlDocket(connection), Rules())
    return time.process_time() - started


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    asked = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    rng = random.Random(1)
    words = vocabulary(rng)
    weights = [0.0]
    for rank in range(1, len(words)):
        weights.append(weights[-1] + 1 / rank)
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'speed.db'}"
        open_store(address, settings=Settings()).close()
        engine = connect_engine(address)
        sample: list[list[str]] = []
        for first in range(1, count + 1, BATCH):
            texts = [make_text(rng, words, weights) for _ in range(min(BATCH, count + 1 - first))]
            sample += rng.sample(texts, min(len(texts), 1 + asked * BATCH // count))
            with begin_write(engine) as connection:
                fill(connection, first, texts)
        copies = rng.sample(sample, asked // 2)
        new = [make_text(rng, words, weights) for _ in range(asked - len(copies))]
        with read(engine) as connection:
            for blocks in new[:5]:
                time_verdict(connection, 10**9, blocks)
            for name, texts in (("new", new), ("copies", copies), ("all", new + copies)):
                spent = sorted(time_verdict(connection, 10**9 + i, blocks) for i, blocks in enumerate(texts))
                median, late = statistics.median(spent), spent[int(0.95 * len(spent))]
                against = f"{len(spent)} verdicts against {count} stories"
                print(f"{name:<7} {against}: median {median * 1e3:.2f} ms, p95 {late * 1e3:.2f} ms of CPU")
        engine.dispose()


if __name__ == "__main__":
    main()
