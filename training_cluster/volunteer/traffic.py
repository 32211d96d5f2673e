"""Bytes in and out over HTTP: counted by month, kept within the owner's bandwidth."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

GIB = 2**30
MBIT = 1_000_000 / 8
CHUNK = 64 * 1024
FILE = "traffic.json"


@dataclass(slots=True)
class Meter:
    """Bytes of the current month (UTC), kept in the machine's folder; the agents of several GPUs count together."""

    folder: Path

    def this_month(self) -> int:
        """In and out together."""
        return sum(self._read().values())

    def add(self, *, up: int = 0, down: int = 0) -> None:
        """Count them."""
        with self._alone():
            kept = self._read()
            counted = {"up": kept["up"] + up, "down": kept["down"] + down}
            candidate = self.folder / f"{FILE}.{os.getpid()}.new"
            candidate.write_text(json.dumps({"month": _month(), **counted}))
            candidate.replace(self.folder / FILE)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One thread of one process at a time."""
        with (self.folder / f"{FILE}.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            try:
                yield
            finally:
                # Closing would not do: a process forked meanwhile has the file open too, and with it the lock.
                fcntl.flock(held, fcntl.LOCK_UN)

    def _read(self) -> dict[str, int]:
        file = self.folder / FILE
        kept = json.loads(file.read_text()) if file.exists() else {}
        if kept.get("month") != _month():
            return {"up": 0, "down": 0}
        return {"up": int(kept["up"]), "down": int(kept["down"])}


def _month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"


@dataclass(slots=True)
class Pace:
    """Waits so that bytes pass at `mbit` at the most; None lets everything pass. Asked anew for each chunk."""

    mbit: Callable[[], float | None] = lambda: None
    sleep: Callable[[float], object] = time.sleep
    _free_at: float = 0.0

    def wait(self, size: int) -> None:
        """Before or after `size` bytes."""
        rate = self.mbit()
        if rate is None:
            return
        now = time.monotonic()
        begun = max(now, self._free_at)
        self._free_at = begun + size / (rate * MBIT)
        self.sleep(self._free_at - now)


class Body:
    """`payload` as a file that is read at a pace; its length is known, so that no server needs chunked bodies."""

    def __init__(self, payload: bytes, pace: Pace) -> None:
        self.payload, self.pace, self.at = payload, pace, 0

    def __len__(self) -> int:
        return len(self.payload)

    def read(self, size: int = -1) -> bytes:
        """The next bytes, a chunk at the most."""
        end = self.at + (CHUNK if size < 0 else min(size, CHUNK))
        part = self.payload[self.at : end]
        self.at += len(part)
        self.pace.wait(len(part))
        return part


@dataclass(slots=True)
class Traffic:
    """Both directions of the agent's HTTP; unpaced and uncounted by default."""

    meter: Meter | None = None
    up: Pace = field(default_factory=Pace)
    down: Pace = field(default_factory=Pace)

    def is_paced(self) -> bool:
        """Whether the owner limits either direction now."""
        return self.up.mbit() is not None or self.down.mbit() is not None

    def count(self, *, up: int, down: int) -> None:
        """Bytes that did not pass through here."""
        if self.meter:
            self.meter.add(up=up, down=down)

    def sending(self, payload: bytes) -> Body:
        """`payload` to be sent, paced and counted."""
        if self.meter:
            self.meter.add(up=len(payload))
        return Body(payload, self.up)

    def received(self, chunks: Iterable[bytes]) -> bytes:
        """All of `chunks`, paced and counted."""
        taken = bytearray()
        for chunk in chunks:
            self.down.wait(len(chunk))
            taken += chunk
        if self.meter:
            self.meter.add(down=len(taken))
        return bytes(taken)
