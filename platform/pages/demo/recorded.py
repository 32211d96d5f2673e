"""Runs whose curves were recorded from the demo's own machines: what a run that is over looks like.

curves/<slug>.json holds the rounds of a run that two machines trained: held-out loss, seconds, hash of the weights,
and the checkpoint's answer (`python -m bench.demo_record`). No block, lease or credit comes with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from compute_pledges.examples import EXAMPLES
from compute_pledges.models import DataSet, Round, TrainingRun
from compute_pledges.services.data_sets import add_data_set
from compute_pledges.services.runs import start_run
from pages.demo.data import chirps, clauses
from projects.models import Project
from training_cluster.protocol_models import AUDIO, CAUSAL

FOLDER = Path(__file__).with_name("curves")
AGO = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Data:
    """A data set that code makes."""

    name: str
    license: str
    language: str
    format: str
    record_bytes: int
    content: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Recording:
    """What was trained for a project's page; without data: Python's standard library."""

    slug: str
    name: str
    task: str
    prompt: str = ""
    data: Data | None = None


RECORDINGS = {
    one.slug: one
    for one in (
        Recording("first-thread", "First Thread", CAUSAL, "def main("),
        Recording(
            "bird-ledger", "Pilot on calls made by code", AUDIO,
            data=Data("Calls of twelve birds, made by code", "CC0-1.0", "zxx", "audio-s16", 2, chirps),
        ),
        Recording(
            "plain-contracts", "Pilot on clauses made by code", CAUSAL, "The tenant shall ",
            Data("Clauses of rental contracts, made by code", "CC0-1.0", "en", "text", 1, clauses),
        ),
    )
}  # fmt: skip


@transaction.atomic
def record_run(*, slug: str, now: datetime) -> None:
    """The recorded run of this project, once, as stopped before anything could train it."""
    project = Project.objects.get(slug=slug)
    if slug not in RECORDINGS or TrainingRun.objects.filter(project=project).exists():
        return
    at = now - AGO
    run = declare(project=project, recording=RECORDINGS[slug], now=at)
    rounds = []
    for index, row in enumerate(json.loads((FOLDER / f"{slug}.json").read_text())):
        opened, at = at, at + timedelta(seconds=row["seconds"])
        rounds.append(
            Round(
                run=run, index=index, theta_sha256=row["theta_sha256"], duration_seconds=row["seconds"],
                opened_at=opened, closed_at=at, held_out_loss=row["loss"], sample=row["sample"],
            )
        )  # fmt: skip
    Round.objects.bulk_create(rounds)
    TrainingRun.objects.filter(pk=run.pk).update(state=TrainingRun.State.STOPPED)


def declare(*, project: Project, recording: Recording, now: datetime) -> TrainingRun:
    """The run, with short rounds to look at, for which more of the time than usual goes into the exchange."""
    return start_run(
        project=project, user=project.creator, name=recording.name, config=EXAMPLES[recording.task],
        hyper={"communication_share": 0.4}, prompt=recording.prompt, now=now,
        data_set=_data_set(project, recording.data, now) if recording.data else None,
    )  # fmt: skip


def _data_set(project: Project, data: Data, now: datetime) -> DataSet:
    return add_data_set(
        owner=project.creator, name=data.name, license_text=data.license, language=data.language,
        data_format=data.format, record_bytes=data.record_bytes, chunks=[data.content()], now=now,
    )  # fmt: skip
