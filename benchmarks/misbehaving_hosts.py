"""What hosts that misbehave cost a crawl: the measuring world at tick 0 without them and with them, one right after the other.

usage: python benchmarks/misbehaving_hosts.py QUALITY_DATA [--seed 3] [--work FOLDER]

QUALITY_DATA is the folder that holds newsworld/. Prints time, CPU and memory of all processes together of both crawls, and which
of the hosts that only the second world has its summary names. Exits with 1 where the floors (newsworld/floors/hostile.json) do
not hold, the difference is over 60 s, or a host is not named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MOST_EXTRA_S = 60.0
FIGURES = ("crawl wall s", "crawl cpu s", "crawl peak MiB", "requests", "coverage")


def play(quality: Path, seed: str, folder: Path, *more: str) -> tuple[dict[str, Any], bool]:
    """The figures of tick 0, and whether the floors asked for held."""
    command = [sys.executable, str(quality / "newsworld" / "play.py"), "--seed", seed, "--ticks", "0", "--work", str(folder), *more]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not (folder / "results.json").exists():
        raise SystemExit(ended.stdout[-2000:] + ended.stderr[-2000:])
    print("\n".join(line for line in ended.stdout.splitlines() if line.startswith("tick ") or "floors" in line or "short" in line))
    return json.loads((folder / "results.json").read_text())["0"], ended.returncode == 0


def hosts_of(folder: Path) -> set[str]:
    return {urlsplit(line).hostname or "" for line in (folder / "world" / "feeds.txt").read_text().splitlines()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("quality", type=Path)
    parser.add_argument("--seed", default="3")
    parser.add_argument("--work", type=Path)
    asked = parser.parse_args()
    work = asked.work or Path(tempfile.mkdtemp(prefix="benchmark-"))
    floors = str(asked.quality / "newsworld" / "floors" / "hostile.json")
    calm, _ = play(asked.quality, asked.seed, work / "calm")
    rough, held = play(asked.quality, asked.seed, work / "rough", "--hostile", "--floors", floors)
    print("| tick 0 | without | with |\n|---|---|---|")
    for name in FIGURES:
        print(f"| {name} | {calm.get(name)} | {rough.get(name)} |")
    extra_s = rough["crawl wall s"] - calm["crawl wall s"]
    print(f"| difference s | | {extra_s:.1f} |")
    summary = (work / "rough" / "crawl.log").read_text(errors="replace").partition("\ntrouble ")[2]
    misbehaving = sorted(hosts_of(work / "rough") - hosts_of(work / "calm"))
    unnamed = [host for host in misbehaving if host not in summary]
    print("\n".join(line for line in summary.splitlines() if any(host in line for host in misbehaving)))
    print(f"{len(misbehaving) - len(unnamed)} of {len(misbehaving)} hosts that misbehave are named by the summary", *unnamed)
    return int(not held or extra_s > MOST_EXTRA_S or bool(unnamed))


if __name__ == "__main__":
    sys.exit(main())
