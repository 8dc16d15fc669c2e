"""Behind a proxy names are its business, private literals still ours."""

from __future__ import annotations

import pytest
from fetch_web import Open, Web, answer, head, says

from crawler.errors import ForbiddenAddress, SettingsError, Unreachable
from crawler.fetch import Fetched, Fetcher
from crawler.fetch.proxies import Proxies
from crawler.model import Validators

NONE = Validators()


@pytest.fixture
async def proxied(web: Web, open_fetcher: Open) -> Fetcher:
    address = f"http://127.0.0.1:{web.port}"
    return await open_fetcher(environ={"HTTP_PROXY": address, "https_proxy": address}, allow_private=False)


async def test_names_go_to_the_proxy_unresolved(web: Web, proxied: Fetcher) -> None:
    web.parts["http://no-such-name.example/a?b=%7E"] = says(answer(200, b"through"))
    fetched = await proxied.get_page("http://no-such-name.example/a?b=%7E", validators=NONE)
    assert isinstance(fetched, Fetched)
    assert fetched.body == b"through"
    assert web.requests[0].headers["host"] == "no-such-name.example"


async def test_private_literals_are_refused_before_the_proxy_is_asked(web: Web, proxied: Fetcher) -> None:
    private = ["2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "localhost", "10.0.0.1", "169.254.169.254"]
    for host in (*private, f"127.0.0.1:{web.port}"):
        for scheme in ("http", "https"):
            with pytest.raises(ForbiddenAddress):
                await proxied.get_page(f"{scheme}://{host}/", validators=NONE)
    with pytest.raises(ForbiddenAddress, match="port"):
        await proxied.get_page("http://a.example:8080/", validators=NONE)
    assert not web.requests


async def test_redirect_to_a_private_literal_is_refused(web: Web, proxied: Fetcher) -> None:
    web.parts["http://a.example/"] = says(answer(302, Location="http://2130706433/"))
    for ask in (proxied.get_page, proxied.get_feed):
        with pytest.raises(ForbiddenAddress, match=r"a\.example/: redirected"):
            await ask("http://a.example/", validators=NONE)
    assert {request.target for request in web.requests} == {"http://a.example/"}


async def test_https_asks_the_proxy_to_connect(web: Web, proxied: Fetcher) -> None:
    web.parts["a.example:443"] = says(head(502, length=0))
    with pytest.raises(Unreachable, match="proxy refused"):
        await proxied.get_page("https://a.example/secret?q", validators=NONE)
    assert [(request.method, request.target) for request in web.requests] == [("CONNECT", "a.example:443")]
    assert web.requests[0].headers["user-agent"].startswith("feed-crawler/")


async def test_no_proxy_asks_directly_and_guards_again(web: Web, open_fetcher: Open) -> None:
    web.parts["/direct"] = says(answer(200, b"direct"))
    environ = {"http_proxy": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.0/8, .test.example"}
    fetched = await (await open_fetcher(environ=environ)).get_page(web.url("/direct"), validators=NONE)
    assert isinstance(fetched, Fetched)
    guarded = await open_fetcher(environ=environ, allow_private=False)
    with pytest.raises(ForbiddenAddress):
        await guarded.get_page(web.url("/direct"), validators=NONE)


async def test_proxy_that_is_away_is_unreachable(open_fetcher: Open) -> None:
    fetcher = await open_fetcher(environ={"http_proxy": "127.0.0.1:1"})
    with pytest.raises(Unreachable, match="proxy"):
        await fetcher.get_page("http://a.example/", validators=NONE)


async def test_proxy_gets_its_own_credentials(web: Web, open_fetcher: Open) -> None:
    web.parts["http://a.example/"] = says(answer(200, b"x"))
    fetcher = await open_fetcher(environ={"HTTP_PROXY": f"http://ann:s3cret@127.0.0.1:{web.port}"})
    await fetcher.get_page("http://a.example/", validators=NONE)
    assert web.requests[0].headers["proxy-authorization"] == "Basic YW5uOnMzY3JldA=="
    assert "authorization" not in web.requests[0].headers


@pytest.mark.parametrize(
    ("no_proxy", "url", "direct"),
    [
        ("", "http://a.example/", False), ("*", "http://a.example/", True), ("a.example", "http://a.example/", True),
        ("a.example", "http://www.a.example/", True), (".a.example", "http://a.example/", True),
        ("a.example", "http://aa.example/", False), ("*.a.example", "http://x.a.example/", True),
        ("a.example:80", "http://a.example/", True), ("a.example:81", "http://a.example/", False),
        ("10.0.0.0/8", "http://10.1.2.3/", True), ("::1", "http://[::1]/", True), ("[::1]:80", "http://[::1]/", True),
        ("b.example , A.EXAMPLE", "http://a.example/", True),
    ],
)  # fmt: skip
def test_no_proxy_names_hosts_domains_ports_and_networks(no_proxy: str, url: str, direct: bool) -> None:
    proxies = Proxies.of_environment({"HTTP_PROXY": "http://proxy.example:3128", "no_proxy": no_proxy})
    assert (proxies.proxy_for(url) is None) == direct


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:1080", "http://", "http://[::1", "http://a.example:port"])
def test_what_is_no_http_proxy_is_a_settings_error(value: str) -> None:
    with pytest.raises(SettingsError, match="HTTP_PROXY"):
        Proxies.of_environment({"HTTP_PROXY": value})
