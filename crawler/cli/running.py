"""Running the engine from a command: the loop, the signals, what observes."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
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
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        stop.set()
        if number is signal.SIGINT:
            loop.remove_signal_handler(number)  # the next one ends the process, as it does by default
        invocation.hint("finishing what is running; Ctrl-C once more ends at once")

    for number in _ENDING:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)


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
