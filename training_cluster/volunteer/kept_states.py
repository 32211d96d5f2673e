"""States at segment ends, kept for a while on this machine: the platform may ask for two of them to audit a segment.

Losing them costs nothing (the whole block is replayed then), so a full disk only ends the keeping.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training_cluster.client import Api, ApiError
from training_cluster.model import sha256
from training_cluster.uploading import upload
from training_cluster.volunteer.traffic import GIB

if TYPE_CHECKING:
    from training_cluster.block import InnerState

logger = logging.getLogger(__name__)
MOST_BYTES = 8 * GIB
SHUT_OUT = (401, 403)


class KeptStates:
    """A folder for each lease, `N.weights` and `N.moments` for the end of segment N; the oldest leases go first."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder, self.most_bytes = folder / "states", most_bytes

    def keep(self, lease_id: str, number: int, state: InnerState) -> None:
        """Write it, unless the disk is full."""
        from training_cluster.block import as_bytes

        place = self.folder / lease_id
        try:
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{number}.weights").write_bytes(as_bytes(state.weights))
            (place / f"{number}.moments").write_bytes(as_bytes(state.moments))
        except OSError as error:
            logger.info("state_not_kept lease=%s reason=%s", lease_id, error)
            shutil.rmtree(place, ignore_errors=True)
        self._bound(place)

    def _bound(self, newest: Path) -> None:
        leases = sorted((path for path in self.folder.glob("*") if path != newest), key=lambda p: p.stat().st_mtime)
        here = [path for path in (*leases, newest) if path.exists()]
        sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in here}
        total = sum(sizes.values())
        for path in leases:
            if total <= self.most_bytes:
                return
            total -= sizes[path]
            shutil.rmtree(path, ignore_errors=True)

    def reveal(self, api: Api, asked: dict[str, Any]) -> str:
        """Upload what an audit asks for and name it, or say that it cannot be had: the whole block is replayed then.

        Raises ApiError when this machine is shut out, PlatformAway.
        """
        place, segment = self.folder / asked["lease_id"], int(asked["segment"])
        files = {
            f"{side}_{part}": place / f"{number}.{part}"
            for side, number in (("start", segment - 1), ("end", segment)) if number > 0
            for part in ("weights", "moments")
        }  # fmt: skip
        # After the last whole segment comes the update itself, which the platform has.
        if not (place / f"{segment}.weights").exists():
            files = {name: file for name, file in files.items() if name.startswith("start")}
        path = f"/api/v1/audits/{asked['audit_id']}/reveal"
        if files and all(file.exists() for file in files.values()):
            try:
                return str(api.post(path, {name: self._send(api, name, file) for name, file in files.items()})["state"])
            except ApiError as refusal:
                if refusal.status in SHUT_OUT:
                    raise
                logger.warning("state_not_taken lease=%s reason=%s", asked["lease_id"], refusal)
        return str(api.post(path, {"gone": True})["state"])

    def _send(self, api: Api, name: str, file: Path) -> str:
        payload = file.read_bytes()
        # Only the hash of the end's moments is needed, to check the commitment.
        return sha256(payload) if name == "end_moments" else upload(api, payload)
