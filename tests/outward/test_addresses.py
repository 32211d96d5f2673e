"""Addresses that nothing of ours may go to: over a hundred forms of private ones, and no connection to any."""

import socket

import pytest

from api.hooks.calling import post
from outward import addresses
from outward.addresses import checked_url, is_public, shown_link, target_of
from outward.errors import AddressRefused
from outward.fetching import NotFetched, hash_of

PRIVATE = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0",
    "0.0.0.0",
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1.254", "169.254.169.254",
    "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "0xa9fea9fe", "2852039166",
    "0251.0376.0251.0376", "169.254.43518", "10.1", "192.168.257", "0x0a000001", "167772161", "0300.0250.0.1",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]", "[::ffff:c0a8:1]", "[fe80::1]", "[fe80::a00:27ff:fe00:1]", "[fc00::1]",
    "[fd12:3456::1]",
    "[fdff:ffff::1]", "[ff02::1]", "[ff05::2]", "[64:ff9b::7f00:1]", "[64:ff9b::a00:1]", "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]", "[2002:a00:1::1]", "[2002:c0a8:101::]", "[2001:db8::1]", "[100::1]", "[2001::1]",
    "[2001:0:7f00:1::1]", "[::127.0.0.1]", "[::10.0.0.1]", "[fec0::1]", "localhost", "LOCALHOST", "localhost.",
]  # fmt: skip
UNUSABLE = [
    "", " ", "x", "hooks.example", "//hooks.example", "ftp://hooks.example/", "file:///etc/passwd", "gopher://x/1",
    "javascript:alert(1)", "data:text/plain,x", "https://", "https:///path", "https://user@hooks.example/",
    "https://user:word@hooks.example/", "https://@hooks.example/", "https://hooks.example:99999/",
    "https://hooks.example:x/", "https://hooks.example../",
    "https://hooks.example\\@127.0.0.1/", "https://hooks.example/\r\nHost: x",
    "https://hooks.example/ x", "https://hooks.example/\x00", "https://hooks.exämple/", "https://①②⑦.0.0.1/",
    "https://[::1", "https://hooks.example/<x>", "dict://127.0.0.1:11211/", "ldap://127.0.0.1/", "https://:443/",
    "https://hooks.example/" + "a" * 500,
]  # fmt: skip


@pytest.fixture(autouse=True)
def _as_in_production(settings):
    settings.OUTWARD_TO_LOOPBACK = False


@pytest.fixture
def connections(monkeypatch):
    """Where connections went; none is made."""
    made = []

    def refuse(address, **_):
        made.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return made


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_never_connected_to(host, connections):
    for scheme in ("https", "http"):
        outcome = post(url=f"{scheme}://{host}/", body="{}", headers={})
        assert (outcome.status, connections) == (0, [])
        with pytest.raises(NotFetched):
            hash_of(f"{scheme}://{host}/")
        assert connections == []


@pytest.mark.parametrize("url", UNUSABLE)
def test_what_is_no_address_for_this_is_refused_when_typed(url):
    with pytest.raises(AddressRefused):
        checked_url(url)


def answering(*found):
    family = {4: socket.AF_INET, 6: socket.AF_INET6}
    return lambda host, port, **_: [
        (family[6 if ":" in ip else 4], socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found
    ]


@pytest.mark.parametrize("found", [("10.0.0.1",), ("93.184.216.34", "127.0.0.1"), ("2606:4700::1", "fd00::1"), ()])
def test_a_name_with_any_private_address_is_refused(found, monkeypatch, connections):
    monkeypatch.setattr(addresses.socket, "getaddrinfo", answering(*found))
    with pytest.raises(AddressRefused):
        target_of("https://hooks.example/")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch, connections):
    asked = []

    def changing(host, port, **_):
        asked.append(host)
        return answering("93.184.216.34" if len(asked) == 1 else "127.0.0.1")(host, port)

    monkeypatch.setattr(addresses.socket, "getaddrinfo", changing)
    post(url="https://hooks.example:8443/x?y=1", body="{}", headers={})
    assert connections == [("93.184.216.34", 8443)]


def test_public_addresses_are_public():
    from ipaddress import ip_address

    for text in ("93.184.216.34", "2606:4700::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"):
        assert is_public(ip_address(text)), text


def test_loopback_is_allowed_where_the_demo_says_so(settings):
    settings.OUTWARD_TO_LOOPBACK = True
    assert target_of("http://127.0.0.1:8000/x").ip == "127.0.0.1"
    with pytest.raises(AddressRefused):
        target_of("http://10.0.0.1/")


@pytest.mark.parametrize(
    "link",
    [
        "https://127.0.0.1/", "http://10.0.0.1/x", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://2130706433/",
        "https://0x7f.1/", "https://1.2.3.4.5/", "https://169.254.169.254/", "https://intranet/", "https://x.local/",
        "https://localhost/", "https://\uff11\uff12\uff17.0.0.1/", "https://127%2e0.0.1/",
        "https://a.internal./", "https://user:pw@example.org/", "https://ex\u202eample.org/",
        "javascript:alert(1)", "data:text/html,x", "https://", "ftp://example.org/", "https://a b.example/", "",
        "https://example.org:99999/", "https://[::1/", "https://example.org/" + "a" * 600,
    ],
)  # fmt: skip
def test_a_link_that_nobody_else_could_open_is_not_shown(link):
    with pytest.raises(AddressRefused):
        shown_link(link)


@pytest.mark.parametrize(
    "link", ["https://example.org", "http://a.example:8080/x?y=1#z", "https://пример.рф/", "https://9.9.9.9/"]
)
def test_a_link_to_a_page_of_the_web_is_shown(link):
    assert shown_link(f" {link} ") == link
