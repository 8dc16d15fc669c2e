"""robots.txt (RFC 9309), read by protego: one request an origin and day, however many pages ask at once."""

from __future__ import annotations

import asyncio
import math
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from urllib.parse import urlsplit, urlunsplit

from protego import Protego

from crawler.errors import BadResponse, FetchError, ForbiddenAddress, Unreachable
from crawler.fetch.exchange import CUT_ROBOTS_BYTES, GOOD, REDIRECTS, Answer, redirect_target
from crawler.fetch.headers import PRODUCT_TOKEN
from crawler.fetch.manners import MAX_WAIT_S
from crawler.fetch.ports import CachedRobots, RobotsCache

KEPT_FOR = timedelta(days=1)  # RFC 9309 §2.4
FAILING_KEPT_FOR = timedelta(minutes=10)  # how long a site is taken at its 5xx before robots.txt is asked again
GIVEN_UP_AFTER = timedelta(days=30)  # RFC 9309 §2.3.1.4: then as if there were none
MAX_REDIRECTS = 5  # RFC 9309 §2.3.1.2
UNAVAILABLE = 404  # what is noted where the redirects lead nowhere
LARGE_BYTES = 65_536  # from here on neither read nor gone by in the loop: up to that it takes some 20 ms at worst
MOST_ANSWERS = 64  # of one long robots.txt that are remembered: of pages that are asked for at the same time
IN_MEMORY = 2048  # origins whose rules are kept parsed

