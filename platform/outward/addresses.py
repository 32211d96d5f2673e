"""Which addresses may be called: public ones over HTTPS, and in demo and tests this machine's own over HTTP.

A name is resolved once for each call, every address that it has must be public, and the connection goes to the address
that was checked: a name that changes between check and call gains nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from outward.errors import AddressRefused

Address = IPv4Address | IPv6Address
LONGEST = 500
# Addresses of IPv6 that lead to one of IPv4: what they lead to is what counts.
NAT64 = ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """An address that was checked: `ip` is where the connection goes."""

    scheme: str
    host: str
    port: int
    path: str
    ip: str


def checked_url(text: str) -> str:
    """The address as it is kept. Raises AddressRefused for what could never be called."""
    _parts(text)
    return text.strip()


def target_of(url: str) -> Target:
    """Resolve and check. Raises AddressRefused, OSError where the name has no address."""
    scheme, host, port, path = _parts(url)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    is_loopback = settings.OUTWARD_TO_LOOPBACK and bool(addresses) and all(each.is_loopback for each in addresses)
    if not is_loopback and (scheme != "https" or not addresses or not all(map(is_public, addresses))):
        raise AddressRefused(_("The address leads into a private network, so it is not called."))
    return Target(scheme, host, port, path, str(addresses[0]))


def is_public(address: Address) -> bool:
    """Whether everybody on the internet may reach it, whatever it is wrapped in."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo or (inner is None and address in NAT64):
            inner = address.teredo[1] if address.teredo else IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _parts(text: str) -> tuple[str, str, int, str]:
    wrong = AddressRefused(_("Write a whole address that begins with https://, without a name or password in it."))
    cleaned = text.strip()
    if (
        not cleaned.isascii()
        or not cleaned.isprintable()
        or len(cleaned) > LONGEST
        or any(c in cleaned for c in ' \\"<>')
    ):
        raise wrong
    try:
        parts = urlsplit(cleaned)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise wrong from error
    schemes = ("https", "http") if settings.OUTWARD_TO_LOOPBACK else ("https",)
    if parts.scheme not in schemes or not host or parts.username is not None or parts.password is not None:
        raise wrong
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path
