"""A worker process from within: it answers one task after another, and whatever happens there is its own trouble.

It prints nothing, ends with its parent, and gets no more memory than it is granted.
"""

from __future__ import annotations

import fcntl
import gc
import multiprocessing
import os
import pickle
import resource
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

from crawler.errors import CrawlerError, WorkerFailed

GARBAGE = (20_000, 10, 10)  # objects before it is looked for: extraction leaves next to none in cycles, and looking cost 6 %
READY = b"ready"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
ENDING = frozenset({signal.SIGINT, signal.SIGTERM})


def serve_tasks(pipe: Connection, memory_bytes: int) -> None:
    """A worker process: answer each task with (result, error), until the pipe's other end is closed."""
    _settle_in(memory_bytes)
    pipe.send_bytes(READY)
    while True:
        try:
            request = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        pipe.send_bytes(_answer(request))


def _settle_in(memory_bytes: int) -> None:
    """Leave interrupts to the parent, die with it, print nothing, and take no more memory than is granted beyond the imports'."""
    _be_silent()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    _die_with_the_parent()
    if sys.platform != "linux":
        return
    taken, _ = memory_of(os.getpid())
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = taken + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _be_silent() -> None:
    """Whatever a parser prints may be what was fetched, and standard output is the program's data."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)


def memory_of(pid: int) -> tuple[int, int]:
    """The bytes of address space and of memory that a process takes; zeros where the system does not say."""
    try:
        with open(f"/proc/{pid}/statm") as sizes:
            space, resident, *_ = sizes.read().split()
    except OSError:
        return 0, 0
    return int(space) * PAGE_BYTES, int(resident) * PAGE_BYTES


def _die_with_the_parent() -> None:
    """Have the kernel send SIGIO, which ends a process by default, when the parent's end of its sentinel pipe closes.

    PR_SET_PDEATHSIG would watch the server, which lives for as long as a worker does (each holds the pipe that tells it to
    end); a thread that waits for the sentinel would not run where a parser hangs without letting go of the interpreter.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if not parent.is_alive():
        os._exit(1)


def _answer(request: bytes) -> bytes:
    try:
        task = pickle.loads(request)  # noqa: S301  what our own parent wrote
        return pickle.dumps((task(), None), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return _refusal(failed(f"{name_of(task)} asked for more memory than a worker process is granted", transient=False))
    except CrawlerError as error:
        return _refusal(error)
    except Exception as error:
        return _refusal(failed(f"{name_of(task)} failed with {type(error).__name__}: {error}"[:500], transient=False))


def _refusal(error: CrawlerError) -> bytes:
    return pickle.dumps((None, error), pickle.HIGHEST_PROTOCOL)


def failed(message: str, *, transient: bool) -> WorkerFailed:
    error = WorkerFailed(message)
    error.transient = transient
    return error


def name_of(task: Any) -> str:
    return str(getattr(getattr(task, "func", task), "__name__", "a task"))
