"""One POST to somebody's address: pinned to the checked address, no redirect followed, bounded in time and size."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from api.errors import HookRefused
from api.hooks.addresses import Target, target_of

CONNECT_SECONDS, WHOLE_SECONDS = 5.0, 15.0
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


def post(*, url: str, body: str, headers: dict[str, str]) -> Outcome:
    """Never raises: what goes wrong out there is the outcome."""
    started = time.monotonic()
    try:
        status, answer = _post(target_of(url), body.encode(), headers)
    except (OSError, http.client.HTTPException, HookRefused, UnicodeError, ValueError) as error:
        status, answer = 0, str(error) or type(error).__name__
    return Outcome(status, answer.replace("\0", "")[:SHOWN], int((time.monotonic() - started) * 1000))


def _post(target: Target, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    connection = _connected(target)
    # Sockets time out between bytes; one who sends a byte at a time is cut off as a whole.
    cut = threading.Timer(WHOLE_SECONDS, _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        told = {"Content-Type": "application/json", "User-Agent": AGENT, **headers}
        connection.request("POST", target.path, body=body, headers=told)
        answer = connection.getresponse()
        return answer.status, answer.read(READ_BYTES).decode("utf-8", "replace")
    finally:
        cut.cancel()
        connection.close()


def _connected(target: Target) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(target.host, target.port, timeout=CONNECT_SECONDS)
    plain = socket.create_connection((target.ip, target.port), timeout=CONNECT_SECONDS)
    if target.scheme == "https":
        try:
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
        except BaseException:
            plain.close()
            raise
    else:
        connection.sock = plain
    return connection


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        connection.sock.close()
