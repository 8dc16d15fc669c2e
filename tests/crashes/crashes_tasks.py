"""What worker processes do in place of crawler.pipeline.tasks: a page may name a misdeed, which is done before it is read.

    <!-- misdeed: segfault FILE -->     each time it is done, FILE grows by a byte
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import time
from typing import Any

from crawler.model import Article
from crawler.pipeline import tasks
from crawler.pipeline.tasks import FEED_S as FEED_S
from crawler.pipeline.tasks import parse_feed as parse_feed
from crawler.pipeline.tasks import read_entry as read_entry

PAGE_S = 3.0
_MISDEED = re.compile(rb"<!-- misdeed: (\w+) (\S+) -->")


def read_page(body: bytes, **said: Any) -> Article:
    if found := _MISDEED.search(body):
        with open(found[2], "ab") as count:
            count.write(b".")
        MISDEEDS[found[1].decode()]()
    return tasks.read_page(body, **said)


def segfault() -> None:
    ctypes.string_at(0)


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    time.sleep(3600)


def eat_memory() -> None:
    bytearray(4_000_000_000)


def leave() -> None:
    os._exit(0)


def make_noise() -> None:
    os.write(1, b"\x1b[31mnoise on standard output\n")
    os.write(2, b"\x1b[31mnoise on standard error\n")


MISDEEDS = {misdeed.__name__: misdeed for misdeed in (segfault, be_killed, hang, eat_memory, leave, make_noise)}