_AGENT = re.compile(r"\s*user[ -]?agent\s*[:\s]\s*(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"\*?([a-z_-]+)", re.IGNORECASE)  # RFC 9309 §2.2.1; a star before it names the same robot
_RULE = re.compile(r"[^:]*(l[ao]w|delay)", re.IGNORECASE)  # Allow, Disallow, Crawl-delay, in every spelling that protego hears
_SITEMAP = re.compile(r"\s*site-?map\s*:\s*(\S{1,2048})", re.IGNORECASE)  # of one line: over many, blank ones cost their square
MOST_SITEMAPS = 50  # of those that one robots.txt names; a few name thousands
_NOBODY = "~"  # no product token holds it

Ask = Callable[[str], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """What one robots.txt permits; `crawl_delay_s` is as it says, None where it says nothing usable; `sitemaps` as named there.

    One that `is_long` remembers its last answers.
    """

    _parsed: Protego | None
    crawl_delay_s: float | None = None
    sitemaps: tuple[str, ...] = ()
    is_long: bool = False
    _answers: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False)

    def allow(self, url: str, token: str = PRODUCT_TOKEN) -> bool:
        """Costs up to 0.2 s where it is long: 30,000 patterns with stars, an address made for them."""
        if self._parsed is None:
            return True
        known = self._answers.get((url, token))
        if known is not None:
            return known
        answer = bool(self._parsed.can_fetch(url, token))
        if self.is_long:
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[url, token] = answer
        return answer


ALL_ALLOWED = RobotsRules(None)


def read_robots(body: bytes, token: str = PRODUCT_TOKEN) -> RobotsRules:
    """The rules of a robots.txt's first 500 KiB; a page of HTML holds none, and bad UTF-8 spoils only its line."""
    text = body[:CUT_ROBOTS_BYTES].decode("utf-8-sig", "replace").replace("\0", "")
    if text.lstrip()[:1] in ("", "<"):  # 3.3 % of real ones are HTML (network.md §3)
        return ALL_ALLOWED
    parsed = Protego.parse("\n".join(_telling_lines(text, token)))
    delay_s = parsed.crawl_delay(token)
    usable_s = delay_s if delay_s is not None and math.isfinite(delay_s) and delay_s > 0 else None
    sitemaps = (found[1] for line in text.splitlines() if (found := _SITEMAP.match(line)))
    return RobotsRules(parsed, usable_s, tuple(islice(sitemaps, MOST_SITEMAPS)), is_long=len(body) > LARGE_BYTES)


def _telling_lines(text: str, token: str) -> Iterator[str]:
    """The lines that concern the robot called `token`, put so that protego reads them as RFC 9309 means them.

    It takes any group whose name begins ours ("feed", for "feed-crawler") or holds more than a product token for one about
    us or about others (§2.2.1), and lets a line of an unknown kind end a group (§2.2.4: it must not).
    """
    for line in text.splitlines():
        agent = _AGENT.match(line)
        if agent is not None:
            yield f"User-agent: {_named(agent[1], token)}"
        elif _RULE.match(line):
            yield line


def _named(value: str, token: str) -> str:
    """The star, our own token, or nobody."""
    if re.match(r"\*(\s|#|$)", value):
        return "*"
    named = _TOKEN.match(value)
    return token if named and named[1].lower() == token.lower() else _NOBODY


def origin_of(url: str) -> str:
    """`scheme://host[:port]`: what one robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def longest_delay_s(url: str, load: Callable[[str], Awaitable[CachedRobots | None]]) -> float | None:
    """The Crawl-delay of the address's host by what is kept for it over either scheme: its feeds' need not be its pages'."""
    kept = [await load(urlunsplit((scheme, urlsplit(url).netloc, "", "", ""))) for scheme in ("https", "http")]
    rules = [await rules_in(robots) for robots in kept if robots is not None]
    return max((each.crawl_delay_s for each in rules if each.crawl_delay_s is not None), default=None)


class Robots:
    """The rules of every origin, from memory, from the cache, or by asking."""

    def __init__(self, cache: RobotsCache, ask: Ask, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._cache = cache
        self._ask = ask
        self._now = now
        self._known: OrderedDict[str, tuple[CachedRobots, RobotsRules]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[CachedRobots]] = {}

    async def rules_for(self, url: str) -> RobotsRules:
        """The rules for this address's origin; of long ones, the answer for the address is known to them already.

        Raises a transient FetchError where robots.txt answers 5xx or not at all: nothing there may be asked for until it
        answers again, and its pages are not forbidden but late.
        """
        origin = origin_of(url)
        known = self._known.get(origin)
        if known is None or self._is_stale(known[0]):
            robots = await self._refreshed(origin)
            known = robots, await rules_in(robots)
            self._keep(origin, known)
        robots, rules = known
        if _is_failing(robots.status) and not self._is_given_up(robots):
            raise _unavailable(origin, robots.status)
        if rules.is_long:
            await asyncio.to_thread(rules.allow, url)
        return rules

    async def aclose(self) -> None:
        """Ends what is still being asked."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _keep(self, origin: str, known: tuple[CachedRobots, RobotsRules]) -> None:
        self._known[origin] = known
        self._known.move_to_end(origin)
        if len(self._known) > IN_MEMORY:
            self._known.popitem(last=False)

    def _is_stale(self, robots: CachedRobots) -> bool:
        kept_for = FAILING_KEPT_FOR if _is_failing(robots.status) else KEPT_FOR
        return not timedelta(0) <= self._now() - robots.fetched_at < kept_for  # from the future: the clock was set back

    def _is_given_up(self, robots: CachedRobots) -> bool:
        return robots.failing_since_at is not None and self._now() - robots.failing_since_at >= GIVEN_UP_AFTER

    async def _refreshed(self, origin: str) -> CachedRobots:
        task = self._asking.get(origin)
        if task is None:
            task = self._asking[origin] = asyncio.create_task(self._load_or_fetch(origin))
            task.add_done_callback(lambda done: self._forget_task(origin, done))
        return await asyncio.shield(task)  # one page given up must not take the answer from the others

    def _forget_task(self, origin: str, task: asyncio.Task[CachedRobots]) -> None:
        del self._asking[origin]
        if not task.cancelled():
            task.exception()  # looked at, so that nobody complains where all who waited have gone

    async def _load_or_fetch(self, origin: str) -> CachedRobots:
        cached = await self._cache.load(origin)
        if cached is not None and not self._is_stale(cached):
            return cached
        status, body = await self._fetch(origin)
        now = self._now()
        since_at = (cached.failing_since_at if cached else None) or now if _is_failing(status) else None
        robots = CachedRobots(status=status, body=body, fetched_at=now, failing_since_at=since_at)
        await self._cache.save(origin, robots)
        return robots

    async def _fetch(self, origin: str) -> tuple[int | None, bytes]:
        """The status and body that count for this origin; redirects may lead to other hosts (RFC 9309 §2.3.1.2)."""
        url = f"{origin}/robots.txt"
        try:
            for _ in range(MAX_REDIRECTS + 1):
                answer = await self._ask(url)
                if answer.status not in REDIRECTS:
                    return answer.status, answer.body if answer.status in GOOD else b""
                url = redirect_target(answer)
        except FetchError as error:
            return _status_of(error, origin), b""
        return UNAVAILABLE, b""


def _status_of(error: FetchError, origin: str) -> int | None:
    """The status that a failure counts as, None for silence; what is no verdict on robots.txt is raised again.

    That is a host which asks to be left alone for long, and an origin that must not be asked itself.
    """
    is_forbidden = isinstance(error, ForbiddenAddress)
    if (error.retry_after_s or 0) > MAX_WAIT_S or (is_forbidden and origin_of(error.url) == origin):
        raise error
    leads_nowhere = is_forbidden or error.status in REDIRECTS
    return UNAVAILABLE if leads_nowhere else error.status


def _is_failing(status: int | None) -> bool:
    """Whether it says nothing about the rules: silence, 5xx, and 429, which is a no for now (as Google takes it)."""
    return status is None or status >= 500 or status == 429


async def rules_in(robots: CachedRobots) -> RobotsRules:
    """The rules that an answer holds; thousands take a good part of a second to read, which must not be the loop's."""
    return await asyncio.to_thread(_rules_in, robots) if len(robots.body) > LARGE_BYTES else _rules_in(robots)


def _rules_in(robots: CachedRobots) -> RobotsRules:
    return read_robots(robots.body) if robots.status in GOOD else ALL_ALLOWED


def _unavailable(origin: str, status: int | None) -> FetchError:
    url = f"{origin}/robots.txt"
    told = f"answered {status}" if status else "cannot be had"
    message = f"{url}: {told}, so nothing there may be asked for until it answers (RFC 9309 §2.3.1.4)"
    if status is None:
        return Unreachable(message, url=url)
    return BadResponse(message, url=url, status=status, transient=True)
