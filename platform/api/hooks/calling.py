"""One POST to somebody's address: what came of it, whatever goes wrong out there."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass

from outward.calling import exchange
from outward.errors import AddressRefused

WHOLE_SECONDS = 15.0
READ_BYTES = 4096
SHOWN = 500
AGENT = "Commonweave-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` 0: nobody answered, and `answer` says why."""

    status: int
    answer: str
    milliseconds: int

    @property
    def is_taken(self) -> bool:
        """Receivers take a message with any 2xx."""
        return 200 <= self.status < 300


def post(*, url: str, body: str, headers: dict[str, str], seconds: float = WHOLE_SECONDS) -> Outcome:
    """Never raises: what goes wrong out there is the outcome."""
    started = time.monotonic()
    told = {"Content-Type": "application/json", "User-Agent": AGENT, **headers}
    try:
        with exchange(url=url, method="POST", headers=told, body=body.encode(), seconds=seconds) as answer:
            status, text = answer.status, answer.read(READ_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException, AddressRefused, ValueError) as error:
        status, text = 0, str(error) or type(error).__name__
    return Outcome(status, text.replace("\0", "")[:SHOWN], int((time.monotonic() - started) * 1000))
