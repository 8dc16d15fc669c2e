"""What a fetcher says to servers, and what it makes of their answers."""

from __future__ import annotations

import asyncio
import base64

import pytest
import xxhash
from fetch_web import Memory, Open, Web, answer, says, zipped
from pydantic import SecretStr

from crawler import __version__
from crawler.errors import BadResponse, FetchError, TooLarge
from crawler.events import Event, RequestRetried
from crawler.fetch import Fetched, Fetcher, NotModified, Redirected
from crawler.model import Validators

NONE = Validators()
KNOWN = Validators(etag='W/"a,b"', last_modified="Mon, 02 Mar 2026 10:00:00 GMT")


async def test_body_is_decoded_and_hashed(web: Web, fetcher: Fetcher) -> None:
    web.parts["/feed"] = says(zipped(b"<rss/>" * 100))
    fetched = await fetcher.get_feed(web.url("/feed"), validators=NONE)
    assert isinstance(fetched, Fetched)
    assert fetched.body == b"<rss/>" * 100
    assert fetched.body_hash == xxhash.xxh3_128_hexdigest(fetched.body)
    assert 0 < fetched.bytes_on_wire < len(fetched.body)
    assert (fetched.url, fetched.status, fetched.content_type, fetched.moved_to) == (web.url("/feed"), 200, "text/html", None)


async def test_request_names_us_and_carries_no_cookie_or_referrer(web: Web, open_fetcher: Open) -> None:
    web.parts["/a"] = says(answer(200, b"x", Set_Cookie="seen=1"))
    fetcher = await open_fetcher(contact="https://crawler.example/about")
    for _ in range(2):
        await fetcher.get_page(web.url("/a"), validators=NONE)
    for request in web.requests:
        assert request.headers["user-agent"] == f"feed-crawler/{__version__} (+https://crawler.example/about)"
        assert request.headers["accept-encoding"] == "gzip, deflate, br, zstd"
        assert request.headers["accept"].startswith("text/html")
        assert not {"cookie", "referer"} & set(request.headers)


async def test_without_a_contact_only_the_product_is_named(web: Web, fetcher: Fetcher) -> None:
    web.parts["/a"] = says(answer(200, b"x"))
    await fetcher.get_feed(web.url("/a"), validators=NONE)
    assert web.requests[0].headers["user-agent"] == f"feed-crawler/{__version__}"
    assert web.requests[0].headers["accept"].startswith("application/atom+xml")


async def test_validators_are_sent_verbatim_and_renewed_by_a_304(web: Web, fetcher: Fetcher) -> None:
    web.parts["/feed"] = says(answer(304, ETag='"new"', Cache_Control="max-age=600", Age="100"))
    result = await fetcher.get_feed(web.url("/feed"), validators=KNOWN)
    assert result == NotModified(validators=Validators(etag='"new"'), freshness_s=500)
    assert web.requests[0].headers["if-none-match"] == KNOWN.etag
    assert web.requests[0].headers["if-modified-since"] == KNOWN.last_modified


async def test_304_that_was_not_asked_for_is_no_answer(web: Web, fetcher: Fetcher) -> None:
    web.parts["/feed"] = says(answer(304))
    with pytest.raises(BadResponse, match="304"):
        await fetcher.get_feed(web.url("/feed"), validators=NONE)


async def test_226_is_a_body(web: Web, fetcher: Fetcher) -> None:
    web.parts["/feed"] = says(answer(226, b"<rss/>", ETag='"x"'))
    fetched = await fetcher.get_feed(web.url("/feed"), validators=KNOWN)
    assert isinstance(fetched, Fetched)
    assert fetched.validators == Validators(etag='"x"')


@pytest.mark.parametrize(
    ("status", "transient"), [(404, False), (410, False), (403, False), (401, False), (408, True), (204, False)]
)
async def test_status_is_an_error_asked_for_once(web: Web, fetcher: Fetcher, status: int, transient: bool) -> None:
    web.parts["/p"] = says(answer(status, b"sorry" if status != 204 else b""))
    with pytest.raises(BadResponse) as caught:
        await fetcher.get_page(web.url("/p"), validators=NONE)
    assert (caught.value.status, caught.value.transient, len(web.requests)) == (status, transient, 1)


