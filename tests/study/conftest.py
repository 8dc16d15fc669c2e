"""What the study's tests share: a store on disk, filled through its own methods, and the program that reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

for room in ("dedup", "stores"):
    sys.path.insert(0, str(Path(__file__).parents[1] / room))

from study_press import Press  # noqa: E402 (found once the paths above are known)
from study_program import Answer, Run  # noqa: E402

from crawler.cli import main  # noqa: E402
from crawler.settings import Settings  # noqa: E402
from crawler.stores import Store, open_store  # noqa: E402


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The store that the program finds in its data directory."""
    with open_store(f"sqlite:///{tmp_path}/data/crawler.db", settings=Settings()) as opened:
        yield opened


@pytest.fixture
def press(store: Store) -> Press:
    return Press(store)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """`run("check", "-")` in the folder of the store, with no settings from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRAWLER_CONFIG", raising=False)

    def call(*args: str) -> Answer:
        capfdbinary.readouterr()
        code = main(list(args))
        captured = capfdbinary.readouterr()
        return Answer(code=code, out=captured.out.decode(), err=captured.err.decode())

    return call
