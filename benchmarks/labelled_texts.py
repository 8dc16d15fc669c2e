"""The verdict on texts that others labelled: what is joined, what must stay apart, with the shipped settings.

usage: python benchmarks/labelled_texts.py FOLDER [SET ...]

FOLDER holds `NAME.jsonl.gz` (id, text, title a line; site, cluster, kind where known) and `NAME.pairs.jsonl.gz` (a, b, label).
Pairs are compared directly; `synth` is judged as a stream, its sites given, so that chrome is learned on the way.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from crawler.dedup.compare import Bounds, compare
from crawler.dedup.document import Document
from crawler.dedup.judge import Rules
from crawler.dedup.words import read_tokens, title_key, tokenise
from crawler.model import PageId, TextSource, TextState
from crawler.study.memory import MemoryDocket

SEEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = np.empty(0, dtype=np.uint64)
PAIRS: dict[str, Callable[[Any], bool]] = {
    "webis_core": lambda label: label >= 1,
    "webis_web": lambda label: label >= 1,
    "semeval22": lambda label: False,
    "tgcontest_en": lambda label: False,
    "tgcontest_ru": lambda label: False,
}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def document(number: int, row: dict[str, Any], site: str | None = None) -> Document:
    blocks = [block for block in row["text"].split("\n") if block.strip()] or [""]
    key = title_key(row.get("title") or "")
    return Document(
        page=PageId(number),
        url=str(row["id"]),
        key=f"//{row['id']}",
        site=site or f"site{number}.example",
        tokens=read_tokens(tokenise(blocks)),
        marks="t" * len(blocks),
        state=TextState.FULL,
        source=TextSource.PAGE,
        title_keys=frozenset() if key is None else frozenset({key}),
        first_seen_at=SEEN_AT,
    )


def judge_pairs(folder: Path, name: str, is_copy: Callable[[Any], bool]) -> None:
    documents = {row["id"]: document(number, row) for number, row in enumerate(rows(folder / f"{name}.jsonl.gz"))}
    outcomes: Counter[tuple[Any, bool]] = Counter()
    for pair in rows(folder / f"{name}.pairs.jsonl.gz"):
        a, b = documents.get(pair["a"]), documents.get(pair["b"])
        if a is None or b is None:
            continue
        verdict = compare(a, b, low_chrome=NOTHING, high_chrome=NOTHING, bounds=Bounds())
        outcomes[pair["label"], verdict.joined] += 1
    hit = sum(count for (label, joined), count in outcomes.items() if joined and is_copy(label))
    wrong = sum(count for (label, joined), count in outcomes.items() if joined and not is_copy(label))
    missed = sum(count for (label, joined), count in outcomes.items() if not joined and is_copy(label))
    if hit + missed:
        precision, recall = hit / max(1, hit + wrong), hit / (hit + missed)
        print(f"{name:<14} P {precision:.3f}  R {recall:.3f}  F1 {2 * precision * recall / max(1e-9, precision + recall):.3f}")
    joined = {label: count for (label, merged), count in sorted(outcomes.items(), key=str) if merged}
    total = {label: outcomes[label, True] + outcomes[label, False] for label in joined}
    print(f"{name:<14} joined by label: " + ", ".join(f"{label}: {joined[label]} of {total[label]}" for label in joined))


def judge_events(folder: Path) -> None:
    """Reports of one topic whose sub-event or outlet differs must stay apart; copies within a cluster are copies."""
    texts = list(rows(folder / "ecbplus.jsonl.gz"))
    docket = MemoryDocket(Rules())
    docket.add_all(document(number, row) for number, row in enumerate(texts))
    wrong = right = 0
    for pages in docket.story_pages.values():
        clusters = Counter(texts[page]["cluster"] for page in pages)
        right += max(clusters.values()) - 1
        wrong += len(pages) - max(clusters.values())
    print(f"{'ecbplus':<14} {wrong} of {len(texts)} reports joined another cluster's; {right} joined within theirs")


def judge_stream(folder: Path) -> None:
    """Transforms of known originals among texts that must stay apart, in random order, each under its own site."""
    texts = list(rows(folder / "synth.jsonl.gz"))
    random.Random(1).shuffle(texts)
    docket = MemoryDocket(Rules())
    started = time.process_time()
    docket.add_all(document(number, row, row.get("site")) for number, row in enumerate(texts))
    print(f"{'synth':<14} {len(texts)} texts, {(time.process_time() - started) / len(texts) * 1e3:.2f} ms of CPU a verdict")
    original = {row["cluster"]: PageId(number) for number, row in enumerate(texts) if row["kind"] == "orig"}
    linked: Counter[str] = Counter()
    together: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for number, row in enumerate(texts):
        if row["kind"] == "orig" or row["kind"].startswith("NEG"):
            continue
        page, source = PageId(number), original[row["cluster"]]
        link = docket.compared[page].get(source)
        count[row["kind"]] += 1
        linked[row["kind"]] += bool(link and link.joined)
        together[row["kind"]] += docket.held[page].story == docket.held[source].story
    for kind in sorted(count):
        print(f"  {kind:<22} linked {linked[kind] / count[kind]:.3f}  in its original's story {together[kind] / count[kind]:.3f}")
    clusters: dict[Any, list[int]] = defaultdict(list)
    for number in range(len(texts)):
        clusters[docket.held[PageId(number)].story].append(number)
    wrong: Counter[str] = Counter()
    for members in clusters.values():
        if len({texts[number]["cluster"] for number in members}) > 1:
            wrong.update(texts[number]["kind"] for number in members if texts[number]["kind"].startswith("NEG"))
    kinds = ", ".join(f"{kind.removeprefix('NEG ')} {number}" for kind, number in sorted(wrong.items()))
    print(f"  joined, though to be kept apart: {kinds}")


def main() -> None:
    folder, wanted = Path(sys.argv[1]), set(sys.argv[2:])
    for name, is_copy in PAIRS.items():
        if not wanted or name in wanted:
            judge_pairs(folder, name, is_copy)
    if not wanted or "ecbplus" in wanted:
        judge_events(folder)
    if not wanted or "synth" in wanted:
        judge_stream(folder)


if __name__ == "__main__":
    main()