async def test_500_then_ok_is_ok_and_told(web: Web, fetcher: Fetcher, events: list[Event]) -> None:
    web.parts["/p"] = says(answer(500), answer(502), answer(200, b"fine"))
    fetched = await fetcher.get_page(web.url("/p"), validators=NONE)
    assert isinstance(fetched, Fetched)
    assert fetched.body == b"fine"
    assert events == [RequestRetried(url=web.url("/p"), reason=f"answered {status}", wait_s=0.0) for status in (500, 502)]


async def test_what_still_fails_is_asked_three_times(web: Web, fetcher: Fetcher) -> None:
    web.parts["/p"] = says(answer(503))
    with pytest.raises(BadResponse) as caught:
        await fetcher.get_page(web.url("/p"), validators=NONE)
    assert (caught.value.status, caught.value.transient, len(web.requests)) == (503, True, 3)


async def test_429_is_asked_again_after_what_it_says(web: Web, fetcher: Fetcher, events: list[Event], memory: Memory) -> None:
    web.parts["/p"] = says(answer(429, Retry_After="1"), answer(200, b"fine"))
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    await fetcher.get_page(web.url("/p"), validators=NONE)
    assert loop.time() - started_at >= 0.99
    assert events == [RequestRetried(url=web.url("/p"), reason="answered 429", wait_s=1.0)]
    assert "127.0.0.1" in memory.holds


async def test_long_retry_after_holds_the_whole_host(web: Web, fetcher: Fetcher, memory: Memory, open_fetcher: Open) -> None:
    web.parts["/p"] = says(answer(429, Retry_After="3600"))
    with pytest.raises(BadResponse) as caught:
        await fetcher.get_page(web.url("/p"), validators=NONE)
    assert (caught.value.retry_after_s, caught.value.status, len(web.requests)) == (3600, 429, 1)
    assert 3590 < fetcher.free_in_s(web.url("/other")) <= 3600
    restarted = await open_fetcher()
    for asked in (fetcher, restarted):
        with pytest.raises(BadResponse, match="left alone") as caught:
            await asked.get_feed(web.url("/other"), validators=NONE)
        assert (caught.value.transient, caught.value.status) == (True, 429)
        assert 3590 < (caught.value.retry_after_s or 0) <= 3600
    assert len(web.requests) == 1
    assert "429" in memory.reasons["127.0.0.1"]


@pytest.mark.parametrize("retry_after", [None, "0", "Thu, 01 Jan 2026 00:00:00 GMT", "soon"])
async def test_429_that_stands_holds_the_host_whatever_it_says(web: Web, fetcher: Fetcher, retry_after: str | None) -> None:
    web.parts["/p"] = says(answer(429, **({"Retry_After": retry_after} if retry_after else {})))
    for path in ("/p", "/other"):
        with pytest.raises(BadResponse) as caught:
            await fetcher.get_page(web.url(path), validators=NONE)
        assert (caught.value.status, caught.value.transient) == (429, True)
    assert [request.target for request in web.requests] == ["/p"] * 3
    assert 290 < fetcher.free_in_s(web.url("/other")) <= 300


async def test_page_redirect_is_told_and_not_followed(web: Web, fetcher: Fetcher) -> None:
    web.parts["/old"] = says(answer(301, Location="/new?utm_source=x#top"))
    web.parts["/short"] = says(answer(302, Location=f"//127.0.0.1:{web.port}/new"))
    assert await fetcher.get_page(web.url("/old"), validators=NONE) == Redirected(target=web.url("/new"), permanent=True)
    assert await fetcher.get_page(web.url("/short"), validators=NONE) == Redirected(target=web.url("/new"), permanent=False)
    assert [request.target for request in web.requests] == ["/old", "/short"]


