"""Ask politely: wait for the host's turn, hear Retry-After, and ask again in the same run where that may help.

A request answered 429 or 5xx, or reset, is asked again after Retry-After where that is at most 60 s, else after 1 s and
5 s, at most twice; a lapsed deadline is not (DESIGN.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from crawler.errors import BadResponse, FetchError
from crawler.events import Observer, RequestRetried
from crawler.fetch.exchange import Answer, Broken, Exchange, Reading
from crawler.fetch.manners import MAX_WAIT_S, Manners

PAUSES_S = (1.0, 5.0)
STANDING_HOLD_S = 300.0  # for a host that goes on saying 429: not for how long, or less, or until a time that is past
HOLDING = frozenset({429, 503})  # with Retry-After they speak for the host (RFC 6585 §4, RFC 9110 §15.6.4)
TRANSIENT = frozenset({408, 429})  # and all 5xx


def is_transient(status: int) -> bool:
    """Whether the same request may go well later."""
    return status in TRANSIENT or 500 <= status <= 599


def bad_status(answer: Answer) -> BadResponse:
    """The error that an answer's status is."""
    return BadResponse(
        f"{answer.url}: answered {answer.status}", url=answer.url, status=answer.status, retry_after_s=answer.retry_after_s,
        transient=is_transient(answer.status),
    )


class Asker:
    """Sends every request of the crawler, robots.txt included."""

    def __init__(self, exchange: Exchange, manners: Manners, observe: Observer, pauses_s: Sequence[float] = PAUSES_S) -> None:
        self._exchange = exchange
        self._manners = manners
        self._observe = observe
        self._pauses_s = pauses_s

    async def ask(self, url: str, headers: Mapping[str, str], reading: Reading) -> Answer:
        """An answer of any status but 429 and 5xx, which are raised as BadResponse once asking again has not helped."""
        for pause_s in (*self._pauses_s, None):
            try:
                answer = await self._ask_once(url, headers, reading)
            except Broken as error:
                trouble: FetchError = error
            else:
                if not is_transient(answer.status) or answer.status == 408:
                    return answer
                trouble = bad_status(answer)
                await self._hear(answer)
            wait_s = pause_s if trouble.retry_after_s is None else trouble.retry_after_s
            if pause_s is None or wait_s is None or wait_s > MAX_WAIT_S:
                if trouble.status == 429 and (trouble.retry_after_s or 0.0) <= MAX_WAIT_S:  # a longer one holds as it says
                    await self._manners.hold(url, STANDING_HOLD_S, 429)
                raise trouble
            self._observe(RequestRetried(url=url, reason=_reason(trouble), wait_s=wait_s))
            await asyncio.sleep(wait_s)
        raise AssertionError("the last pause is None")

    async def _ask_once(self, url: str, headers: Mapping[str, str], reading: Reading) -> Answer:
        async with self._manners.turn(url) as turn:
            answer = await self._exchange.get(url, headers, reading)
            turn.connected_to(answer.peer)
            return answer

    async def _hear(self, answer: Answer) -> None:
        if answer.status in HOLDING and answer.retry_after_s:
            await self._manners.hold(answer.url, answer.retry_after_s, answer.status)


def _reason(trouble: FetchError) -> str:
    return f"answered {trouble.status}" if trouble.status else "the connection broke"
