"""Where events are told once and heard by many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crawler.events import Event, Observer


class Hub:
    """An `Observer` that passes each event on, in the order in which the others were added."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = list(observers)

    def __call__(self, event: Event) -> None:
        for observe in self._observers:
            observe(event)

    @contextmanager
    def also(self, observe: Observer) -> Iterator[None]:
        """Let another listen for a while."""
        self._observers.append(observe)
        try:
            yield
        finally:
            self._observers.remove(observe)
