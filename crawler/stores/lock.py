"""One serve or crawl at a time in a data directory."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from crawler.errors import AlreadyRunning, StoreUnwritable

NAME = "crawler.lock"


class DataDirLock:
    """Held for as long as the block runs, and gone with the process however it ends: the kernel keeps it, not the file.

    The file says who holds it, and is emptied by a holder that ends by itself; so `holder_died` is known of the one before. A
    holder that ends before it has told the store of such a death (`death_told`) leaves that to the next.
    Raises AlreadyRunning with the holder's command and process id, and StoreUnwritable.
    """

    def __init__(self, data_dir: Path, command: str) -> None:
        self._path = data_dir / NAME
        self._command = command
        self.holder_died = False
        self._file: int | None = None

    def __enter__(self) -> Self:
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = self._holder(file)
            os.close(file)
            message = f"{holder} is at work in {self._path.parent}: wait for its end, or use another --data-dir"
            raise AlreadyRunning(message) from error
        self.holder_died = os.fstat(file).st_size > 0
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()} {self._command}\n".encode(), 0)
        self._file = file
        return self

    def death_told(self) -> None:
        """The store knows of the death of the holder before, if it died."""
        self.holder_died = False

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            if not self.holder_died:
                os.ftruncate(self._file, 0)
            os.close(self._file)  # which also unlocks
            self._file = None

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise StoreUnwritable(f"cannot open {self._path}: {error.strerror}; choose a --data-dir that can be written") from error

    def _holder(self, file: int) -> str:
        pid, _, command = os.pread(file, 200, 0).decode(errors="replace").strip().partition(" ")
        return f"`{command}` (process {pid})" if command else "another process"
