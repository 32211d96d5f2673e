"""A slow line of our own: a TCP proxy on loopback that lets bytes pass at a rate in each direction, and counts them."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass, field

CHUNK = 16 * 1024
MBIT = 1_000_000 / 8


@dataclass(slots=True)
class Direction:
    """Bytes pass at `mbit` Mbit/s, all connections of the line together."""

    mbit: float
    passed: int = 0
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, size: int) -> None:
        """Until `size` bytes may have passed."""
        with self._lock:
            self.passed += size
            self._free_at = max(time.monotonic(), self._free_at) + size / (self.mbit * MBIT)
            until = self._free_at
        time.sleep(max(0.0, until - time.monotonic()))


class Line:
    """Listens on a free port and passes everything on to `target` (host, port)."""

    def __init__(self, target: tuple[str, int], *, up_mbit: float, down_mbit: float) -> None:
        self.target, self.up, self.down = target, Direction(up_mbit), Direction(down_mbit)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            far = socket.create_connection(self.target)
            for source, sink, direction in ((near, far, self.up), (far, near, self.down)):
                # Small buffers, so that what the kernel holds does not count as sent.
                source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * CHUNK)
                threading.Thread(target=_pass_on, args=(source, sink, direction), daemon=True).start()

    def close(self) -> None:
        """No further connections."""
        self.listener.close()


def _pass_on(source: socket.socket, sink: socket.socket, direction: Direction) -> None:
    try:
        while chunk := source.recv(CHUNK):
            direction.wait(len(chunk))
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        sink.close()
