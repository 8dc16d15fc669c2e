"""A name is looked up once, private answers are left out, and what is connected is what was allowed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from fetch_web import Open, Web, answer, says

from crawler.errors import FetchError, ForbiddenAddress, Unreachable
from crawler.fetch import Fetched, Fetcher
from crawler.fetch.guard import Guard
from crawler.model import Validators

NONE = Validators()


class Names:
    """A resolver's answers, each name's in turn, the last for ever; the rest of the world does not exist."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.asked: list[str] = []
        self._answers = {name.replace("_", "."): list(turns) for name, turns in answers.items()}

    def getaddrinfo(self, host: str, port: int, **wishes: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        turns = self._answers.get(host)
        if not turns:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        found = turns.pop(0) if len(turns) > 1 else turns[0]
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Every name's addresses, given to the standard library's own function."""
    names = Names(
        inside_example=[["10.0.0.1", "192.168.1.1"]], mixed_example=[["10.0.0.1", "127.0.0.1"]], loop_example=[["127.0.0.1"]],
        metadata_example=[["169.254.169.254"]], wrapped_example=[["::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1"]],
        rebound_example=[["127.0.0.1"], ["10.0.0.1"]],
    )
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    return names


async def fetch(fetcher: Fetcher, url: str) -> bytes:
    fetched = await fetcher.get_page(url, validators=NONE)
    assert isinstance(fetched, Fetched)
    return fetched.body


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("host", ["inside.example", "metadata.example", "wrapped.example", "loop.example"])
async def test_a_name_with_private_addresses_only_is_forbidden(open_fetcher: Open, host: str) -> None:
    fetcher = await open_fetcher(allow_private=False, delay_s=0.001)
    with pytest.raises(ForbiddenAddress, match="private"):
        await fetch(fetcher, f"http://{host}/")


async def test_of_mixed_answers_only_the_public_are_connected(
    web: Web, open_fetcher: Open, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loopback plays the public address here: nothing else can be connected to in a test."""
    monkeypatch.setattr(Guard, "allows", lambda guard, address: address == "127.0.0.1")
    web.parts["/p"] = says(answer(200, b"the public one"))
    fetcher = await open_fetcher(allow_private=False, ports=(web.port,))
    assert await fetch(fetcher, f"http://mixed.example:{web.port}/p") == b"the public one"
    assert names.asked == ["mixed.example"]


async def test_a_name_is_looked_up_once_for_spacing_and_for_connecting(web: Web, open_fetcher: Open, names: Names) -> None:
    web.parts["/p"] = says(answer(200, b"fine"))
    fetcher = await open_fetcher(delay_s=0.001)
    url = f"http://loop.example:{web.port}/p"
    assert [await fetch(fetcher, url) for _ in range(3)] == [b"fine"] * 3
    assert names.asked == ["loop.example"]


async def test_an_address_that_changes_after_the_check_is_checked_where_it_is_connected(
    web: Web, open_fetcher: Open, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the resolver lets the first answer pass; the socket is made for the address that really comes."""
    fetcher = await open_fetcher(allow_private=False, ports=(web.port,))
    resolver = fetcher._exchange._transport._resolvers[0]
    monkeypatch.setattr(resolver, "_guard", None)  # as if it had been public when it was looked up
    with pytest.raises(ForbiddenAddress, match="private"):
        await fetch(fetcher, f"http://rebound.example:{web.port}/p")
    assert (names.asked, web.requests) == (["rebound.example"], [])


async def test_a_dead_name_is_looked_up_once_a_request_and_told_as_unreachable(open_fetcher: Open, names: Names) -> None:
    fetcher = await open_fetcher(delay_s=0.001)
    with pytest.raises(Unreachable, match="no such name"):
        await fetch(fetcher, "http://dead.example/")
    assert names.asked == ["dead.example"]


async def test_a_slow_look_up_ends_at_the_deadline(open_fetcher: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: time.sleep(0.5))
    fetcher = await open_fetcher(delay_s=0.001, timeout_s=0.1)
    began = time.monotonic()
    with pytest.raises(Unreachable, match="timeout_s"):
        await fetch(fetcher, "http://slow.example/")
    assert time.monotonic() - began < 0.45


async def test_hosts_that_share_an_address_are_asked_one_after_the_other(
    web: Web, open_fetcher: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A range that is no loopback stands for the public one; connecting fails, and the turns are what matters."""
    info = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: info)
    fetcher = await open_fetcher(delay_s=0.2, timeout_s=0.05)
    began = time.monotonic()
    asked = [fetch(fetcher, f"http://blog{number}.example/") for number in range(3)]
    assert all(isinstance(error, FetchError) for error in await asyncio.gather(*asked, return_exceptions=True))
    assert time.monotonic() - began >= 0.4


SPELLINGS = """http://2130706433/ http://0x7f.1/ http://0177.1/ http://127.1/ http://127.0.0.1./ http://127.0.0.01/ http://0/ http://[::]/
    http://[::1]/ http://[::ffff:7f00:1]/ http://[::ffff:127.0.0.1]/ http://[::127.0.0.1]/ http://[64:ff9b::7f00:1]/
    http://[2002:7f00:1::]/ http://[2001:0:7f00:1::]/ http://[fe80::1%25lo]/ http://[fe80::1%lo]/ http://１２７.０.０.１/
    http://①②⑦.⓪.⓪.①/ http://127。0。0。1/ http://%31%32%37.0.0.1/ http://a.example@127.0.0.1/
    http://a.example%40127.0.0.1/ http://a.example\\@127.0.0.1/ http://127.0.0.1#@a.example/
    http://127.0.0.1?@a.example/ http:\\\\127.0.0.1/ http:/127.0.0.1/ http:127.0.0.1/ http://LOCALHOST/ http://localhost./
    http://ｌｏｃａｌｈｏｓｔ/ http://a.localhost/ http://127.0.0.1:80/ http://0.0.0.0/ http://127.255.255.254/ http://[::ffff:0:127.0.0.1]/
    http://0x7f000001/ http://017700000001/ http://127.0.0.1%00.a.example/ http://127.0.0.1%09/""".split()  # noqa: SIM905


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("url", SPELLINGS)
async def test_no_spelling_reaches_loopback(web: Web, open_fetcher: Open, url: str) -> None:
    """Neither directly nor through a proxy, which is not asked either."""
    direct = await open_fetcher(allow_private=False, ports=(80, web.port))
    behind = await open_fetcher(allow_private=False, environ={"http_proxy": f"http://127.0.0.1:{web.port}"})
    for fetcher in (direct, behind):
        for ask in (fetcher.get_page, fetcher.get_feed):
            with pytest.raises(FetchError):
                await ask(url, validators=NONE)
        with pytest.raises(FetchError):
            await fetcher.is_allowed(url)
    assert not web.requests


@pytest.mark.parametrize("location", [url for url in SPELLINGS if not url.startswith(("http:/1", "http:1", "http:\\"))])
async def test_no_spelling_of_a_redirect_reaches_loopback(web: Web, open_fetcher: Open, location: str) -> None:
    behind = await open_fetcher(allow_private=False, environ={"http_proxy": f"http://127.0.0.1:{web.port}"})
    sent = location.encode("utf-8").decode("latin-1")
    web.parts["http://start.example/"] = says(answer(302, Location=sent))
    web.parts["http://start.example/robots.txt"] = says(answer(301, Location=sent))
    for ask in (behind.get_page, behind.get_feed):
        with pytest.raises(FetchError):
            await ask("http://start.example/", validators=NONE)
    await behind.is_allowed("http://start.example/")
    assert {urlsplit(request.target).hostname for request in web.requests} == {"start.example"}


@pytest.mark.parametrize("userinfo", ["127.0.0.1%2f", "127.0.0.1\\", "127.0.0.1:80", "a@127.0.0.1"])
async def test_what_stands_before_the_last_at_sign_is_no_host(web: Web, open_fetcher: Open, userinfo: str) -> None:
    behind = await open_fetcher(allow_private=False, environ={"http_proxy": f"http://127.0.0.1:{web.port}"})
    web.parts["http://a.example/"] = says(answer(200, b"fine"))
    with suppress(FetchError):
        await behind.get_page(f"http://{userinfo}@a.example/", validators=NONE)
    assert {request.target for request in web.requests} <= {"http://a.example/"}
