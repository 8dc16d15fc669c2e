"""Starts the program as a process of its own, again and again, without importing it each time.

    {"args": ["crawl"], "output": "FILE", "file_bytes": null}   on stdin, one line a start
    {"pid": 1234}               on stdout: it runs, leading a session and a group of its own
    {"pid": 1234, "code": -9}   on stdout: it has ended

A start is a fork of this process, which has imported what a crawl imports: the rest (the lock, the database, worker processes,
the event loop) is as in any other start.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

import crawler.cli.crawl
import crawler.cli.export
import crawler.cli.logs
import crawler.cli.progress
import crawler.cli.running
import crawler.stores.articles
import crawler.wiring  # noqa: F401
from crawler.cli import main


def tell(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def become_the_program(args: list[str], output: str, file_bytes: int | None) -> None:
    os.setsid()
    nothing, told = os.open(os.devnull, os.O_RDONLY), os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, file in ((0, nothing), (1, told), (2, told)):
        os.dup2(file, number)
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    code = 1
    try:
        code = main(args)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if pid == 0:
            become_the_program(**wanted)
        tell(pid=pid)
        _, status = os.waitpid(pid, 0)
        tell(pid=pid, code=os.waitstatus_to_exitcode(status))
