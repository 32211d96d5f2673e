"""The signed receipt of a block: kept on this machine until the platform has answered it, sent again after trouble."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training_cluster.client import Api, ApiError
from training_cluster.folder import Folder
from training_cluster.hardware import hardware
from training_cluster.keys import b64
from training_cluster.model import sha256
from training_cluster.protocol import canonical_json
from training_cluster.uploading import upload
from training_cluster.volunteer.troubles import BlockLost, is_final

if TYPE_CHECKING:
    from training_cluster.block import Block

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Receipts:
    """One device's; at most one receipt waits, because a device has one lease."""

    folder: Folder
    device_id: str

    def describe(
        self, lease: dict[str, Any], block: Block, payload: bytes, *, is_finished: bool, is_merged: bool
    ) -> dict[str, Any]:
        """What was done for a lease."""
        return {
            "lease_id": lease["lease_id"],
            "nonce": lease["nonce"],
            "device_id": self.device_id,
            "steps": block.steps,
            "losses": block.losses,
            "update_sha256": sha256(payload),
            "segment_commitments": block.commitments,
            "hardware_class": hardware()["kind"],
            "finished": is_finished,
            "merged": is_merged,
        }

    def signed(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """A receipt with this device's signature, as the platform takes it."""
        return {"receipt": receipt, "signature": b64(self.folder.key.sign(canonical_json(receipt)))}

    def keep(self, round_index: int, receipt: dict[str, Any], payload: bytes | None = None) -> dict[str, Any]:
        """Sign it, and keep it with its round, and its update where one is given, until it is answered."""
        kept = {"round": round_index, **self.signed(receipt)}
        self._keep_if_room(lambda: self.folder.remember_receipt(kept))
        if payload is not None:
            self._keep_if_room(lambda: self.folder.remember_update(payload))
        return kept

    def _keep_if_room(self, remember: Callable[[], None]) -> None:
        try:
            remember()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            logger.info("block_not_kept device=%s reason=%s", self.device_id, error)

    def give_back_lease(self, api: Api) -> None:
        """An open lease would block the next one until it expires."""
        if lease_id := self.folder.open_lease():
            api.post(f"/api/v1/leases/{lease_id}/abandon")
            self.folder.forget_lease()

    def send(self, api: Api, kept: dict[str, Any]) -> int:
        """The microseconds that the platform reports for it; the same answer when it had it already.

        What its upload lacks is sent first. Raises BlockLost when it is refused for good; ApiError and PlatformAway
        leave it kept.
        """
        body = {"receipt": kept["receipt"], "signature": kept["signature"]}
        try:
            if (payload := self.folder.kept_update()) and sha256(payload) == kept["receipt"]["update_sha256"]:
                upload(api, payload)
            answer = api.post(f"/api/v1/leases/{kept['receipt']['lease_id']}/receipt", body)
        except ApiError as error:
            if not is_final(error):
                raise
            self.folder.forget_receipt()
            raise BlockLost(str(error)) from error
        self.folder.forget_lease()
        self.folder.forget_receipt()
        return int(answer["device_us"])
