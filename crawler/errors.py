"""Every error the crawler raises, as one tree.

    CrawlerError
    ├── UsageError            what was asked cannot be done as asked                     exit 2
    │   └── SettingsError     a setting is unknown, of the wrong type or out of bounds
    ├── FetchError            one address could not be had (`transient` says whether to ask again)
    │   ├── Unreachable       no connection, a reset, a deadline
    │   ├── BadResponse       an answer that is none: status, headers, encoding, Location
    │   ├── TooLarge          more bytes, redirects or headers than the settings allow
    │   └── ForbiddenAddress  private, malformed, or on a port that is not allowed
    ├── BadInput              something fetched or read is not what it should be
    │   ├── NotAFeed
    │   ├── NotAPage
    │   └── BadOpml
    ├── WorkerFailed          a worker process hung, died or ran out of memory on one item
    ├── NoWorker              no worker process can be started: the machine's trouble, no item's
    └── StoreError            the database cannot do it
        ├── StoreUnwritable   folder or disk: permission, space
        ├── StoreBusy         another program holds the database
        ├── StoreTooNew       written by a newer version of the crawler                  exit 1
        └── AlreadyRunning    another serve or crawl is at work in the data directory    exit 75

Messages are for the operator: what was tried, on what, what came back, what to do.
"""

from __future__ import annotations


class CrawlerError(Exception):
    """The base of all; `transient` says whether the same thing may go well later."""

    transient = False
    exit_code = 1


class UsageError(CrawlerError):
    exit_code = 2


class SettingsError(UsageError):
    pass


class FetchError(CrawlerError):
    """An address that could not be had."""

    def __init__(
        self,
        message: str,
        *,
        url: str,
        status: int | None = None,
        retry_after_s: float | None = None,
        transient: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.url = url
        self.status = status
        self.retry_after_s = retry_after_s
        if transient is not None:
            self.transient = transient


class Unreachable(FetchError):
    transient = True


class BadResponse(FetchError):
    pass


class TooLarge(FetchError):
    pass


class ForbiddenAddress(FetchError):
    pass


class BadInput(CrawlerError):
    pass


class NotAFeed(BadInput):
    pass


class NotAPage(BadInput):
    pass


class BadOpml(BadInput):
    exit_code = 2


class WorkerFailed(CrawlerError):
    transient = True


class NoWorker(CrawlerError):
    transient = True


class StoreError(CrawlerError):
    pass


class StoreUnwritable(StoreError):
    pass


class StoreBusy(StoreError):
    transient = True


class StoreTooNew(StoreError):
    pass


class AlreadyRunning(StoreError):
    exit_code = 75
