"""Log lines on stderr: one for each event, for people or for machines. Event names and fields are stable (docs/commands.md)."""

from __future__ import annotations

import dataclasses
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

import structlog

from crawler.cli.invocation import Invocation, has_colour
from crawler.events import Event, FeedFailed, FeedPartFailed, Observer, PageFailed, RequestRetried
from crawler.publish.plain import mask, plain, plain_lines

if TYPE_CHECKING:
    from structlog.typing import Processor

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def set_up_logs(invocation: Invocation, *, level: int = logging.WARNING) -> None:
    """Send structlog's lines and those of the standard library to stderr; -v lowers the level, -q raises it to errors."""
    if invocation.debug or invocation.verbosity > 1:
        level = logging.DEBUG
    elif invocation.verbosity:
        level = logging.INFO
    elif invocation.quiet:
        level = logging.ERROR
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # before cleaning: an address stands in a traceback too
        _clean,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(invocation)],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING if level > logging.DEBUG else logging.INFO, force=True)
    logging.getLogger("crawler").setLevel(level)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def event_logger(*, failures: int = logging.WARNING) -> Observer:
    """An observer that logs each event under its name ("feed_polled") with its fields; `failures` is the level of those."""
    log = structlog.get_logger("crawler")

    def observe(event: Event) -> None:
        match event:
            case FeedFailed() | FeedPartFailed():
                level = failures
            case PageFailed(will_retry=False):
                level = min(failures, logging.INFO)
            case RequestRetried() | PageFailed():
                level = logging.INFO
            case _:
                level = logging.DEBUG if type(event).__name__.startswith(("Page", "Article")) else logging.INFO
        if logging.getLogger("crawler").isEnabledFor(level):
            log.log(level, event_name(event), **event_fields(event))

    return observe


def event_name(event: Event) -> str:
    return _CAPITAL.sub("_", type(event).__name__).lower()


def event_fields(event: Event) -> dict[str, Any]:
    """The event's fields, those of its result beside them, without what is empty."""
    fields: dict[str, Any] = {}
    for name, value in ((field.name, getattr(event, field.name)) for field in dataclasses.fields(event)):
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields |= {key: inner for key, inner in dataclasses.asdict(value).items() if inner}
        elif not isinstance(value, tuple):
            fields[name] = value
    return fields


def _clean(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Nothing fetched steers the terminal, no secret of an address is written down; a traceback keeps its lines."""
    return {
        key: (plain_lines if key == "exception" else plain)(mask(value)) if isinstance(value, str) else value
        for key, value in line.items()
    }


def _renderer(invocation: Invocation) -> list[Processor]:
    chosen = invocation.log_format
    if chosen == "json" or (chosen == "auto" and not sys.stderr.isatty()):
        return [structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=True)]
    return [
        structlog.dev.ConsoleRenderer(
            colors=has_colour(sys.stderr), pad_event_to=18, sort_keys=False, exception_formatter=structlog.dev.plain_traceback
        )
    ]
