"""The fetch room's door: feeds, pages and permissions, asked for politely and safely.

    Fetcher ─┬─ Asker ── Manners (turns, holds)          get_feed: follows up to 5 redirects
             │    └───── Exchange ── Transport           get_page: never follows
             └─ Robots ── Asker                          is_allowed
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from urllib.parse import unquote, urlsplit, urlunsplit

import xxhash
from pydantic import SecretStr

from crawler import urls
from crawler.errors import BadResponse, ForbiddenAddress, TooLarge
from crawler.events import AnswerRemarked, Observer
from crawler.fetch import headers as head
from crawler.fetch.asking import PAUSES_S, Asker, bad_status
from crawler.fetch.exchange import CUT_ROBOTS_BYTES, GOOD, PERMANENT, REDIRECTS, Answer, Exchange, Reading, as_sent, redirect_target
from crawler.fetch.guard import Guard
from crawler.fetch.manners import Manners
from crawler.fetch.ports import HostMemory, RobotsCache
from crawler.fetch.proxies import Proxies
from crawler.fetch.remarks import remarks_on
from crawler.fetch.results import Fetched, NotModified, Redirected
from crawler.fetch.robots import Robots, origin_of
from crawler.model import Validators
from crawler.settings import FetchSettings

MAX_REDIRECTS = 5
ROBOTS_READING = Reading(CUT_ROBOTS_BYTES, cut=True)


class Fetcher:
    """Fetches for one crawler; use it as an async context manager.

    `site_of` names the site of a host (`crawler.urls.Sites(families).of`); `pauses_s` is how long after trouble without a
    Retry-After the same thing is asked again.
    """

    def __init__(
        self, settings: FetchSettings, *, contact: str, robots_cache: RobotsCache, host_memory: HostMemory, observe: Observer,
        environ: Mapping[str, str] = os.environ, site_of: Callable[[str], str] | None = None, pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        self._settings = settings
        self._agent = head.user_agent(contact)
        self._robots_cache = robots_cache
        self._observe = observe
        self._pauses_s = pauses_s
        self._guard = Guard(settings)
        self._proxies = Proxies.of_environment(environ)
        self._manners = Manners(settings, site_of or urls.Sites().of, host_memory, self._locate)
        self._feeds = Reading(settings.max_bytes)
        self._pages = Reading(settings.max_bytes, documents_only=True)

    async def __aenter__(self) -> Fetcher:
        self._exchange = Exchange(self._settings, self._guard, self._proxies)
        self._asker = Asker(self._exchange, self._manners, self._observe, self._pauses_s)
        self._robots = Robots(self._robots_cache, self._ask_robots)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._robots.aclose()
        await self._exchange.aclose()

    async def get_feed(self, url: str, *, validators: Validators, auth: SecretStr | None = None) -> Fetched | NotModified:
        """The feed's body, redirects followed; `auth` ("user:password") is sent to the address's own origin only."""
        here, embedded = _without_credentials(url)
        secret = auth.get_secret_value() if auth else embedded
        origin, moved_to, is_permanent = origin_of(here), None, True
        for _ in range(MAX_REDIRECTS + 1):
            basic = secret if origin_of(here) == origin else None
            headers = head.request_headers(self._agent, head.ACCEPT_FEED, validators, basic)
            answer = await self._asker.ask(here, headers, self._feeds)
            if answer.status not in REDIRECTS:
                return self._taken(url, _result(answer, asked=validators, moved_to=moved_to))
            here = self._allowed_target(answer)
            is_permanent = is_permanent and answer.status in PERMANENT
            moved_to = here if is_permanent else moved_to
        raise TooLarge(f"{url!a}: over {MAX_REDIRECTS} redirects", url=here)

    async def get_page(self, url: str, *, validators: Validators) -> Fetched | NotModified | Redirected:
        """The page's body, or where its address leads; a redirect is never followed here."""
        here, _ = _without_credentials(url)
        answer = await self._asker.ask(here, head.request_headers(self._agent, head.ACCEPT_PAGE, validators), self._pages)
        if answer.status not in REDIRECTS:
            return self._taken(url, _result(answer, asked=validators, moved_to=None))
        target = urls.normalise(self._allowed_target(answer))
        if target is None or target in (here, urls.normalise(here)):
            message = f"{answer.url}: redirected ({answer.status}) to {'itself' if target else 'no usable address'}"
            raise BadResponse(message, url=answer.url, status=answer.status)
        return Redirected(target=target, permanent=answer.status in PERMANENT)

    async def is_allowed(self, url: str) -> bool:
        """Whether robots.txt permits the page.

        Raises a transient FetchError while robots.txt answers 5xx or not at all (nothing may be asked for until it does),
        and ForbiddenAddress where the address itself must not be asked.
        """
        here, _ = _without_credentials(url)
        self._guard.check_url(here)
        rules = await self._robots.rules_for(here)
        self._manners.slow_down(here, rules.crawl_delay_s)
        return rules.allow(here)

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the robots.txt of this address's origin names, as written there; raises as `is_allowed` does."""
        here, _ = _without_credentials(url)
        self._guard.check_url(here)
        return (await self._robots.rules_for(here)).sitemaps

    def free_in_s(self, url: str) -> float:
        """Seconds until a request to this address's host could start; 0.0 for at once."""
        return self._manners.free_in_s(url)

    def _taken(self, url: str, result: Fetched | NotModified) -> Fetched | NotModified:
        """The result, once it is told what is to be said of it."""
        if result.moved_to is not None:
            self._observe(AnswerRemarked(url=url, remark=f"moved for good to {result.moved_to}"))
        if isinstance(result, Fetched):
            for remark in remarks_on(result.body, result.content_type):
                self._observe(AnswerRemarked(url=url, remark=remark))
        return result

    def _allowed_target(self, answer: Answer) -> str:
        target = redirect_target(answer)
        try:
            self._guard.check_url(target)
        except ForbiddenAddress as error:
            message = f"{answer.url}: redirected ({answer.status}) to what must not be asked: {error}"
            raise ForbiddenAddress(message, url=answer.url, status=answer.status) from error
        return target

    async def _locate(self, url: str) -> str | None:
        return await self._exchange.address_of(url)

    async def _ask_robots(self, url: str) -> Answer:
        return await self._asker.ask(url, head.request_headers(self._agent, head.ACCEPT_ROBOTS), ROBOTS_READING)


def _without_credentials(url: str) -> tuple[str, str | None]:
    """The address as sent, less its userinfo, and that as "user:password"; raises ForbiddenAddress for no address."""
    sent = as_sent(url)
    parts = urlsplit(sent)
    userinfo, at, host = parts.netloc.rpartition("@")
    return (urlunsplit(parts._replace(netloc=host)), unquote(userinfo)) if at else (sent, None)


def _result(answer: Answer, *, asked: Validators, moved_to: str | None) -> Fetched | NotModified:
    validators = head.validators_in(answer.headers)
    freshness_s = head.freshness_s(answer.headers, datetime.now(UTC))
    if answer.status == 304 and asked:
        return NotModified(validators=validators, freshness_s=freshness_s, moved_to=moved_to)
    if answer.status not in GOOD:
        raise bad_status(answer)
    return Fetched(
        url=answer.url, status=answer.status, body=answer.body, content_type=answer.headers.get("content-type"),
        validators=validators, body_hash=xxhash.xxh3_128_hexdigest(answer.body), freshness_s=freshness_s,
        moved_to=moved_to, bytes_on_wire=answer.bytes_on_wire,
    )