async def test_feed_redirects_are_followed_and_a_move_is_told(web: Web, fetcher: Fetcher) -> None:
    web.parts |= {"/1": says(answer(301, Location="/2")), "/2": says(answer(308, Location="/3?sig=%7Ea%2Fb"))}
    web.parts |= {"/3?sig=%7Ea%2Fb": says(answer(302, Location="/4")), "/4": says(answer(200, b"<rss/>"))}
    fetched = await fetcher.get_feed(web.url("/1"), validators=NONE)
    assert isinstance(fetched, Fetched)
    assert (fetched.url, fetched.moved_to) == (web.url("/4"), web.url("/3?sig=%7Ea%2Fb"))


async def test_redirect_loop_ends_after_five(web: Web, fetcher: Fetcher) -> None:
    web.parts["/loop"] = says(answer(302, Location="/loop"))
    with pytest.raises(TooLarge, match="redirects"):
        await fetcher.get_feed(web.url("/loop"), validators=NONE)
    assert len(web.requests) == 6
    with pytest.raises(BadResponse, match="itself"):
        await fetcher.get_page(web.url("/loop"), validators=NONE)


LOCATIONS = [
    "", "file:///etc/passwd", "javascript:alert(1)", "http://xn--/", "http://", "http:///x", "//", "http://[::1", "data:,x",
    "http://a b/", "ftp://a.example/", "http://a.example:port/", "http://" + "a" * 70 + ".example/", "mailto:a@b.example",
    "http://a..example/", "http://" + "x" * 70_000,
]  # fmt: skip


@pytest.mark.parametrize("location", LOCATIONS)
async def test_bad_location_is_an_error_of_that_answer(web: Web, fetcher: Fetcher, location: str) -> None:
    web.parts["/p"] = says(answer(302, Location=location))
    for ask in (fetcher.get_page, fetcher.get_feed):
        with pytest.raises(FetchError):
            await ask(web.url("/p"), validators=NONE)
    assert {request.target for request in web.requests} == {"/p"}


async def test_credentials_go_to_their_own_origin_only(web: Web, fetcher: Fetcher) -> None:
    web.parts["/feed"] = says(answer(302, Location="/moved"))
    web.parts["/moved"] = says(answer(302, Location=f"http://localhost:{web.port}/away"))
    web.parts["/away"] = says(answer(200, b"<rss/>"))
    await fetcher.get_feed(web.url("/feed"), validators=NONE, auth=SecretStr("ann:s3cret"))
    expected = "Basic " + base64.b64encode(b"ann:s3cret").decode()
    assert [request.headers.get("authorization") for request in web.requests] == [expected, expected, None]


async def test_credentials_in_an_address_are_sent_but_never_told(web: Web, fetcher: Fetcher) -> None:
    address = f"http://ann:s3cret@127.0.0.1:{web.port}/gone"
    with pytest.raises(BadResponse) as caught:
        await fetcher.get_feed(address, validators=NONE)
    assert web.requests[0].headers["authorization"].startswith("Basic ")
    assert "s3cret" not in str(caught.value) + caught.value.url


@pytest.mark.parametrize("kind", ["image/png", "video/mp4", "audio/mpeg", "application/pdf", "Application/ZIP; x=y"])
async def test_what_is_plainly_no_page_is_not_read(web: Web, fetcher: Fetcher, kind: str) -> None:
    web.parts["/p"] = says(answer(200, b"binary", Content_Type=kind))
    with pytest.raises(BadResponse, match="not a page"):
        await fetcher.get_page(web.url("/p"), validators=NONE)


async def test_address_goes_over_the_wire_verbatim(web: Web, fetcher: Fetcher) -> None:
    target = "/a%2Fb/%7Eann/%41?u=http%3A%2F%2Fx%2F&b=&a=1+2"
    web.parts[target] = says(answer(200, b"x"))
    await fetcher.get_page(web.url(target), validators=NONE)
    assert web.requests[0].target == target


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http://[::1", "http://a b/", "mailto:x@y.example", "http://a..b/", "http://\udcff/"])
async def test_what_is_no_address_is_a_fetch_error(fetcher: Fetcher, url: str) -> None:
    for ask in (fetcher.get_page(url, validators=NONE), fetcher.get_feed(url, validators=NONE), fetcher.is_allowed(url)):
        with pytest.raises(FetchError):
            await ask
