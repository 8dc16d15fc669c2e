"""Plays the measuring world on several seeds against its floors and prints one table, kinds of copy pooled over the seeds.

usage: python benchmarks/newsworld.py QUALITY_DATA [--seeds 1,2,3,4,5] [--style other] [--work FOLDER]
       python benchmarks/newsworld.py QUALITY_DATA --speed [RUNS] [--work FOLDER]

QUALITY_DATA is the folder that holds newsworld/. Each seed is played for three ticks with re-checks at the last. Exits with 1
where a figure falls short of newsworld/floors/verdict.json.

With --speed seed 1 is crawled once at tick 1, in turn with newsworld/naive.py, RUNS times each (3), the data directory empty
each time; prints the medians of wall time, CPU and peak memory and their ratios. Exits with 1 where wall time or CPU are more
than 1.2 times those of naive.py.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

FIGURES = (
    "coverage", "pair precision", "pair recall", "pair F1", "canonical is original", "late originals promoted", "text F1",
    "title right", "date right", "an author right", "pages fetched twice", "ids changed",
)
POOLED = ("joined ", "kept apart ")
LEAST_POOLED = 0.95
COSTS = ("crawl wall s", "crawl cpu s", "crawl peak MiB")
MOST_TIMES = {"crawl wall s": 1.2, "crawl cpu s": 1.2}


def play(quality: Path, seed: str, style: str, work: Path) -> tuple[dict[str, Any], list[str]]:
    """The figures of every tick, and those that fall short."""
    folder = work / f"{style}-{seed}"
    world = quality / "newsworld"
    command = [
        sys.executable, str(world / "play.py"), "--seed", seed, "--style", style, "--at-2=--recheck", "--work", str(folder),
        "--floors", str(world / "floors" / "verdict.json"),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    short = [line for line in ended.stdout.splitlines() if line.startswith("tick ") and ("at least" in line or "at most" in line)]
    if not (folder / "results.json").exists():
        raise SystemExit(ended.stdout[-2000:] + ended.stderr[-2000:])
    return json.loads((folder / "results.json").read_text()), short


def cost(quality: Path, work: Path, *options: str) -> dict[str, float]:
    """What one crawl of seed 1 at tick 1 takes, from an empty data directory."""
    shutil.rmtree(work / "data", ignore_errors=True)
    command = [sys.executable, str(quality / "newsworld" / "play.py"), "--seed", "1", "--ticks", "1", "--work", str(work), *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(ended.stdout[-2000:] + ended.stderr[-2000:])
    result = json.loads((work / "results.json").read_text())["1"]
    return {name: float(result[name]) for name in COSTS}


def compare_speed(quality: Path, runs: int, work: Path) -> bool:
    """Print what a crawl costs beside naive.py, runs of both in turn; whether it stays within MOST_TIMES."""
    naive = f"{{python}} {quality / 'newsworld' / 'naive.py'} {{list}} {{out}}"
    of_naive, of_ours = list[dict[str, float]](), list[dict[str, float]]()
    for run in range(runs):
        of_naive.append(cost(quality, work, "--crawl", naive, "--export", ""))
        of_ours.append(cost(quality, work))
        print(f"run {run + 1}: naive {of_naive[-1]}, this project {of_ours[-1]}", file=sys.stderr, flush=True)
    print(f"| medians of {runs} | naive.py | this project | ratio |\n|---|---|---|---|")
    ratios = {name: print_cost(name, [one[name] for one in of_naive], [one[name] for one in of_ours]) for name in COSTS}
    return all(ratios[name] <= most for name, most in MOST_TIMES.items())


def print_cost(name: str, of_naive: Sequence[float], of_ours: Sequence[float]) -> float:
    """Print the row of one cost; the ratio of the medians."""
    ratio = median(of_ours) / median(of_naive)
    print(f"| {name} | {median(of_naive):.1f} | {median(of_ours):.1f} | {ratio:.2f} |")
    return ratio


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("quality", type=Path)
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--style", default="dev")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--speed", type=int, nargs="?", const=3, metavar="RUNS")
    asked = parser.parse_args()
    seeds = asked.seeds.split(",")
    work = asked.work or Path(tempfile.mkdtemp(prefix="benchmark-"))
    if asked.speed:
        return not compare_speed(asked.quality, asked.speed, work)
    results, all_short = {}, []
    for seed in seeds:
        results[seed], short = play(asked.quality, seed, asked.style, work)
        all_short += [f"seed {seed} {line}" for line in short]
        print(f"seed {seed}: {len(short)} figures fall short", file=sys.stderr, flush=True)
    print(f"| tick 1 | {' | '.join(f'seed {seed}' for seed in seeds)} |\n|---|{'---|' * len(seeds)}")
    for name in FIGURES:
        print(f"| {name} | {' | '.join(str(results[seed]['1'].get(name, '–')) for seed in seeds)} |")
    print(f"| revisions stored (tick 2) | {' | '.join(str(results[seed]['2'].get('revisions stored', '–')) for seed in seeds)} |")
    print(f"| pair recall (tick 2) | {' | '.join(str(results[seed]['2']['pair recall']) for seed in seeds)} |")
    print("\n| pooled at tick 1 | share | of |\n|---|---|---|")
    for name in sorted({name for result in results.values() for name in result["1"] if name.startswith(POOLED)}):
        total = sum(results[seed]["1"].get(f"n {name}", 0) for seed in seeds)
        share = sum(results[seed]["1"].get(name, 0) * results[seed]["1"].get(f"n {name}", 0) for seed in seeds) / max(1, total)
        print(f"| {name} | {share:.3f} | {total} |")
        if name.startswith("joined ") and share < LEAST_POOLED:
            all_short.append(f"pooled {name}: {share:.3f}, at least {LEAST_POOLED}")
    print("\n".join(["", *all_short, f"{len(all_short)} figures fall short"]))
    return bool(all_short)


if __name__ == "__main__":
    sys.exit(main())
