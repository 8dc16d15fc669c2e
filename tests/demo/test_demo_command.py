"""`run_crawler.py demo` as a newcomer runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*args: str, temporary: Path) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, with nobody to ask but itself."""
    environ = os.environ | {"TMPDIR": str(temporary), "HTTP_PROXY": "http://127.0.0.1:9", "CRAWLER_FETCH__DELAY_S": "60"}
    command = [sys.executable, "run_crawler.py", *args]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_demo_tells_the_story_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run("demo", temporary=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "1. The copies come first",
        "2. The originals appear",
        "3 originals promoted",
        "harbourpost.example   the complete text, where others are cut off",
        "meridianwire.example  named as the origin by copies that hold its text",
        "Kept apart: the forecasts of Coast Weather are 5 stories.",
        "a story of its own",
        "explain http://tidings.example/read/ferry-yard-4108",
        "relation        excerpt",
        "publisher label: Harbour Post",
        "UPDATED: 30 MAR 2026 01:37 PM EST",
        "The Harbour Post's version is the canonical one",
    ):
        assert words in done.stdout
    assert done.stdout.rstrip().endswith("run_crawler.py crawl --feeds config/feeds.opml")
    assert not list(tmp_path.iterdir())


def test_kept_data_can_be_looked_at_and_is_not_mixed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    done = run("demo", "--keep", str(kept), "--json", temporary=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert [story["id"] for story in first["stories"]] == [story["id"] for story in second["stories"]]
    exported = run("--data-dir", str(kept), "export", "-", temporary=tmp_path)
    assert [json.loads(line) for line in exported.stdout.splitlines()] == second["stories"]
    again = run("demo", "--keep", str(kept), temporary=tmp_path)
    assert again.returncode == 2
    assert "is not empty" in again.stderr
