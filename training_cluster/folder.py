"""What the agent keeps on this machine: its key, its device, the lease it works on, a receipt not yet answered."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any, TextIO

from training_cluster.keys import load_or_create_key

UPDATE = "update.bin"


class FolderProblem(Exception):
    """The folder cannot be used; the message says what to do."""


def is_worked_in(path: Path) -> bool:
    """Whether an agent runs in this folder now: it holds the lock for as long as it lives."""
    try:
        with (path / "lock").open() as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


class Folder:
    """Key, pairing, open lease and receipt. `lock` keeps a second agent out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self.key = load_or_create_key(path / "device.pem")
        except ValueError as error:
            raise FolderProblem(str(error)) from error
        self._lock: TextIO | None = None

    def lock(self) -> None:
        """Held until this process ends. Raises FolderProblem when another agent works here."""
        self._lock = (self.path / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FolderProblem(f"Another agent works in {self.path}. One folder is one device.") from error
        # A hivemind process that outlives us would hold the lock of a file descriptor that it inherited.
        os.register_at_fork(after_in_child=self._lock.close)

    def pairing(self) -> dict[str, str]:
        """Platform and device id. Raises FolderProblem with what to do when this machine is not paired."""
        file = self.path / "device.json"
        if not file.exists():
            raise FolderProblem("This machine is not paired yet. Run: commonweave-worker login --platform ADDRESS")
        pairing: dict[str, str] = json.loads(file.read_text())
        return pairing

    def remember(self, platform: str, device_id: str) -> None:
        """Keep the pairing."""
        self._write("device.json", {"platform": platform, "device_id": device_id})

    def remember_lease(self, lease_id: str) -> None:
        """Before the work begins, so that a crash cannot forget it."""
        self._write("lease.json", {"lease_id": lease_id})

    def open_lease(self) -> str:
        """The lease that was being worked on, or the empty string."""
        file = self.path / "lease.json"
        return str(json.loads(file.read_text())["lease_id"]) if file.exists() else ""

    def forget_lease(self) -> None:
        """It was answered or given back."""
        (self.path / "lease.json").unlink(missing_ok=True)

    def remember_receipt(self, kept: dict[str, Any]) -> None:
        """Before it is sent, so that neither a crash nor a platform that is away loses a finished block."""
        self._write("receipt.json", kept)

    def kept_receipt(self) -> dict[str, Any] | None:
        """What was not answered yet, or None."""
        file = self.path / "receipt.json"
        kept: dict[str, Any] | None = json.loads(file.read_text()) if file.exists() else None
        return kept

    def forget_receipt(self) -> None:
        """The platform took or refused it, and its update with it."""
        (self.path / "receipt.json").unlink(missing_ok=True)
        self.forget_update()

    def remember_update(self, payload: bytes) -> None:
        """Before it is sent, as its receipt: a long upload goes on after a restart."""
        candidate = self.path / f"{UPDATE}.new"
        try:
            candidate.write_bytes(payload)
            candidate.replace(self.path / UPDATE)
        except OSError:
            # Half an update would take the room that others need.
            candidate.unlink(missing_ok=True)
            raise

    def forget_update(self) -> None:
        """The platform has it."""
        (self.path / UPDATE).unlink(missing_ok=True)

    def kept_update(self) -> bytes | None:
        """The update of the kept receipt, or None."""
        file = self.path / UPDATE
        return file.read_bytes() if file.exists() else None

    def _write(self, name: str, value: dict[str, Any]) -> None:
        candidate = self.path / f"{name}.new"
        candidate.write_text(json.dumps(value))
        candidate.replace(self.path / name)
