"""One exchange with somebody's server: pinned to the checked address, no redirect followed, bounded in time."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping

from outward.addresses import Target, target_of

CONNECT_SECONDS = 5.0


class TooSlow(OSError):
    """The exchange as a whole took longer than it may."""


@contextlib.contextmanager
def exchange(
    *, url: str, method: str, headers: Mapping[str, str], body: bytes = b"", seconds: float
) -> Iterator[http.client.HTTPResponse]:
    """The answer, to be read inside. Raises AddressRefused, OSError, TooSlow, http.client.HTTPException."""
    target = target_of(url)
    plain = socket.create_connection((target.ip, target.port), timeout=CONNECT_SECONDS)
    # Sockets time out between bytes; one who sends a byte at a time is cut off as a whole. A handle of its own
    # ends the connection whoever reads from it, also inside of TLS.
    handle, is_cut = plain.dup(), threading.Event()
    cut = threading.Timer(seconds, _cut, [handle, is_cut])
    cut.daemon = True
    cut.start()
    connection = http.client.HTTPConnection(target.host, target.port, timeout=CONNECT_SECONDS)
    try:
        connection.sock = _secured(plain, target)
        connection.request(method, target.path, body=body or None, headers=dict(headers))
        yield connection.getresponse()
        if is_cut.is_set():
            raise TooSlow("It took too long.")
    except (OSError, http.client.HTTPException, ValueError) as error:
        if is_cut.is_set() and not isinstance(error, TooSlow):
            raise TooSlow("It took too long.") from error
        raise
    finally:
        cut.cancel()
        connection.close()
        plain.close()
        handle.close()


def _secured(plain: socket.socket, target: Target) -> socket.socket:
    if target.scheme != "https":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)


def _cut(handle: socket.socket, is_cut: threading.Event) -> None:
    is_cut.set()
    with contextlib.suppress(OSError):  # The other side was faster.
        handle.shutdown(socket.SHUT_RDWR)
