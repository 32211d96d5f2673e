"""Which addresses may be called: public ones over HTTPS, and in demo and tests this machine's own over HTTP.

A name is resolved once for each call, every address that it has must be public, and the connection goes to the address
that was checked: a name that changes between check and call gains nothing.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from outward.errors import AddressPrivate, AddressRefused

Address = IPv4Address | IPv6Address
LONGEST = 500
# Endings that no registry gives away (RFC 6762, 8375, 9476).
AT_HOME = frozenset(("local", "localhost", "internal", "intranet", "lan", "home", "corp", "arpa"))
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
    _scheme, host, _port, _path = _parts(text)
    try:
        address = ip_address(host)
    except ValueError:
        return text.strip()
    if not is_public(address) and not (settings.OUTWARD_TO_LOOPBACK and address.is_loopback):
        raise AddressPrivate(_("The address leads into a private network, so it is not called."))
    return text.strip()


def shown_link(text: str) -> str:
    """A link that people show to others, as it is kept. Raises AddressRefused for what no reader could open.

    Nothing is resolved: readers open it, we never do. A name needs a dot and no ending that only stands at home.
    """
    cleaned = text.strip()
    wrong = AddressRefused(_("%(address)s is no address of a page.") % {"address": cleaned[:60]})
    if not cleaned.isprintable() or any(sign in cleaned for sign in ' \\"<>') or len(cleaned) > LONGEST:
        raise wrong
    try:
        parts = urlsplit(cleaned)
        host, _port = (parts.hostname or "").rstrip("."), parts.port
        host.encode("idna")
    except (ValueError, UnicodeError) as error:
        raise wrong from error
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.password is not None:
        raise wrong
    if not _is_open_to_all(_as_browsers_read(host)):
        words = _("%(address)s leads into a private network, where nobody else can open it.")
        raise AddressPrivate(words % {"address": cleaned[:60]})
    return cleaned


def leads_inside(href: str) -> bool:
    """Whether a link in a text leads to somewhere that only its reader's own machine or network can reach.

    Read as browsers read it, however it is spelled. Paths on our own site, mail addresses and other schemes do not.
    """
    text = re.sub(r"[\t\n\r]", "", href).strip("".join(map(chr, range(33)))).replace("\\", "/")
    if not (found := re.match(r"(?:https?:/*|//+)([^/?#]*)", text, re.IGNORECASE)):
        return False
    host = _as_browsers_read(found[1]).rpartition("@")[2]
    return not _is_open_to_all(re.sub(r":\d*$", "", host).strip("[]").partition("%")[0].rstrip("."))


def _as_browsers_read(host: str) -> str:
    """Without percent signs, and with plain letters, numbers and dots."""
    return unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".")


def _is_open_to_all(host: str) -> bool:
    try:
        return is_public(ip_address(host))
    except ValueError:
        last = host.rpartition(".")[2].lower()
        # No name ends in a number: browsers read such a host as an address, however it is written.
        return "." in host and last not in AT_HOME and not re.fullmatch(r"\d+|0x[0-9a-f]*", last)


def target_of(url: str) -> Target:
    """Resolve and check. Raises AddressRefused, OSError where the name has no address."""
    scheme, host, port, path = _parts(url)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    is_loopback = settings.OUTWARD_TO_LOOPBACK and bool(addresses) and all(each.is_loopback for each in addresses)
    if not is_loopback and (scheme != "https" or not addresses or not all(map(is_public, addresses))):
        raise AddressPrivate(_("The address leads into a private network, so it is not called."))
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
        (host or "").encode("idna")
    except ValueError as error:
        raise wrong from error
    schemes = ("https", "http") if settings.OUTWARD_TO_LOOPBACK else ("https",)
    if parts.scheme not in schemes or not host or parts.username is not None or parts.password is not None:
        raise wrong
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path
