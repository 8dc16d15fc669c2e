"""What the command tests share: the program called as a person calls it, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.cli import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Answer]


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
