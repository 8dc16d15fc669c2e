"""Compare our robots.txt decisions with a file of known ones (JSON Lines: test, robots, agent, url, allowed).

usage: python benchmarks/robots_cases.py CASES.jsonl

Prints every case that differs with the reason, and the sum; exits with 1 where a reason is unknown.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from urllib.parse import quote

from crawler.fetch.robots import read_robots

UNRESERVED_ESCAPE = re.compile(r"%(?:2[DE]|3[0-9]|[46][1-9A-F]|[57][0-9A]|5F|7E)", re.IGNORECASE)


def reason_for(robots: str, url: str) -> str | None:
    """Why a decision may rightly differ from the reference implementation's; None where it may not."""
    if quote(url, safe="%/:?&=#;,+@!$'()*~") != url:
        return (
            "the address is not percent-encoded as it would be over the wire; the reference compares it byte by byte and calls "
            "encoding its caller's duty, protego encodes it before it compares (RFC 9309 §2.2.2)"
        )
    if UNRESERVED_ESCAPE.search(robots):
        return (
            "the rule escapes letters that need no escape; by RFC 9309 §2.2.2 they are unescaped before they are compared, as "
            "protego does and the reference does not"
        )
    return None


def main(path: str) -> int:
    cases = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
    differing = unexplained = 0
    for case in cases:
        decided = read_robots(case["robots"].encode(), case["agent"]).allow(case["url"], case["agent"])
        if decided == case["allowed"]:
            continue
        reason = reason_for(case["robots"], case["url"])
        differing += 1
        unexplained += reason is None
        print(f"{case['test']}: agent {case['agent']!a} url {case['url']!a}: expected {case['allowed']}, decided {decided}")
        print(f"    {reason or 'NO REASON IS KNOWN'}")
    print(f"{len(cases) - differing} of {len(cases)} cases agree; of the others {unexplained} without a known reason")
    return int(unexplained > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
