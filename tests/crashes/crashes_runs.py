"""Runs of the program as processes that can be killed, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from local_web import LocalWeb

from crawler.pipeline.engine import Engine
from crawler.pipeline.summary import RunSummary

HERE = Path(__file__).parent
ORPHANS_S = 10.0  # in which processes must have ended whose parent was killed
RUN_S = 120.0  # in which a run must have ended
LEFT_OUT = ("id", "first_seen_at", "changed_at")


@dataclass
class Run:
    """One run of the program."""

    pid: int
    ended: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    async def code(self) -> int:
        async with asyncio.timeout(RUN_S):
            return await asyncio.shield(self.ended)

    async def kill(self, *, whole_group: bool = False) -> bool:
        """Kill it, and its workers with it if wished; whether it was still running."""
        if not self.ended.done():
            (os.killpg if whole_group else os.kill)(self.pid, signal.SIGKILL)
        return await self.code() == -signal.SIGKILL

    async def until_alone(self) -> list[str]:
        """The processes of its session that outlive it for longer than they may."""
        async with asyncio.timeout(ORPHANS_S * 2):
            for _ in range(int(ORPHANS_S / 0.05)):
                if not (left := _session(self.pid)):
                    return []
                await asyncio.sleep(0.05)
        return left


def _session(leader: int) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


@dataclass
class Program:
    """Starts runs in one data directory after another, in the environment of a local web."""

    folder: Path
    _starter: asyncio.subprocess.Process
    file_bytes: int | None = None  # the size beyond which no file of the next runs may grow
    _runs: dict[int, Run] = field(default_factory=dict)
    _started: asyncio.Queue[Run] = field(default_factory=asyncio.Queue)

    async def start(self, data_dir: Path, *args: str) -> Run:
        command = ["--data-dir", str(data_dir), "--set", "fetch.delay_s=0", "--set", "crawler.workers=1", *args]
        assert self._starter.stdin is not None
        wanted = {"args": command, "output": str(self.output), "file_bytes": self.file_bytes}
        self._starter.stdin.write(json.dumps(wanted).encode() + b"\n")
        return await self._started.get()

    async def run(self, data_dir: Path, *args: str) -> int:
        return await (await self.start(data_dir, *args)).code()

    @property
    def output(self) -> Path:
        return self.folder / "output.txt"

    async def stories(self, data_dir: Path) -> list[dict[str, Any]]:
        """What it exports, less ids and times of ours, in an order of its own."""
        exported = self.folder / "stories.jsonl"
        assert await self.run(data_dir, "export", str(exported)) == 0, self.output.read_text()
        return sorted(map(_comparable, exported.read_text().splitlines()), key=lambda story: story["canonical"]["url"])

    async def listen(self) -> None:
        assert self._starter.stdout is not None
        async for line in self._starter.stdout:
            said = json.loads(line)
            if "code" in said:
                self._runs.pop(said["pid"]).ended.set_result(said["code"])
            else:
                self._runs[said["pid"]] = run = Run(said["pid"])
                self._started.put_nowait(run)


def _comparable(line: str) -> dict[str, Any]:
    story = {name: value for name, value in json.loads(line).items() if name not in LEFT_OUT}
    copies = [{name: value for name, value in copy.items() if name not in LEFT_OUT} for copy in story["copies"]]
    return story | {"copies": sorted(copies, key=lambda copy: copy["url"]), "feeds": sorted(story["feeds"])}


@asynccontextmanager
async def serving(engine: Engine) -> AsyncIterator[asyncio.Task[RunSummary]]:
    """A service that is told to stop at the end of the block, however that is left."""
    stop = asyncio.Event()
    service = asyncio.create_task(engine.serve(stop))
    try:
        yield service
    finally:
        stop.set()
        await asyncio.wait([service], timeout=RUN_S)


@asynccontextmanager
async def open_program(folder: Path, web: LocalWeb) -> AsyncIterator[Program]:
    environ = os.environ | web.environ | {"NO_COLOR": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    starter = await asyncio.create_subprocess_exec(
        sys.executable, str(HERE / "crashes_starter.py"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=environ, cwd=folder,
    )
    program = Program(folder, starter)
    listening = asyncio.create_task(program.listen())
    try:
        yield program
    finally:
        for run in program._runs.values():
            os.killpg(run.pid, signal.SIGKILL)
        assert starter.stdin is not None
        starter.stdin.close()
        await starter.wait()
        await listening


