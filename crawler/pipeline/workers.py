"""Runs picklable functions in worker processes; a task that hangs, dies or eats memory fails alone.

    event loop ── run() ──> a thread for each worker ── pipe ──> worker process, forked from a server
                                                                           that has imported everything once

One pipe a worker, no lock that two processes share: so a killed worker can wedge nobody, and whose fault a death is needs no
guess. (concurrent.futures breaks every task when one process dies. Pebble 5.2 isolates too, but reckons its limits by the wall
clock, keeps three polling threads, and takes 0.55 ms of our CPU for a task with 250 KB of input where this takes 0.26 ms.)
"""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from types import ModuleType, TracebackType
from typing import Self, TypeVar

from crawler.errors import NoWorker, WorkerFailed
from crawler.pipeline.worker_process import ENDING, failed, memory_of, name_of, serve_tasks

Result = TypeVar("Result")

MEMORY_BYTES = 1_500_000_000  # a page of 300,000 <br> peaks at 730 MB (trafilatura); twice that is a fault
TASKS_EACH = 2000  # recycled then, or
RESIDENT_BYTES = 400_000_000  # … where so much is left after a task: the allocator does not give all of a huge page's peak back
DYING_S = 1.0  # for a process whose pipe is closed to end by itself
START_S = 60.0  # a fresh machine compiles every imported module first
AGAIN_S = 1.0  # before a start is tried once more: what was short may have been another's for a moment
NO_WORKER = "no worker process can be started ({}): see to memory and the limit on processes, then run again"
PRELOADED = ("crawler.pipeline.preload",)

_starting = threading.Lock()


def start_ahead(preloaded: Sequence[str] = PRELOADED) -> None:
    """Start the server that worker processes are forked from: it imports what they need while this process imports its own.

    What keeps it from starting now, the first worker meets again and reports.
    """
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(preloaded))
    with suppress(OSError), _starting, _main_module_left_out():
        resource_tracker.ensure_running()  # first: on its way it would release the signals that are held for the server
        with _signals_held():
            forkserver.ensure_running()


class Workers:
    """A fixed number of worker processes behind one bounded call; an async context manager that starts them ahead of need."""

    def __init__(
        self, count: int, *, preloaded: Sequence[str] = PRELOADED, memory_bytes: int = MEMORY_BYTES, tasks_each: int = TASKS_EACH,
        resident_bytes: int = RESIDENT_BYTES,
    ) -> None:
        multiprocessing.get_context("forkserver").set_forkserver_preload(list(preloaded))
        self.count = count
        self._all = [Worker(memory_bytes, tasks_each, resident_bytes) for _ in range(count)]
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker")
        self._closed = False

    async def __aenter__(self) -> Self:
        for worker in self._all:
            self._threads.submit(self._start, worker)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed = True
        for worker in self._all:
            worker.close()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        for worker in self._all:
            worker.stop()
        await asyncio.to_thread(_end_forkserver)

    async def run(self, task: Callable[[], Result], *, timeout_s: float) -> Result:
        """What `task` (a picklable callable, as `functools.partial` makes) returns or raises in a worker process.

        The time limit counts from when a worker takes the task up. Raises WorkerFailed where the worker was killed at the
        limit, died (`transient`: it may have been another's doing), ran out of memory, or raised what is no CrawlerError;
        NoWorker where none can be started.
        """
        if self._closed:
            raise failed("the crawler is stopping: no worker process is left", transient=True)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, task, timeout_s)

    def _call(self, task: Callable[[], Result], timeout_s: float) -> Result:
        worker = self._idle.get()
        try:
            return worker.call(task, timeout_s)
        finally:
            self._idle.put(worker)

    def _start(self, worker: Worker) -> None:
        try:
            worker.start()
        except (WorkerFailed, NoWorker):
            pass  # the first task that it gets tries again, and reports
        finally:
            self._idle.put(worker)


