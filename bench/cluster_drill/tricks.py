"""Cheats of the books: the work may be real, the claim is not. What was tried and what the platform said is noted."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from torch import Tensor

from bench.cluster_drill.cheats import CHEATS, HONEST_BLOCKS, Cheat
from training_cluster.block import Block, decode_update
from training_cluster.client import ApiError, device_signature
from training_cluster.keys import b64
from training_cluster.model import sha256
from training_cluster.protocol import request_message
from training_cluster.session import Session

REPEATS = 4
FAR_SECONDS, NEAR_SECONDS = 3600, 240
SLOW_STEPS, SLOW_SECONDS = 5, 15.0


class Trickster(Cheat):
    """Tries calls that must be refused."""

    def attempt(self, what: str, path: str, body: dict[str, Any]) -> None:
        """One forged call; the platform's answer is part of the account."""
        try:
            self.api.post(path, body)
        except ApiError as error:
            self.note(tried=what, refused=str(error))
        else:
            self.note(tried=what, refused="")


class StolenReceipt(Trickster):
    """Another machine's signed receipt: as it is, for one's own lease, signed anew; then its update as one's own."""

    def cheat(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        stolen = json.loads((self.folder.path / "stolen.json").read_text())
        theirs, own = stolen["receipt"], f"/api/v1/leases/{lease['lease_id']}/receipt"
        signed = self.receipts.signed
        self.attempt("their receipt, their lease", f"/api/v1/leases/{theirs['lease_id']}/receipt", stolen)
        self.attempt("their receipt, own lease", own, stolen)
        self.attempt("their receipt, signed anew", f"/api/v1/leases/{theirs['lease_id']}/receipt", signed(theirs))
        renamed = {**theirs, "device_id": self.device_id}
        self.attempt("renamed", f"/api/v1/leases/{theirs['lease_id']}/receipt", signed(renamed))
        update = decode_update(self.api.get_blob(theirs["update_sha256"]), theta.numel())
        return Block(update, theirs["losses"], theirs["segment_commitments"])


class TwoPledges(Trickster):
    """One machine backs the project twice; each block is handed in again, at once and several times, for both."""

    def train(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """The work is real."""
        if self.handed_in > HONEST_BLOCKS:
            self.stopping.set()
        return self.work_for(session, lease, theta, deadline, lease["max_steps"])

    def hand_in(self, lease: dict[str, Any], block: Block, payload: bytes, *, is_merged: bool) -> None:
        """Once, then again."""
        super().hand_in(lease, block, payload, is_merged=is_merged)
        self.note(doubled=lease["lease_id"])
        path = f"/api/v1/leases/{lease['lease_id']}/receipt"
        sent = self.receipts.describe(lease, block, payload, is_finished=True, is_merged=is_merged)
        same, other = self.receipts.signed(sent), self.receipts.signed({**sent, "merged": not is_merged})
        with ThreadPoolExecutor(REPEATS) as pool:
            list(pool.map(lambda _: self.api.post(path, same), range(REPEATS)))
        self.attempt("another receipt for the same lease", path, other)


class ClockForward(Trickster):
    """Signs calls an hour ahead, then works with a clock four minutes ahead, which the platform lets pass."""

    def ahead(self, seconds: int) -> Any:
        """Headers of a machine whose clock is wrong."""
        right = device_signature(self.folder.key, self.device_id)

        def headers(method: str, path: str, body: bytes) -> dict[str, str]:
            found = right(method, path, body)
            stamp = str(int(time.time()) + seconds)
            message = request_message(
                method=method, path=path, timestamp=stamp, nonce=found["X-Commonweave-Nonce"], body_sha256=sha256(body)
            )
            signature = b64(self.folder.key.sign(message))
            return {**found, "X-Commonweave-Timestamp": stamp, "X-Commonweave-Signature": signature}

        return headers

    def train(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """The work is real; what is claimed is its time."""
        if self.handed_in >= HONEST_BLOCKS:
            self.api.authorize = self.ahead(FAR_SECONDS)
            self.attempt("a call an hour ahead", f"/api/v1/leases/{lease['lease_id']}/abandon", {})
            self.api.authorize = self.ahead(NEAR_SECONDS)
            self.note(ahead=lease["lease_id"])
        if self.handed_in > HONEST_BLOCKS:
            self.stopping.set()
        return self.work_for(session, lease, theta, deadline, lease["max_steps"])


class SlowCalibration(Trickster):
    """A few steps in a long time when it is measured, full speed afterwards: each step should be worth more."""

    def train(self, session: Session, lease: dict[str, Any], theta: Tensor, deadline: float) -> Block:
        """Slow first."""
        if self.handed_in > HONEST_BLOCKS:
            self.stopping.set()
        steps = lease["max_steps"] if self.handed_in else SLOW_STEPS
        self.note(priced=lease["lease_id"])
        return self.work_for(session, lease, theta, deadline, steps)

    def hand_in(self, lease: dict[str, Any], block: Block, payload: bytes, *, is_merged: bool) -> None:
        """Late, the first time."""
        if not self.handed_in:
            time.sleep(SLOW_SECONDS)
        super().hand_in(lease, block, payload, is_merged=is_merged)


ALL: dict[str, type[Cheat]] = {
    **CHEATS,
    "stolen_receipt": StolenReceipt,
    "two_pledges": TwoPledges,
    "clock_forward": ClockForward,
    "slow_calibration": SlowCalibration,
}
