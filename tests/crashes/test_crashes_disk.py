"""A disk that fills up, and folders that cannot be written: one clear line, nothing by halves, and the next start goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from crashes_newsroom import Newsroom
from crashes_runs import Program, open_program
from local_web import LocalWeb

ROOM_BYTES = 900_000  # of the disk: the empty database takes a third, what the newsroom brings thrice as much


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, of ROOM_BYTES, that `make_room` enlarges; skips where none may be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def unwritable(path: Path) -> Iterator[None]:
    """By its mode, or mounted so: root may write whatever its mode."""
    if os.geteuid() != 0:
        mode = path.stat().st_mode
        path.chmod(mode & 0o555)
        yield
        path.chmod(mode)
        return
    if subprocess.run(["mount", "--bind", str(path), str(path)], capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(path.resolve())], check=True)


def make_room(folder: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={50 * ROOM_BYTES}", str(folder)], check=True)


@pytest.fixture
async def program(local_web: LocalWeb, tmp_path: Path) -> AsyncIterator[Program]:
    newsroom = Newsroom()
    newsroom.serve(local_web)
    (tmp_path / "feeds.txt").write_text("\n".join(url for url in newsroom.feeds if "paper" in url or "app0" in url))
    async with open_program(tmp_path, local_web) as program:
        yield program


async def follow(program: Program, data_dir: Path) -> Path:
    assert await program.run(data_dir, "feeds", "import", str(program.folder / "feeds.txt")) == 0
    said(program)
    return data_dir


def said(program: Program) -> list[str]:
    """What was printed since it was last asked."""
    lines = program.output.read_text().splitlines()
    program.output.write_text("")
    return lines


def is_about_space(line: str) -> bool:
    return line.startswith(("error: no space left for the database", "error: cannot write the database"))


async def test_a_full_disk_ends_every_run_in_one_line_until_there_is_room(program: Program, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as data_dir:
        await follow(program, data_dir)
        for command in ("crawl", "serve", "crawl"):
            assert await program.run(data_dir, "-q", command) == 1
            (line,) = said(program)
            assert is_about_space(line)
        make_room(data_dir)
        assert await program.run(data_dir, "crawl") == 0
        stories = await program.stories(data_dir)
    assert await program.run(await follow(program, tmp_path / "calm"), "crawl") == 0
    assert stories == await program.stories(tmp_path / "calm")


async def test_a_file_that_may_not_grow_is_as_a_full_disk(program: Program, tmp_path: Path) -> None:
    """A quota, or `ulimit -f`: the write itself fails."""
    data_dir = await follow(program, tmp_path / "data")
    program.file_bytes = 600_000
    assert await program.run(data_dir, "-q", "crawl") == 1
    (line,) = said(program)
    assert is_about_space(line)


async def test_what_may_not_be_written_is_named_in_one_line(program: Program, tmp_path: Path) -> None:
    data_dir = await follow(program, tmp_path / "data")
    (data_dir / "crawler.lock").touch()
    for name in ("crawler.db", "crawler.lock", "."):
        with unwritable(data_dir / name):
            assert await program.run(data_dir, "-q", "crawl") == 1
        (line,) = said(program)
        assert line.startswith("error: cannot ")
        assert str(data_dir) in line
