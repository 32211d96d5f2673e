"""The SHA-256 of what a link leads to: streamed, within limits, each redirect checked like the first address."""

from __future__ import annotations

import hashlib
import http.client
import time
from dataclasses import dataclass
from urllib.parse import urljoin

from django.utils.translation import gettext_lazy as _

from outward.calling import exchange
from outward.errors import AddressPrivate, AddressRefused
from values.numbers import decimal_words

LARGEST, LONGEST_SECONDS, MOST_REDIRECTS, CHUNK = 2 * 2**30, 300.0, 5, 2**18
AGENT = "Commonweave-Checks/1"
OK, REDIRECTS = 200, (301, 302, 303, 307, 308)


# Why a link could not be read, by code: kept with its facts and put into words for each reader.
REASONS = {
    "private": _("The address leads into a private network, so it is not called."),
    "no_address": _("The link leads on to something that is no whole address."),
    "silent": _("The server did not answer (%(what)s)."),
    "status": _("The server answered with status %(status)s."),
    "leads_on": _("The link leads on too often."),
    "too_large": _("It is larger than %(gib)s GiB."),
    "cut": _("The connection ended too early."),
}
Facts = dict[str, str | int]


class NotFetched(Exception):
    """It could not be read whole: why, as a code of `REASONS`, with what its words need."""

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code, facts)
        self.code, self.facts = code, facts


def reason_words(code: str, facts: Facts) -> str:
    """In the language that is spoken now; empty for a reason that nobody gives any more."""
    told = {**facts, "gib": decimal_words(int(facts.get("bytes", 0)) / 2**30, 0)}
    return str(REASONS[code]) % told if code in REASONS else ""


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
    except AddressPrivate as error:
        raise NotFetched("private") from error
    except AddressRefused as error:
        raise NotFetched("no_address") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotFetched("silent", what=type(error).__name__) from error
    raise NotFetched("leads_on")


def _once(url: str, largest: int, seconds: float) -> Fetched | str:
    """What was read, or where the link leads on."""
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    with exchange(url=url, method="GET", headers=headers, seconds=seconds) as answer:
        if answer.status in REDIRECTS:
            return urljoin(url, answer.headers.get("Location", ""))
        if answer.status != OK:
            raise NotFetched("status", status=answer.status)
        if (answer.length or 0) > largest:
            raise NotFetched("too_large", bytes=largest)
        return _read(answer, largest)


def _read(answer: http.client.HTTPResponse, largest: int) -> Fetched:
    digest, size = hashlib.sha256(), 0
    while chunk := answer.read(CHUNK):
        size += len(chunk)
        if size > largest:
            raise NotFetched("too_large", bytes=largest)
        digest.update(chunk)
    if answer.length:
        raise NotFetched("cut")
    return Fetched(digest.hexdigest(), size)
