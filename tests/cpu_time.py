"""What work costs, told so that neither a busy machine nor the tool that counts covered lines passes for its cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Result = TypeVar("Result")

TRIES = 3


@contextmanager
def untraced() -> Iterator[None]:
    """No tracer while it lasts: counting lines doubles the time that pure Python takes."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


def within_cpu_s(limit_s: float, work: Callable[[], Result]) -> Result:
    """What the work gives; it must take less than so many CPU seconds in one of three tries.

    Two processes that share a core cost each other up to twice the time: too much once proves nothing, thrice does.
    """
    spent_s = list[float]()
    with untraced():
        while not spent_s or (spent_s[-1] >= limit_s and len(spent_s) < TRIES):
            started = time.process_time()
            result = work()
            spent_s.append(time.process_time() - started)
    assert min(spent_s) < limit_s, f"took {', '.join(f'{spent:.2f}' for spent in spent_s)} s of CPU, at most {limit_s} are allowed"
    return result
