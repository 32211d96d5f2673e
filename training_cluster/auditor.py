"""The auditor: replays blocks that the platform drew and reports how far the upload lies from the replay."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from typing import Any

import torch

from training_cluster.block import decode_update, relative_l2, train_block
from training_cluster.client import Api, ApiError, PlatformAway, bearer
from training_cluster.data import Shards, open_learner
from training_cluster.learner import Learner
from training_cluster.lifetime import stop_on_signals
from training_cluster.model import decode
from training_cluster.spec import RunSpec

logger = logging.getLogger("auditor")
IDLE_SECONDS = 1.0
PLATFORM_PATIENCE_SECONDS = 3600.0
STOP_SECONDS = 6.0
RUNS_KEPT = 4


class Auditor:
    """Keeps the models and data of the last specifications between audits."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.runs: dict[tuple[str, str], tuple[RunSpec, Learner, Shards]] = {}

    def run_of(self, run_id: str, spec_sha256: str) -> tuple[RunSpec, Learner, Shards]:
        """Specification, model and data that a lease was made for: the run's settings may have changed since."""
        key = (run_id, spec_sha256)
        if key not in self.runs:
            while len(self.runs) >= RUNS_KEPT:
                self.runs.pop(next(iter(self.runs)))
            spec = RunSpec.from_body(self.api.get(f"/api/v1/runs/{run_id}/spec?sha256={spec_sha256}"))
            if spec.sha256 != spec_sha256:
                raise ValueError("The specification does not match its hash.")
            learner = open_learner(self.api, spec)
            self.runs[key] = (spec, learner, Shards(self.api, spec, learner))
        return self.runs[key]

    def audit_one(self) -> bool:
        """Claim and judge one block; False when there is none."""
        claimed = self.api.post("/api/v1/audits/claim")
        if claimed is None:
            return False
        begun = time.monotonic()
        report: dict[str, Any] = {"relative_l2": None, "max_loss_difference": None, "error": ""}
        try:
            report |= self.replay(claimed["lease"], claimed["receipt"])
        except (ValueError, ApiError) as error:
            report["error"] = str(error)[:300]
        report["seconds"] = round(time.monotonic() - begun, 3)
        self.api.post(f"/api/v1/audits/{claimed['audit_id']}/result", report)
        logger.info("audited lease=%s report=%s", claimed["lease"]["lease_id"], report)
        return True

    def replay(self, lease: dict[str, Any], receipt: dict[str, Any]) -> dict[str, Any]:
        """Train the block again from the same weights and seed. Raises ValueError, ApiError."""
        spec, model, shards = self.run_of(lease["run_id"], lease["spec_sha256"])
        theta = decode(self.api.get_blob(lease["theta_sha256"]))
        uploaded = decode_update(self.api.get_blob(receipt["update_sha256"]), theta.numel())
        steps = int(receipt["steps"])
        tokens = shards.of(lease["seed"])
        block = train_block(model, theta, tokens, spec.hyper, seed=lease["seed"], go_on=lambda done: done < steps)
        differences = [abs(a - b) for a, b in zip(block.losses, receipt["losses"], strict=True)]
        return {
            "relative_l2": min(relative_l2(block.update, uploaded), 1e6),
            "max_loss_difference": round(max(differences), 6),
        }


def main() -> int:
    """Audit until told to stop."""
    parser = argparse.ArgumentParser(prog="commonweave-auditor", description=__doc__)
    parser.add_argument("--platform", required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    torch.set_num_threads(1)
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS)
    token = os.environ["COMMONWEAVE_AUDITOR_TOKEN"]
    auditor = Auditor(Api(arguments.platform, bearer(token), PLATFORM_PATIENCE_SECONDS, stopping))
    while not stopping.is_set():
        try:
            if not auditor.audit_one():
                stopping.wait(IDLE_SECONDS)
        except (ApiError, PlatformAway) as error:
            logger.warning("audit_interrupted reason=%s", error)
            stopping.wait(IDLE_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
