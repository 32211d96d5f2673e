"""A run whose curve was recorded from the demo's own machines: what a run that is over looks like.

curve.json holds the rounds of a run of Pocket Python by two machines: held-out loss, seconds, hash of the weights, and
the checkpoint's answer. No block, lease or credit comes with it.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from compute_pledges.examples import DEMO_CONFIG
from compute_pledges.models import Round, TrainingRun
from compute_pledges.services.runs import start_run
from projects.models import Project

FILE = Path(__file__).with_name("curve.json")
SLUG = "first-thread"


@transaction.atomic
def record_run(*, now: datetime) -> None:
    """The recorded run, once, as stopped before anything could train it."""
    project = Project.objects.get(slug=SLUG)
    if project.state != Project.State.DELIVERING or TrainingRun.objects.filter(project=project).exists():
        return
    rows = json.loads(FILE.read_text())
    at = now - timedelta(days=4)
    run = start_run(
        project=project, user=project.creator, name="First Thread", config=DEMO_CONFIG,
        hyper={"communication_share": 0.4}, prompt="def main(", now=at,
    )  # fmt: skip
    rounds = []
    for index, row in enumerate(rows):
        opened, at = at, at + timedelta(seconds=row["seconds"])
        rounds.append(
            Round(
                run=run, index=index, theta_sha256=row["theta_sha256"], duration_seconds=row["seconds"],
                opened_at=opened, closed_at=at, held_out_loss=row["loss"], sample=row["sample"],
            )
        )  # fmt: skip
    Round.objects.bulk_create(rounds)
    TrainingRun.objects.filter(pk=run.pk).update(state=TrainingRun.State.STOPPED)