class Worker:
    """One process and the pipe to it, used by one thread at a time (`close` by any); started where it does not run."""

    def __init__(self, memory_bytes: int, tasks_each: int, resident_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._tasks_each = tasks_each
        self._resident_bytes = resident_bytes
        self._tasks = 0
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._closed = False
        self._changing = threading.Lock()

    def start(self) -> Connection:
        """The pipe to a process that runs and has said that it is ready. Raises NoWorker; WorkerFailed where closed."""
        if self._pipe is not None:
            return self._pipe
        for tries_left in (1, 0):
            try:
                return self._fork()
            except (OSError, EOFError, WorkerFailed) as error:
                self.stop()
                if self._closed:
                    raise failed("the crawler is stopping: no worker process is left", transient=True) from error
                if not tries_left:
                    raise NoWorker(NO_WORKER.format(error)) from error
                time.sleep(AGAIN_S)
        raise AssertionError("unreachable")

    def _fork(self) -> Connection:
        with self._changing, _starting, _main_module_left_out():
            if self._closed:
                raise failed("closed", transient=True)
            ours, theirs = multiprocessing.Pipe()
            with theirs:
                context = multiprocessing.get_context("forkserver")
                process = context.Process(target=serve_tasks, args=(theirs, self._memory_bytes), daemon=True)
                resource_tracker.ensure_running()  # first: on its way it would release the signals that are held for the server
                with _signals_held():
                    process.start()
            self._pipe, self._process = ours, process
        self._tasks = 0
        self._receive(ours, START_S, "a new worker process")
        return ours

    def call(self, task: Callable[[], Result], timeout_s: float) -> Result:
        pipe, name = self.start(), name_of(task)
        try:
            pipe.send_bytes(pickle.dumps(task, pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise self._died(name) from error
        result, refusal = pickle.loads(self._receive(pipe, timeout_s, name))  # noqa: S301  what our own worker wrote
        self._tasks += 1
        if self._tasks >= self._tasks_each or isinstance(refusal, WorkerFailed) or self._is_bloated():
            self.stop()
        if refusal is not None:
            raise refusal
        return result  # type: ignore[no-any-return]

    def close(self) -> None:
        """Kill the process, whatever it does, and start no other; what waits for it fails."""
        with self._changing:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def stop(self) -> int | None:
        """End the process and forget it, giving its exit code; the next task starts another."""
        with self._changing:
            pipe, process, self._pipe, self._process = self._pipe, self._process, None, None
        if pipe is None or process is None:
            return None
        pipe.close()
        process.join(DYING_S)
        process.kill()
        process.join()
        code = process.exitcode
        process.close()
        return code

    def _receive(self, pipe: Connection, timeout_s: float, name: str) -> bytes:
        try:
            if pipe.poll(timeout_s):
                return pipe.recv_bytes()
        except (EOFError, OSError) as error:
            raise self._died(name) from error
        self.kill()
        raise failed(f"{name} was still at work after {timeout_s:g} s: its worker process was killed", transient=False)

    def kill(self) -> None:
        with self._changing:
            if self._process is not None:
                self._process.kill()
        self.stop()

    def _is_bloated(self) -> bool:
        process = self._process
        return process is not None and memory_of(process.pid or 0)[1] > self._resident_bytes

    def _died(self, name: str) -> WorkerFailed:
        return failed(f"{name} ended its worker process ({_ending(self.stop())})", transient=True)


def _end_forkserver() -> None:
    """End the process that worker processes are forked from, and wait for it, so that what they used is counted as ours.

    The standard library ends it only after this process has ended, when nobody is left to count. It starts again when needed.
    """
    stop = getattr(forkserver._forkserver, "_stop", None)
    if stop is not None and not multiprocessing.active_children():
        stop()


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


@contextmanager
def _signals_held() -> Iterator[None]:
    """Have the server that is started meanwhile inherit a mask: a terminal's Ctrl-C goes to it too and would end it as it loads."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _main_module_left_out() -> Iterator[None]:
    """Keep multiprocessing from importing the program's main module, and with it the whole command line, into each worker."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
