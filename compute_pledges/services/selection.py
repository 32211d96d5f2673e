"""Which run a device works for, and the run's specification as agents read it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from compute_pledges.matching.choosing import choose_run
from compute_pledges.models import Device, TrainingRun
from training_cluster.protocol import canonical_json


def run_for_device(*, device: Device, at: datetime) -> TrainingRun | None:
    """The running run that the device's hours back at `at` and that fits it."""
    return choose_run(device=device, at=at)


def run_spec(run: TrainingRun) -> dict[str, Any]:
    """The declarative specification of a run."""
    start = {"start": run.start_sha256} if run.start_sha256 else {}
    return {
        "run_id": str(run.pk),
        "name": run.name,
        "config": run.config,
        "tokenizer": run.tokenizer,
        "data": run.data,
        "hyper": run.hyper,
        "prompt": run.prompt,
        **start,
    }


def spec_sha256(run: TrainingRun) -> str:
    """Hash of the specification's canonical JSON."""
    return hashlib.sha256(canonical_json(run_spec(run))).hexdigest()
