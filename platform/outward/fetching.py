"""The SHA-256 of what a link leads to: streamed, within limits, each redirect checked like the first address."""

from __future__ import annotations

import hashlib
import http.client
import time
from dataclasses import dataclass
from urllib.parse import urljoin

from django.utils.translation import gettext as _

from outward.calling import exchange
from outward.errors import AddressRefused
from values.numbers import decimal_words

LARGEST, LONGEST_SECONDS, MOST_REDIRECTS, CHUNK = 2 * 2**30, 300.0, 5, 2**18
AGENT = "Commonweave-Checks/1"
OK, REDIRECTS = 200, (301, 302, 303, 307, 308)


class NotFetched(Exception):
    """It could not be read whole; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read."""

    sha256: str
    size: int


def hash_of(url: str, *, largest: int = LARGEST, seconds: float = LONGEST_SECONDS) -> Fetched:
    """Never more than `largest` bytes, nor longer than `seconds` in all. Raises NotFetched."""
    end = time.monotonic() + seconds
    try:
        for _hop in range(MOST_REDIRECTS + 1):
            found = _once(url, largest, max(end - time.monotonic(), 0.1))
            if isinstance(found, Fetched):
                return found
            url = found
    except AddressRefused as error:
        raise NotFetched(str(error)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotFetched(_("The server did not answer (%(what)s).") % {"what": type(error).__name__}) from error
    raise NotFetched(_("The link leads on too often."))


def _once(url: str, largest: int, seconds: float) -> Fetched | str:
    """What was read, or where the link leads on."""
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    with exchange(url=url, method="GET", headers=headers, seconds=seconds) as answer:
        if answer.status in REDIRECTS:
            return urljoin(url, answer.headers.get("Location", ""))
        if answer.status != OK:
            raise NotFetched(_("The server answered with status %(status)s.") % {"status": answer.status})
        if (answer.length or 0) > largest:
            raise NotFetched(_too_large(largest))
        return _read(answer, largest)


def _read(answer: http.client.HTTPResponse, largest: int) -> Fetched:
    digest, size = hashlib.sha256(), 0
    while chunk := answer.read(CHUNK):
        size += len(chunk)
        if size > largest:
            raise NotFetched(_too_large(largest))
        digest.update(chunk)
    if answer.length:
        raise NotFetched(_("The connection ended too early."))
    return Fetched(digest.hexdigest(), size)


def _too_large(largest: int) -> str:
    return _("It is larger than %(gib)s GiB.") % {"gib": decimal_words(largest / 2**30, 0)}
