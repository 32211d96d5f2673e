"""The exchange by storage: volunteers upload and hand in a signed receipt, the anchor reduces what arrived.

No daemon, no open port, and the platform has hashed each update before the anchor reads it: what is averaged is what
was uploaded, and a round can be reduced again after a crash, bit for bit. Several reducers may share the coordinates.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from torch import Tensor

from training_cluster.block import Block
from training_cluster.client import Api, ApiError
from training_cluster.exchanges import AnchorExchange, Gathered, VolunteerExchange
from training_cluster.peers import PeerKey
from training_cluster.reducing import parts_of, reduce_files
from training_cluster.robust import Robust
from training_cluster.screens import alike, draw_places, sample_file
from training_cluster.spec import RunSpec
from training_cluster.uploading import upload

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.2
# A receipt follows its upload by a moment; a machine that stopped answering is not waited for beyond this.
GRACE_SECONDS = 2.0
# What a round's close says of each update.
MERGED = ("peer_id", "lease_id", "weight", "update_sha256")


class UploadAnchor(AnchorExchange):
    """Reads receipts and updates of a round from the platform. `reducers`: how many programs share the reduction."""

    adapts = True

    def __init__(self, api: Api, spec: RunSpec, size: int, folder: Path, reducers: int = 1) -> None:
        self.api, self.spec, self.size, self.folder, self.reducers = api, spec, size, folder / "updates", reducers
        self.robust = Robust(spec.hyper.reduction, spec.hyper.clip)
        api.post(self.path("/anchor"), {"peer_id": "platform", "addresses": ["https"]})
        logger.info("anchor_ready run=%s exchange=upload reducers=%d", spec.run_id, reducers)

    def path(self, rest: str) -> str:
        """Address of this run at the platform."""
        return f"/api/v1/runs/{self.spec.run_id}{rest}"

    def peers(self) -> dict[str, Any]:
        """Who works in the newest round."""
        bound: dict[str, Any] = self.api.get(self.path("/bindings"))["peers"]
        return bound

    def gather(self, index: int, seconds: float) -> Gathered:
        """Wait for the receipts of this round, then reduce their updates in the order of their leases."""
        rows, is_owed = self.receipts(index, seconds)
        if not rows:
            return Gathered(is_owed=is_owed)
        seeds = {str(row["lease_id"]): int(row["seed"]) for row in rows}
        rows = [{name: row[name] for name in MERGED} for row in rows]
        update = self.shared(index, rows) if self.reducers > 1 else None
        found = Gathered(rows, update) if update is not None else self.alone(rows)
        found.is_owed, found.seeds = is_owed, seeds
        return found

    def receipts(self, index: int, seconds: float) -> tuple[list[dict[str, Any]], bool]:
        """What signed receipts name once all machines answered or the time is over; whether some still owe one."""
        until = time.monotonic() + seconds + GRACE_SECONDS
        while True:
            answer = self.api.get(self.path(f"/rounds/{index}/updates"))
            if not answer["open"] or time.monotonic() > until or self.api.stopping.wait(POLL_SECONDS):
                return sorted(answer["updates"], key=lambda row: str(row["lease_id"])), bool(answer["open"])

    def alone(self, rows: list[dict[str, Any]]) -> Gathered:
        """Reduce here; rows whose update cannot be read are left out."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files: list[tuple[Path, float]] = []
        found, places = Gathered(), draw_places(self.size)
        sketches: dict[str, Tensor] = {}
        for row in rows:
            file = self.folder / row["update_sha256"]
            if self.fetch(row["update_sha256"], file):
                files.append((file, float(row["weight"])))
                found.contributions.append(row)
                sketches[str(row["lease_id"])] = sample_file(file, places)
        found.alike = alike(sketches)
        found.update = reduce_files(files, self.robust, 0, self.size) if files else None
        for file, _ in files:
            file.unlink(missing_ok=True)
        return found

    def fetch(self, sha256: str, file: Path) -> bool:
        """Bring an update here; False for one of another size or with values that are not finite."""
        try:
            payload = self.api.get_blob(sha256)
        except ApiError as error:
            logger.warning("update_missing sha256=%s reason=%s", sha256[:12], error)
            return False
        if len(payload) != 2 * self.size or not np.isfinite(np.frombuffer(payload, "<f2")).all():
            logger.warning("update_refused sha256=%s bytes=%d", sha256[:12], len(payload))
            return False
        file.write_bytes(payload)
        return True

    def shared(self, index: int, rows: list[dict[str, Any]]) -> Tensor | None:
        """Let the reducers do it; None when one of them does not answer in time."""
        plan = {"parts": self.reducers, "size": self.size, "updates": rows}
        self.api.post(self.path(f"/rounds/{index}/reduction"), plan)
        until = time.monotonic() + self.spec.hyper.exchange_seconds + GRACE_SECONDS
        while time.monotonic() < until:
            done = self.api.get(self.path(f"/rounds/{index}/reduction"))["done"]
            if len(done) == self.reducers:
                return self.joined([done[str(part)] for part in range(self.reducers)])
            if self.api.stopping.wait(POLL_SECONDS):
                break
        logger.warning("reducers_late round=%d", index)
        return None

    def joined(self, names: list[str]) -> Tensor | None:
        """The parts one after the other; None when one has another size."""
        payloads = [self.api.get_blob(name) for name in names]
        spans = parts_of(self.size, self.reducers)
        if any(len(payload) != 4 * (b - a) for payload, (a, b) in zip(payloads, spans, strict=True)):
            return None
        return torch.frombuffer(bytearray(b"".join(payloads)), dtype=torch.float32)

    def close(self) -> None:
        """Nothing is open."""


class UploadVolunteer(VolunteerExchange):
    """The peer id is the device's own key: every request is signed with it."""

    def __init__(self, api: Api, key: Ed25519PrivateKey) -> None:
        self.api, self.identity = api, PeerKey.of(key)

    def send(self, block: Block, payload: bytes) -> bool:
        """Upload; the receipt that follows brings it into the average."""
        upload(self.api, payload)
        return True

    def close(self) -> None:
        """Nothing is open."""
