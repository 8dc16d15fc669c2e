"""Running the engine from a command: the loop, the signals, what observes."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from crawler.cli.invocation import Invocation
from crawler.events import Event, Observer

if TYPE_CHECKING:
    from crawler.pipeline.engine import Engine

Result = TypeVar("Result")
NO_CONTACT = (
    "crawler.contact is not set: give a page or a mail address where a webmaster can reach you, in the settings file or by "
    "--set crawler.contact=desk@news.example; it stands in the User-Agent, and sites shut out who names nobody"
)
_ENDING = (signal.SIGINT, signal.SIGTERM)
_AT_ONCE_S = 2.0  # after a second SIGINT: for what can be put in order in so short a time
_INTERRUPTED = 130
_CURSOR_SHOWN = "\x1b[?25h"


def run_engine(
    invocation: Invocation,
    work: Callable[[Engine, asyncio.Event], Awaitable[Result]],
    observe: Observer,
    *,
    command: str,
    on_reload: Callable[[Engine], None] | None = None,
) -> Result:
    """Open the engine, do `work` with it and an event that is set when the run is to end; close it whatever happens.

    The first SIGINT or SIGTERM sets the event, so that what runs is finished or handed back; a second SIGINT ends
    at once, a second SIGTERM (`timeout` and some supervisors send two) changes nothing.
    """

    async def run() -> Result:
        from crawler.wiring import open_engine

        stop = asyncio.Event()
        with _stopped_by_signals(invocation, stop):
            async with open_engine(invocation.settings, invocation.data_dir, observe, command=command) as engine:
                gc.freeze()  # what was imported stays: looking through it for garbage takes 0.1 s, several times a run
                with _reloaded_by_signal(engine, on_reload):
                    return await work(engine, stop)

    return asyncio.run(run())


def both(*observers: Observer) -> Observer:
    """One observer that tells several."""

    def observe(event: Event) -> None:
        for each in observers:
            each(event)

    return observe


@contextmanager
def _stopped_by_signals(invocation: Invocation, stop: asyncio.Event) -> Iterator[None]:
    """Handled between any two steps of the program, not by the loop: that hears of two at once, where something held it up."""
    loop = asyncio.get_running_loop()

    def wind_up() -> None:
        stop.set()
        invocation.hint("finishing what is running; Ctrl-C once more ends at once")

    def end(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, _end_at_once)
        loop.call_soon_threadsafe(wind_up)

    for number in _ENDING:
        signal.signal(number, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_at_once(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt; where a thread (in a database that is held, a name server) cannot be ended, leave it behind."""
    last = threading.Timer(_AT_ONCE_S, _leave)
    last.daemon = True
    last.start()
    signal.default_int_handler(number, frame)


def _leave() -> None:
    if sys.stderr.isatty():
        os.write(2, _CURSOR_SHOWN.encode())  # bars hide it
    os._exit(_INTERRUPTED)


@contextmanager
def _reloaded_by_signal(engine: Engine, on_reload: Callable[[Engine], None] | None) -> Iterator[None]:
    if on_reload is None:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, on_reload, engine)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
