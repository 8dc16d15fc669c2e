"""Private addresses are refused in any spelling, and on the address that is really connected."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ForbiddenAddress
from crawler.fetch.guard import AddressRefused, Guard
from crawler.settings import FetchSettings

GUARD = Guard(FetchSettings())
PRIVATE = """127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 0x7f.1 017700000001 0 0.0.0.0 10.0.0.1 10.1 172.16.0.1 192.168.1.1
    169.254.169.254 100.64.0.1 192.0.2.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255 127.0.0.1. １２７.0.0.1 127。0。0。1
    localhost LOCALHOST localhost. a.localhost printer.local db.internal router.home.arpa ip6-localhost
    [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::1] [2002:7f00:1::1] [2002:a00:1::]
    [fe80::1] [fe80::1%25eth0] [fec0::1] [fc00::1] [fd12:3456::1] [ff02::1] [2001:db8::1] [2001::1] [100::1]""".split()  # noqa: SIM905
PUBLIC = """a.example 8.8.8.8 134744072 [2606:4700:4700::1111] [::ffff:8.8.8.8] [64:ff9b::808:808] [2002:808:808::1]
    localhost.example 10.0.0.1.example 1e100.example xn--bcher-kva.example""".split()  # noqa: SIM905


@pytest.mark.parametrize("host", PRIVATE)
def test_private_host_is_refused_in_any_spelling(host: str) -> None:
    with pytest.raises(ForbiddenAddress):
        GUARD.check_url(f"http://{host}/")


@pytest.mark.parametrize("host", PUBLIC)
def test_public_host_may_be_asked(host: str) -> None:
    GUARD.check_url(f"https://{host}/path?query")


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "file:///etc/passwd", "javascript:alert(1)", "http://", "http:///path", "//a.example/", "", "a.example",
     "http://a.example:99999/", "http://[::1/", "http://user@a.example/", "http://a.example\\@b.example/", "http://a.example:8080/",
     "http://a.example:0/", "https://a.example:22/", "http://a%2eexample/", "http://a.example%00/", "http://a..example/",
     "http://[2606:4700::1%25eth0]/", "http://a b.example/", "http://a,b.example/"],
)  # fmt: skip
def test_malformed_address_or_other_port_is_refused(url: str) -> None:
    with pytest.raises(ForbiddenAddress):
        GUARD.check_url(url)


def test_allow_private_lifts_addresses_and_ports() -> None:
    lifted = Guard(FetchSettings(allow_private=True))
    lifted.check_url("http://127.0.0.1:8080/")
    lifted.make_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 8080))).close()


def test_more_ports_can_be_allowed() -> None:
    Guard(FetchSettings(ports=(80, 443, 8080))).check_url("http://a.example:8080/")


@pytest.mark.parametrize(
    ("address", "port"), [("127.0.0.1", 80), ("10.0.0.1", 443), ("::1", 80), ("::ffff:10.0.0.1", 80), ("8.8.8.8", 25)]
)
def test_no_socket_is_made_for_what_is_refused(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(AddressRefused):
        GUARD.make_socket((family, socket.SOCK_STREAM, 6, "", (address, port)))


@given(st.ip_addresses(v=4))
def test_an_address_wrapped_in_ipv6_is_judged_as_itself(address: object) -> None:
    assert GUARD.allows(str(address)) == GUARD.allows(f"::ffff:{address}") == GUARD.allows(f"64:ff9b::{address}")


@given(st.text(max_size=60))
def test_any_text_is_allowed_or_forbidden_and_nothing_else(text: str) -> None:
    for url in (text, f"http://{text}/", f"http://{text}"):
        with suppress(ForbiddenAddress):
            GUARD.check_url(url)
