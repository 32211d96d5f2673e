"""Which run a device works for, and the run's specifications as agents read them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from compute_pledges.errors import RunRefused
from compute_pledges.matching.choosing import choose_run
from compute_pledges.models import Device, RunSpecification, TrainingRun
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


def keep_spec(run: TrainingRun) -> str:
    """Keep the specification that the run has now, so that its blocks can be replayed by it; returns its hash."""
    body = run_spec(run)
    sha256 = hashlib.sha256(canonical_json(body)).hexdigest()
    RunSpecification.objects.get_or_create(run=run, sha256=sha256, defaults={"body": body})
    return sha256


def kept_spec(*, run: TrainingRun, sha256: str) -> dict[str, Any]:
    """The specification of this hash that the run has or had. Raises RunRefused."""
    kept = RunSpecification.objects.filter(run=run, sha256=sha256[:64]).first()
    if kept is None:
        raise RunRefused(gettext("The run never had a specification of this hash."))
    body: dict[str, Any] = kept.body
    return body
