"""What the tests let worker processes do; functions must be importable there."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time

from crawler.errors import NotAPage


def add(one: int, other: int) -> int:
    return one + other


def own_pid() -> int:
    return os.getpid()


def hang() -> None:
    while True:
        time.sleep(60)


def tell_pid_and_hang(path: str) -> None:
    with open(path, "w") as told:
        told.write(str(os.getpid()))
    hang()


def segfault() -> None:
    ctypes.string_at(0)


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(marker: str) -> str:
    """Die where the file does not exist yet; else live."""
    if os.path.exists(marker):
        return "lived"
    with open(marker, "w"):
        kill_itself()
    return "unreachable"


def eat_memory() -> int:
    return len(bytearray(4_000_000_000))


_kept: list[bytearray] = []


def keep_memory(size: int) -> int:
    """Let this process be so much larger from now on; its id."""
    _kept.append(bytearray(b"-") * size)
    return os.getpid()


def make_noise(noise: str) -> int:
    """Write to both outputs, as a parser might."""
    return os.write(1, noise.encode()) + os.write(2, noise.encode())


def refuse() -> None:
    raise NotAPage("a picture, not a page")


def stumble() -> None:
    raise ValueError("no such thing")


def is_imported(name: str) -> bool:
    return name in sys.modules


def interrupt_itself() -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return "went on"


def work_for(cpu_s: float, body: bytes) -> int:
    end = time.process_time() + cpu_s
    while time.process_time() < end:
        pass
    return len(body)
