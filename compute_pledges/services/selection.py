"""Which run a device works for, and the run's specification as agents read it."""

from __future__ import annotations

import hashlib
from typing import Any

from compute_pledges.models import ComputePledge, Device, TrainingRun
from training_cluster.protocol import canonical_json


def run_for_device(*, device: Device) -> TrainingRun | None:
    """The running run of a project that the device is pledged to: the oldest pledge not yet fulfilled first."""
    pledges = ComputePledge.objects.filter(device=device, state__in=ComputePledge.OPEN_STATES)
    for pledge in pledges.order_by("created_at"):
        run = TrainingRun.objects.filter(project_id=pledge.project_id, state=TrainingRun.State.RUNNING).first()
        if run is not None:
            return run
    return None


def run_spec(run: TrainingRun) -> dict[str, Any]:
    """The declarative specification of a run."""
    return {
        "run_id": str(run.pk),
        "name": run.name,
        "config": run.config,
        "tokenizer": "bytes",
        "data": run.data,
        "hyper": run.hyper,
        "prompt": run.prompt,
    }


def spec_sha256(run: TrainingRun) -> str:
    """Hash of the specification's canonical JSON."""
    return hashlib.sha256(canonical_json(run_spec(run))).hexdigest()
