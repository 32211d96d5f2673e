"""The signed receipt of a block: kept on this machine until the platform has answered it, sent again after trouble."""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training_cluster.client import Api, ApiError
from training_cluster.folder import Folder
from training_cluster.hardware import hardware
from training_cluster.keys import b64
from training_cluster.model import sha256
from training_cluster.protocol import canonical_json
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

    def keep(self, round_index: int, receipt: dict[str, Any]) -> dict[str, Any]:
        """Sign it, and keep it with its round until it is answered."""
        kept = {"round": round_index, **self.signed(receipt)}
        try:
            self.folder.remember_receipt(kept)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            logger.info("receipt_not_kept lease=%s reason=%s", receipt["lease_id"], error)
        return kept

    def send(self, api: Api, kept: dict[str, Any]) -> int:
        """The microseconds that the platform reports for it; the same answer when it had it already.

        Raises BlockLost when it is refused for good; ApiError and PlatformAway leave it kept.
        """
        body = {"receipt": kept["receipt"], "signature": kept["signature"]}
        try:
            answer = api.post(f"/api/v1/leases/{kept['receipt']['lease_id']}/receipt", body)
        except ApiError as error:
            if not is_final(error):
                raise
            self.folder.forget_receipt()
            raise BlockLost(str(error)) from error
        self.folder.forget_lease()
        self.folder.forget_receipt()
        return int(answer["device_us"])
