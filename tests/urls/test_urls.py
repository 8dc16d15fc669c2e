"""Addresses: what is fetched, what is one page, which site."""

from __future__ import annotations

import pickle
from urllib.parse import urlsplit

import pytest
from cpu_time import within_cpu_s
from hypothesis import assume, given
from hypothesis import strategies as st

from crawler.urls import MAX_LENGTH, Sites, address_key, host_of, is_one_origin, normalise

PARTS = st.text(st.characters(codec="utf-8", exclude_characters="#&=?/\\;\t\r\n"), max_size=8)
PAIRS = st.lists(st.tuples(st.sampled_from(["id", "p", "a", "utm_source", "ref", "q[]"]), PARTS).map("=".join), max_size=4)
ADDRESSES = st.builds(
    lambda scheme, host, port, path, pairs: f"{scheme}://{host}{port}/{'/'.join(path)}?{'&'.join(pairs)}",
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["a.example", "WWW.a.example", "bücher.example", "10.0.0.1", "[::1]", "a_b.example"]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.lists(PARTS | st.sampled_from([".", "..", "%2e%2E", "a b", "%", "%zz", "é", ""]), max_size=4),
    PAIRS,
)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTP://WWW.A.Example:80/x", "http://www.a.example/x"),
        ("https://a.example:443", "https://a.example/"),
        ("https://a.example:8443/", "https://a.example:8443/"),
        ("https://a.example./x#part", "https://a.example/x"),
        ("https://Bücher.example/ü x", "https://xn--bcher-kva.example/%C3%BC%20x"),
        ("https://a.example/%7Ea/%e9?q=%41", "https://a.example/%7Ea/%e9?q=%41"),
        ("https://a.example/100%?q=50%", "https://a.example/100%25?q=50%25"),
        ("https://a.example/a/./b/../c//d/", "https://a.example/a/c//d/"),
        ("https://a.example/?b=2&a=1&b=1", "https://a.example/?b=2&a=1&b=1"),
        ("https://a.example/?id=1&utm_source=x&fbclid=y&at_medium=RSS&_ga=1", "https://a.example/?id=1"),
        ("https://a.example/?UTM_Campaign=x&amp;utm_medium=y", "https://a.example/"),
        ("https://a.example/?ref=rss&ref=12&source=twitter-feed&from=2024", "https://a.example/?ref=12&from=2024"),
        ("https://a.example/?feed=rss2&mod=rss&format=feed", "https://a.example/?feed=rss2&mod=rss&format=feed"),
        ("https://a.example/?mod=rss_markets", "https://a.example/"),
        ("https://a.example/?x&y=&&z=1&", "https://a.example/?x&y=&z=1"),
        ("https://a.example/a;jsessionid=0F/b;v=1", "https://a.example/a/b;v=1"),
        ("https://user:pass@a.example/", "https://user:pass@a.example/"),
        ("  https://a.example/x\n\ty ", "https://a.example/xy"),
        ("https://a.example\\@b.example/", "https://a.example/@b.example/"),
        ("http://[::FFFF:1.2.3.4]:80/", "http://[::ffff:102:304]/"),
    ],
)
def test_an_address_is_normalised(url: str, normal: str) -> None:
    assert normalise(url) == normal


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example/x",
        "/x",
        "//a.example/",
        "ftp://a.example/",
        "javascript:alert(1)",
        "mailto:a@a.example",
        "http://",
        "http:///x",
        "http://a..b/",
        "http://-a.example/",
        "http://a b/",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://a.example:99999/",
        "http://a.example:0/",
        "http://xn--/",
        "http://a%2eexample/",
        "tag:a.example,2024:1",
        "https://a.example/" + "x" * MAX_LENGTH,
    ],
)
def test_what_is_no_web_address_is_none(url: str) -> None:
    assert normalise(url) is None


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("../x?y", "https://a.example/b/x?y"),
        ("//b.example", "https://b.example/"),
        ("?p=2", "https://a.example/b/c/d?p=2"),
        ("http://c.example/", "http://c.example/"),
    ],
)
def test_a_relative_address_is_resolved(url: str, normal: str) -> None:
    assert normalise(url, "https://a.example/b/c/d") == normal


def test_a_scheme_a_user_and_the_order_of_names_make_no_other_page() -> None:
    assert address_key("http://u:p@a.example/x?b=2&a=1") == address_key("https://a.example/x?a=1&b=2") == "//a.example/x?a=1&b=2"
    assert address_key("https://a.example/%7Ex%e9") == address_key("https://a.example/~x%E9")


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("https://a.example/?id=1", "https://a.example/?id=2"),
        ("https://a.example/", "https://www.a.example/"),
        ("https://a.example/?id=1&id=2", "https://a.example/?id=2&id=1"),
        ("https://a.example/x", "https://a.example/x/"),
        ("https://a.example/x", "https://a.example/X"),
        ("https://a.example/x?y", "https://a.example/x?y="),
        ("https://a.example/a%2Fb", "https://a.example/a/b"),
        ("https://a.example/?a=1%26b=2", "https://a.example/?a=1&b=2"),
        ("https://a.example/", "https://a.example:8443/"),
        ("https://a.example/x", "https://a.example/amp/x"),
    ],
)
def test_different_pages_keep_different_keys(one: str, two: str) -> None:
    assert address_key(one) != address_key(two)


