"""Seeding by SQL: what each statement writes is in seed.sql beside this file.

Each run has 100 rounds, six hours apart, so that a device's 100 blocks lie in four or five weeks; 100 devices work in
each run, one pledge each. One block in a hundred was rejected, one reversed, three were audited. `manage.py
audit_compute` finds nothing wrong with it.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from accounts.models import User
from compute_pledges.models import ComputePledge, Device, GpuTimeDay, JournalClosing, PledgeHour, Round, TrainingRun
from projects.models import Project
from tests.factories.compute import make_run
from tests.factories.people import make_project
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND

STATEMENTS = Path(__file__).with_name("seed.sql").read_text().split(";\n")
ROUNDS, DEVICES = 100, 100
BLOCKS_OF_A_RUN = ROUNDS * DEVICES
RATE = 50_000_000_000
# Evenings and nights, 56 hours.
HOURS_OF_A_WEEK = [day * 24 + hour for day in range(7) for hour in range(16, 24)]


def grow(before: int, after: int) -> None:
    """From `before` blocks to `after`, committed, and looked over for the planner's statistics."""
    for number in range(before // BLOCKS_OF_A_RUN, after // BLOCKS_OF_A_RUN):
        _one_run(number)
    # The new blocks are older than now: what is closed already is summed again with them.
    GpuTimeDay.objects.all().delete()
    JournalClosing.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _one_run(number: int) -> None:
    begins = timezone.now() - timedelta(hours=6 * ROUNDS + 12)
    project = make_project(slug=f"bench-{number}", state="live", compute_ends_at=timezone.now() + timedelta(days=9))
    run = make_run(project=project)
    TrainingRun.objects.filter(pk=run.pk).update(created_at=begins)
    Round.objects.bulk_create(
        Round(
            run=run, index=index, theta_sha256="a" * 64, duration_seconds=600, held_out_loss=4.0,
            opened_at=begins + timedelta(hours=6 * index), closed_at=begins + timedelta(hours=6 * index, seconds=600),
            tokens=DEVICES * 20 * 8 * 64,
        )
        for index in range(ROUNDS)
    )  # fmt: skip
    _blocks(project, run, _devices(number, begins), begins)


def _devices(number: int, begins: datetime) -> list[Device]:
    people = User.objects.bulk_create(User(email=f"v{number}-{n}@bench.example", name=f"V{n}") for n in range(DEVICES))
    return Device.objects.bulk_create(
        Device(
            owner=person, name="machine", public_key=uuid4().bytes * 2, paired_at=begins, catalog_slug="cpu-thread",
            calibrated_flops_per_second=RATE, calibrated_at=begins, best_flops_per_second=RATE, consecutive_valid=50,
        )
        for person in people
    )  # fmt: skip


def _blocks(project: Project, run: TrainingRun, devices: list[Device], begins: datetime) -> None:
    pledges = ComputePledge.objects.bulk_create(
        ComputePledge(
            client_token=uuid4(), project=project, backer=device.owner, device=device, catalog_slug="cpu-thread",
            pledged_us=10**12, state="delivering", created_at=begins, accepted_at=begins,
        )
        for device in devices
    )  # fmt: skip
    PledgeHour.objects.bulk_create(
        (
            PledgeHour(pledge=pledge, device_id=pledge.device_id, slot=slot)
            for pledge in pledges
            for slot in HOURS_OF_A_WEEK
        ),
        batch_size=5000,
    )
    values = {
        "devices": [device.pk for device in devices], "pledges": [pledge.pk for pledge in pledges],
        "runs": [run.pk] * DEVICES, "projects": [project.pk] * DEVICES, "rates": [RATE] * DEVICES,
        "h100_rate": H100_EQUIVALENT_FLOPS_PER_SECOND, "losses": json.dumps([4.0] * 20),
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, values)
