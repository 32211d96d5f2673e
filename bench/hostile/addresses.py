"""Addresses that mean to lead a server of ours, or a reader, into a private network: spelled in odd ways by a seed."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, ip_address
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from django.test import override_settings

from outward.addresses import checked_url, is_public, leads_inside, shown_link, target_of
from outward.errors import AddressRefused

INSIDE = (
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
    "255.255.255.255", "198.18.0.1",
)  # fmt: skip
NAMES = ("localhost", "router.local", "a.internal", "nas", "x.home", "hooks.example", "1.2.3.4.5", "a.0x7f", "xn--a")
SCHEMES = (
    "https://",
    "http://",
    "HTTPS://",
    "https:",
    "//",
    "https:///",
    "http:\\\\",
    "ftp://",
    "gopher://",
    "file:///",
)
BEFORE = ("", "", "", "user@", "user:pw@", "example.org@", "@", "example.org\\@", "%40")
BEHIND = (
    "",
    "",
    ":443",
    ":80",
    ":0",
    ":65536",
    ":x",
    ":",
    "#@example.org",
    "?@example.org",
    "/..//",
    "\\",
    "%00",
    "\t",
)
_real = socket.getaddrinfo


def _octet(draw: random.Random, number: int) -> str:
    return draw.choice((str, hex, lambda one: f"0{one:o}", lambda one: f"0x{one:08X}", lambda one: f"{one:03d}"))(
        number
    )


def _ipv4(draw: random.Random, packed: int) -> str:
    """All the ways in which the C library, or a browser, takes four bytes."""
    first, second, third, _last = packed.to_bytes(4)
    parts: tuple[tuple[int, ...], ...] = (
        (packed,), (first, packed & 0xFFFFFF), (first, second, packed & 0xFFFF), tuple(packed.to_bytes(4)),
        (first, second, third, packed & 0xFF),
    )  # fmt: skip
    return ".".join(_octet(draw, part) for part in draw.choice(parts))


def _ipv6(draw: random.Random, packed: int) -> str:
    inner = str(IPv4Address(packed))
    high, low = packed >> 16, packed & 0xFFFF
    return draw.choice((
        f"[::ffff:{inner}]", f"[::{inner}]", f"[64:ff9b::{inner}]", f"[2002:{high:x}:{low:x}::1]", "[::1]", "[::]",
        f"[::ffff:{high:x}:{low:x}]", "[fe80::1%25eth0]", f"[fd00::{low:x}]", "[fec0::1]", "[::1",
        f"[::ffff:0:{inner}]",
    ))  # fmt: skip


def _host(draw: random.Random) -> str:
    packed = int(IPv4Address(draw.choice(INSIDE))) ^ draw.choice((0, 0, draw.getrandbits(8)))
    host = draw.choice((_ipv4, _ipv4, _ipv6, lambda it, _: it.choice(NAMES)))(draw, packed)
    if draw.random() < 0.1:
        host = "".join(f"%{ord(one):02x}" if draw.random() < 0.3 else one for one in host)
    if draw.random() < 0.1:
        host = "".join(chr(ord(one) + 0xFEE0) if one.isdigit() and draw.random() < 0.5 else one for one in host)
    return host + draw.choice(("", "", "", ".", "\u3002", ".."))


def addresses(count: int, seed: int) -> Iterator[str]:
    """`count` of them; the same seed gives the same ones."""
    draw = random.Random(seed)  # noqa: S311  # reason: replayable, no secret
    for _ in range(count):
        parts = (draw.choice(SCHEMES), draw.choice(BEFORE), _host(draw), draw.choice(BEHIND), "/x")
        yield "".join(parts)


def _resolved(host: str, port: int, **how: Any) -> list[Any]:
    """Numbers as the C library reads them; every name leads inside, as one who means harm lets it."""
    try:
        return _real(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port))]


@contextmanager
def without_a_network() -> Iterator[None]:
    """As in production, but nothing is asked of a name server."""
    with patch("socket.getaddrinfo", _resolved), override_settings(OUTWARD_TO_LOOPBACK=False):
        yield


def faults_of(text: str) -> list[str]:
    """Where the address would be gone to, or shown as one that everybody can open; or an error that nobody expects."""
    found = []
    judges: tuple[tuple[Callable[[str], str], tuple[type[Exception], ...]], ...] = (
        (_called, (AddressRefused, OSError)), (_checked, (AddressRefused,)), (_shown, (AddressRefused,)), (_told, ()),
    )  # fmt: skip
    for judge, refusals in judges:
        try:
            if wrong := judge(text):
                found.append(wrong)
        except refusals:
            continue
        except Exception as error:  # noqa: BLE001  # reason: what is found here is what this looks for
            found.append(f"{type(error).__name__}: {error}")
    return found


def _called(text: str) -> str:
    target = target_of(text)
    return "" if is_public(ip_address(target.ip)) else f"goes to {target.ip}"


def _checked(text: str) -> str:
    checked_url(text)
    return ""


def _told(text: str) -> str:
    leads_inside(text)
    return ""


def _shown(text: str) -> str:
    host = urlsplit(shown_link(text)).hostname or ""
    try:
        (found, *_rest) = _real(host, 443, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return ""
    return "" if is_public(ip_address(str(found[4][0]).partition("%")[0])) else f"shown as a link to {found[4][0]}"