@given(ADDRESSES)
def test_normalising_twice_changes_nothing(url: str) -> None:
    normal = normalise(url)
    assume(normal is not None)
    assert normal is not None
    assert normalise(normal) == normal
    assert normal.isascii()
    assert address_key(normal) == address_key(url)
    assert address_key(f"{urlsplit(normal).scheme}:{address_key(url)}") == address_key(url)


@given(ADDRESSES, st.integers(0, 99), st.integers(0, 99))
def test_two_ids_are_never_joined(url: str, one: int, two: int) -> None:
    keys = [address_key(f"{url}&id={number}") for number in (one, two)]
    assert (keys[0] == keys[1]) == (one == two)


@given(ADDRESSES)
def test_no_value_that_names_a_page_is_lost_or_merged(url: str) -> None:
    normal = normalise(url)
    kept = [pair for pair in url.partition("?")[2].split("&") if pair.startswith(("id=", "p=", "a=", "q[]="))]
    assume(normal is not None)
    found = urlsplit(normal or "").query.split("&")
    assert len([pair for pair in found if pair.startswith(("id=", "p=", "a=", "q[]="))]) == len(kept)


@given(
    st.text(st.characters(codec=None), max_size=80) | st.text(alphabet="htps:/.@[]%#?&=;\\xn-1\u0130\ud800 \u2028", max_size=40),
    st.none() | st.text(max_size=20),
)
def test_no_text_raises(text: str, base: str | None) -> None:
    normal = normalise(text, base)
    assert normal is None or normalise(normal) == normal
    address_key(text)
    host_of(text)
    Sites().of(text)


@given(st.sampled_from(["a.example", "b.a.example", "news.co.uk", "bücher.example"]), PARTS)
def test_scheme_never_and_www_always_counts(host: str, path: str) -> None:
    assert address_key(f"http://{host}/{path}") == address_key(f"https://{host}/{path}")
    assert address_key(f"http://{host}/{path}") != address_key(f"http://www.{host}/{path}")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://User@WWW.A.example:8080/x", "www.a.example"),
        ("http://[::1]:80/", "::1"),
        ("mailto:x@y", ""),
        ("http://Bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_is_bare_and_lower_case(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("url_or_host", "site"),
    [
        ("a.example", "a.example"),
        ("www.a.example", "a.example"),
        ("https://x.y.a.example/p?q", "a.example"),
        ("news.site.co.uk", "site.co.uk"),
        ("one.blogspot.com", "one.blogspot.com"),
        ("two.github.io", "two.github.io"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("http://127.0.0.1:8080/", "127.0.0.1"),
        ("127.0.0.2:8080", "127.0.0.2"),
        ("::1", "::1"),
        ("http://[::1]/", "::1"),
        ("WWW.Bücher.de", "xn--bcher-kva.de"),
    ],
)
def test_a_host_belongs_to_its_registrable_domain(url_or_host: str, site: str) -> None:
    assert Sites().of(url_or_host) == site


def test_a_family_is_one_site_named_by_its_first() -> None:
    sites = Sites([["paper.example", "paper.co.uk", "blog.host.example"]])
    assert {
        sites.of(host) for host in ("www.paper.example", "news.paper.co.uk", "x.blog.host.example", "https://paper.co.uk/")
    } == {"paper.example"}
    assert sites.of("www.host.example") == "host.example"
    assert pickle.loads(pickle.dumps(sites)).of("paper.co.uk") == "paper.example"  # noqa: S301


@pytest.mark.parametrize(
    ("other", "is_one"),
    [
        ("https://A.example:443/y", True), ("https://u:p@a.example/", True), ("http://a.example/x", False),
        ("https://a.example:8443/x", False), ("https://www.a.example/x", False), ("https://a.example@b.example/", False),
        ("no address", False),
    ],
)  # fmt: skip
def test_an_origin_is_scheme_host_and_port(other: str, is_one: bool) -> None:
    assert is_one_origin("https://a.example/x", other) is is_one_origin(other, "https://a.example/x") is is_one


def test_a_megabyte_is_no_host_to_think_long_about() -> None:
    text = "//" + "quay.example/" * 80_000
    assert len(within_cpu_s(1, lambda: Sites().of(text))) <= MAX_LENGTH
