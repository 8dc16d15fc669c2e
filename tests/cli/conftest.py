"""What the command tests share: the program called as a person calls it, in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_program import Answer, Run

from crawler.cli import main


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """`run("stories", "--json")` in an empty folder, with no settings from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRAWLER_CONFIG", raising=False)

    def call(*args: str) -> Answer:
        capfdbinary.readouterr()
        code = main(list(args))
        captured = capfdbinary.readouterr()
        return Answer(code=code, out=captured.out.decode(), err=captured.err.decode())

    return call
