"""`serve`: the background service."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from crawler.cli.invocation import Invocation, output_options
from crawler.errors import SettingsError

if TYPE_CHECKING:
    import asyncio

    from crawler.pipeline.engine import Engine
    from crawler.pipeline.summary import RunSummary


@click.command("serve")
@output_options
@click.pass_obj
def command(invocation: Invocation) -> int:
    """Poll feeds when they are due, for as long as it runs; SIGTERM drains within 30 s, SIGHUP reads the settings again."""
    import structlog

    from crawler.cli.accounts import account, masked
    from crawler.cli.logs import event_logger, set_up_logs
    from crawler.cli.running import NO_CONTACT, run_engine

    async def work(engine: Engine, stop: asyncio.Event) -> RunSummary:
        if not invocation.settings.crawler.contact:
            structlog.get_logger("crawler").warning("contact_missing", reason=NO_CONTACT)
        return await engine.serve(stop)

    set_up_logs(invocation, level=logging.INFO)
    summary = run_engine(
        invocation,
        work,
        event_logger(),
        command="serve",
        on_reload=lambda engine: _reload(invocation, engine),
    )
    for line in account(summary):
        invocation.hint(line)
    if invocation.as_json:
        invocation.emit(masked(summary.as_json()))
    return 0  # it was told to stop, and did


def _reload(invocation: Invocation, engine: Engine) -> None:
    """Take the settings up anew; where they cannot be read, go on with those in force and say so."""
    import structlog

    log = structlog.get_logger("crawler")
    try:
        loaded = invocation.load()
    except SettingsError as error:
        log.error("settings_not_reloaded", reason=str(error))
        return
    engine.reload(loaded.settings)
    log.info("settings_reloaded", file=str(loaded.file))
