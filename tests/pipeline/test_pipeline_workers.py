"""Worker processes are killed, hang, crash and eat memory; only the guilty task fails."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from cpu_time import untraced
from pipeline_worker_tasks import (
    add,
    eat_memory,
    hang,
    interrupt_itself,
    is_imported,
    keep_memory,
    kill_itself,
    make_noise,
    own_pid,
    refuse,
    segfault,
    stumble,
    tell_pid_and_hang,
    work_for,
)

from crawler.errors import NotAPage, NoWorker, WorkerFailed
from crawler.pipeline.workers import Workers, start_ahead


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    async with Workers(2, preloaded=["crawler.errors", "numpy"]) as workers:
        yield workers


async def test_a_task_returns_what_its_function_returns(workers: Workers) -> None:
    assert await workers.run(partial(add, 2, other=3), timeout_s=5) == 5


async def test_a_task_raises_the_error_of_its_function(workers: Workers) -> None:
    with pytest.raises(NotAPage, match="a picture"):
        await workers.run(refuse, timeout_s=5)


async def test_an_unforeseen_exception_is_a_failed_worker_with_its_words(workers: Workers) -> None:
    with pytest.raises(WorkerFailed, match="stumble failed with ValueError: no such thing"):
        await workers.run(stumble, timeout_s=5)


async def test_a_hung_task_is_killed_at_its_limit_and_its_neighbours_go_on(workers: Workers) -> None:
    hung = asyncio.create_task(workers.run(hang, timeout_s=0.3))
    assert await asyncio.gather(*[workers.run(partial(add, n, 1), timeout_s=5) for n in range(50)]) == list(range(1, 51))
    with pytest.raises(WorkerFailed, match="still at work") as caught:
        await hung
    assert not caught.value.transient
    assert await workers.run(partial(add, 1, 1), timeout_s=5) == 2


@pytest.mark.parametrize(("task", "ending"), [(segfault, "SIGSEGV"), (kill_itself, "SIGKILL")])
async def test_a_dead_worker_fails_only_its_own_task(workers: Workers, task: object, ending: str) -> None:
    results = await asyncio.gather(
        *[workers.run(partial(add, n, 0), timeout_s=5) for n in range(20)],
        workers.run(task, timeout_s=5),  # type: ignore[arg-type]
        *[workers.run(partial(add, n, 0), timeout_s=5) for n in range(20)],
        return_exceptions=True,
    )
    failed = [result for result in results if isinstance(result, BaseException)]
    assert len(failed) == 1
    assert isinstance(failed[0], WorkerFailed)
    assert failed[0].transient
    assert ending in str(failed[0])


async def test_a_task_that_eats_memory_fails_and_its_worker_is_replaced(workers: Workers) -> None:
    with pytest.raises(WorkerFailed, match="more memory"):
        await workers.run(eat_memory, timeout_s=5)
    assert await workers.run(partial(add, 1, 1), timeout_s=5) == 2


async def test_a_worker_is_recycled_after_its_share_of_tasks() -> None:
    async with Workers(1, preloaded=["crawler.errors", "numpy"], tasks_each=2) as workers:
        pids = [await workers.run(own_pid, timeout_s=5) for _ in range(5)]
    assert pids[0] == pids[1]
    assert len(set(pids)) == 3


async def test_a_worker_that_has_grown_is_recycled() -> None:
    async with Workers(1, preloaded=["crawler.errors", "numpy"], resident_bytes=200_000_000) as workers:
        pids = [await workers.run(partial(keep_memory, size), timeout_s=5) for size in (1, 1, 250_000_000, 1)]
    assert pids[0] == pids[1] == pids[2] != pids[3]


async def test_what_a_task_prints_goes_nowhere(workers: Workers, capfd: pytest.CaptureFixture[str]) -> None:
    assert await workers.run(partial(make_noise, "\x1b[31mnoise"), timeout_s=5) == 20
    assert capfd.readouterr() == ("", "")


async def test_workers_take_no_notice_of_an_interrupt(workers: Workers) -> None:
    assert await workers.run(interrupt_itself, timeout_s=5) == "went on"


async def test_imports_of_the_server_are_shared_and_the_main_module_is_left_out(workers: Workers) -> None:
    assert await workers.run(partial(is_imported, "numpy"), timeout_s=5)
    assert not await workers.run(partial(is_imported, "_pytest.config"), timeout_s=5)


async def test_leaving_the_workers_ends_a_running_task_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")
    async with Workers(1, preloaded=["crawler.errors", "numpy"]) as workers:
        running = asyncio.create_task(workers.run(partial(tell_pid_and_hang, str(tmp_path / "pid")), timeout_s=60))
        pid = int(await asyncio.to_thread((tmp_path / "pid").read_text))
        started = time.monotonic()
    assert time.monotonic() - started < 5
    with pytest.raises(WorkerFailed, match="ended its worker process"):
        await running
    assert not psutil.pid_exists(pid)
    with pytest.raises(WorkerFailed, match="stopping"):
        await workers.run(own_pid, timeout_s=5)


PARENT = """
import asyncio, sys
from functools import partial
from crawler.pipeline.workers import Workers, start_ahead
from pipeline_worker_tasks import hang, own_pid

async def main():
    async with Workers(1, preloaded=["crawler.errors"]) as workers:
        print(await workers.run(own_pid, timeout_s=30), flush=True)
        await workers.run(hang, timeout_s=60)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_workers_die_with_their_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path}) as parent:
        assert parent.stdout is not None
        worker = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        ended, _, _ = select.select([worker], [], [], 10)  # readable when it has ended, reaped or not
        os.close(worker)
    assert ended


async def test_where_no_process_can_be_started_the_machine_is_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.pipeline.workers.AGAIN_S", 0.01)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    async with Workers(1, preloaded=["pipeline_full_machine"]) as workers:
        with pytest.raises(NoWorker, match="no worker process can be started"):
            await workers.run(own_pid, timeout_s=5)


async def test_two_workers_are_kept_busy_at_little_cost_to_the_parent(workers: Workers) -> None:
    body, tasks = bytes(250_000), 100
    cpu = time.process_time()
    with untraced():
        sizes = await asyncio.gather(*[workers.run(partial(work_for, 0.005, body), timeout_s=5) for _ in range(tasks)])
    assert sizes == [len(body)] * tasks
    assert (time.process_time() - cpu) / tasks < 0.003  # measured 0.0005; the bound leaves room for a loaded machine


def test_a_signal_to_the_whole_group_does_not_end_workers_that_are_being_started() -> None:
    """A terminal's Ctrl-C reaches the fork server too, which loads for a second and would die of it."""
    program = (
        "import asyncio, os, signal\n"
        "from functools import partial\n"
        "from crawler.pipeline.workers import Workers\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "async def main():\n"
        "    async with Workers(1) as workers:\n"
        "        await asyncio.sleep(0.3)\n"
        "        os.killpg(os.getpgrp(), signal.SIGINT)\n"
        "        print(await workers.run(partial(abs, -3), timeout_s=30))\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, start_new_session=True)
    assert (ended.stdout, ended.returncode) == ("3\n", 0), ended.stderr


async def test_workers_are_forked_from_the_server_that_was_started_ahead() -> None:
    here = psutil.Process()
    start_ahead(["crawler.errors"])
    servers = {child.pid for child in here.children()}
    async with Workers(1, preloaded=["crawler.errors"]) as workers:
        worker = psutil.Process(await workers.run(own_pid, timeout_s=5))
        assert worker.ppid() in servers
