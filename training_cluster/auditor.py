"""The auditor: replays what the platform drew and reports how far the upload lies from the replay.

It runs beside the platform, and on machines of trusted volunteers (`commonweave-worker audit`).
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from training_cluster.client import Api, ApiError, PlatformAway, bearer
from training_cluster.data import Shards, open_learner
from training_cluster.learner import Learner
from training_cluster.lifetime import stop_on_signals
from training_cluster.model import decode
from training_cluster.replay import Replay
from training_cluster.spec import RunSpec

logger = logging.getLogger("auditor")
IDLE_SECONDS, KEEP_SECONDS = 1.0, 60.0
PLATFORM_PATIENCE_SECONDS = 3600.0
STOP_SECONDS = 6.0
RUNS_KEPT = 4


class Auditor:
    """Keeps the models and data of the last specifications between audits."""

    def __init__(self, api: Api, name: str = "") -> None:
        self.api, self.who = api, {"name": name}
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
        """Claim and judge one block; False when there is none. Raises ApiError, PlatformAway."""
        claimed = self.api.post("/api/v1/audits/claim", self.who)
        if claimed is None:
            return False
        begun = time.monotonic()
        report: dict[str, Any] = {"relative_l2": None, "max_loss_difference": None, "error": ""}
        with self.at_work(claimed["audit_id"]):
            try:
                report |= self.replay(claimed)
            except ValueError as error:
                report["error"] = str(error)[:300]
            except (ApiError, PlatformAway, MemoryError, RuntimeError) as error:
                # Ours, not the block's: the audit is given back and tried again.
                report["trouble"] = f"{type(error).__name__}: {error}"[:300]
                self.runs.clear()
        report["seconds"] = round(time.monotonic() - begun, 3)
        self.api.post(f"/api/v1/audits/{claimed['audit_id']}/result", {**self.who, **report})
        logger.info("audited audit=%s report=%s", claimed["audit_id"], report)
        return True

    @contextmanager
    def at_work(self, audit_id: str) -> Iterator[None]:
        """Tells the platform every minute that the audit is still being done."""
        done = threading.Event()

        def tell() -> None:
            while not done.wait(KEEP_SECONDS):
                try:
                    self.api.post(f"/api/v1/audits/{audit_id}/keep", self.who)
                except (ApiError, PlatformAway) as error:
                    logger.info("audit_not_kept reason=%s", error)

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            done.set()
            teller.join()

    def replay(self, claimed: dict[str, Any]) -> dict[str, float]:
        """Train it again from the same state and seed. Raises ValueError, ApiError."""
        lease = claimed["lease"]
        spec, model, shards = self.run_of(lease["run_id"], lease["spec_sha256"])
        theta = decode(self.api.get_blob(lease["theta_sha256"]))
        replay = Replay(
            api=self.api, model=model, hyper=spec.hyper, theta=theta, tokens=shards.of(lease["seed"]),
            seed=lease["seed"], receipt=claimed["receipt"], segment=claimed.get("segment"),
            reveal=claimed.get("reveal") or {},
        )  # fmt: skip
        return replay.findings()


def main() -> int:
    """Audit until told to stop."""
    parser = argparse.ArgumentParser(prog="commonweave-auditor", description=__doc__)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--name", default=socket.gethostname(), help="auditors of other names take second looks")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    torch.set_num_threads(1)
    stopping = threading.Event()
    stop_on_signals(stopping, STOP_SECONDS)
    token = os.environ["COMMONWEAVE_AUDITOR_TOKEN"]
    auditor = Auditor(Api(arguments.platform, bearer(token), PLATFORM_PATIENCE_SECONDS, stopping), arguments.name[:80])
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
