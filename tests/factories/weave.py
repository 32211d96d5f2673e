"""A run with many rounds and machines, written as rows: what pages draw, without training."""

import math
from datetime import timedelta

from compute_pledges.models import Device, Lease, Round, WorkResult
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_user

STATES = ("verified", "verified", "settled", "auditing", "verified", "rejected", "settled")


def make_weave(project, *, machines=5, rounds=24, now=NOW, owners=None):
    """Every machine misses some rounds; the held-out loss falls."""
    run = project.training_runs.first() or make_run(project=project)
    owners = owners or [make_user() for _ in range(machines)]
    devices = [
        Device.objects.create(
            owner=owners[number % len(owners)], name=f"machine {number}", public_key=bytes([number]) * 32, paired_at=now
        )
        for number in range(machines)
    ]
    for index in range(rounds):
        round_ = _round(run, index, now)
        for number, device in enumerate(devices):
            if (index * 7 + number * 5) % 11 < 8 and index >= number * 2:
                _result(round_, device, number, now)
    return run


def _round(run, index, now):
    at = now + timedelta(seconds=12 * index)
    return Round.objects.create(
        run=run, index=index, theta_sha256="a" * 64, duration_seconds=12, opened_at=at,
        closed_at=at + timedelta(seconds=12), held_out_loss=2 + 3.5 * math.exp(-index / 7),
        sample="    return self.value\n",
    )  # fmt: skip


def _result(round_, device, number, now):
    lease = Lease.objects.create(
        kind="training", run=round_.run, round=round_, device=device, peer_id=f"p{number}", seed=1, nonce="n" * 32,
        batch=4, sequence=64, max_steps=40, segment_steps=8, state="answered", issued_at=now, expires_at=now,
    )  # fmt: skip
    pick = round_.index + number
    WorkResult.objects.create(
        lease=lease, device=device, receipt={}, signature=b"s" * 64, update_sha256="b" * 64, steps=20,
        tokens=1000 + 700 * (pick % 4), flops=10**12, device_us=8_000_000, h100_us=2_000,
        state=STATES[pick % len(STATES)], received_at=now,
    )  # fmt: skip
