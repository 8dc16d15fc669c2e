"""Compare our robots.txt decisions with a file of known ones (JSON Lines: test, robots, agent, url, allowed).

usage: python benchmarks/robots_cases.py CASES.jsonl

Prints every case that differs, and the sum. The decision itself is protego's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from crawler.fetch.robots import read_robots


def main(path: str) -> None:
    cases = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
    wrong = 0
    for case in cases:
        decided = read_robots(case["robots"].encode(), case["agent"]).allow(case["url"], case["agent"])
        if decided != case["allowed"]:
            wrong += 1
            print(f"{case['test']}: agent {case['agent']!a} url {case['url']!a}: expected {case['allowed']}, decided {decided}")
    print(f"{len(cases) - wrong} of {len(cases)} cases agree")


if __name__ == "__main__":
    main(sys.argv[1])
