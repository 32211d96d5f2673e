"""`python -m bench.cluster_drill.seed FOLDER NAME…`: accounts, machines, pledges and a run, by the real services.

Prints {"run": id, "devices": {name: id}} as one line. Each machine gets the agent's own folder, FOLDER/agents/NAME.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import django

from bench.cluster_drill.timetable import CONFIG, HYPER
from training_cluster.folder import Folder
from training_cluster.protocol import enrollment_message

if TYPE_CHECKING:
    from accounts.models import User
    from compute_pledges.models import Device
    from projects.models import Project

HARDWARE = {"kind": "cpu", "model": "drill"}
PLEDGED_US = 100 * 3600 * 1_000_000
WEEK_HOURS = 168
# This one backs the same project twice with one machine, and hopes to be credited twice.
DOUBLE = "two_pledges"


def main() -> int:
    """Everything that people would have done before the run began."""
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    django.setup()
    from django.utils import timezone

    from compute_pledges.services.runs import start_run

    now = timezone.now()
    project = make_project()
    run = start_run(
        project=project, user=project.creator, name="Drill", config=CONFIG, hyper=dict(HYPER), prompt="def ", now=now
    )
    devices = {name: pair(folder, name) for name in names}
    for name, device in devices.items():
        pledge(project, device, times=2 if name == DOUBLE else 1)
    print(json.dumps({"run": str(run.pk), "devices": {name: str(device.pk) for name, device in devices.items()}}))
    return 0


def make_user(name: str) -> User:
    """An account that nobody signs in to."""
    from accounts.models import User

    return User.objects.create(email=f"{name}@drill.example", name=name, password="!")  # noqa: S106  # reason: unusable


def make_project() -> Project:
    """A live project that asks for compute."""
    from django.utils import timezone

    from projects.models import Project

    now = timezone.now()
    return Project.objects.create(
        creator=make_user("creator"), slug="drill", title="Drill", promise="A small open model.", story="Text.",
        model_kind="language", weights_license="Apache-2.0", data_license="CC-BY-4.0", code_license="Apache-2.0",
        currency="EUR", funding_minimum=100_00, compute_minimum_us=3600 * 1_000_000, funding_model="all_or_nothing",
        state="live", launched_at=now, deadline_at=now + timedelta(days=30), compute_ends_at=now + timedelta(days=90),
    )  # fmt: skip


def pair(folder: Path, name: str) -> Device:
    """A machine's key signs the platform's challenge; the agent's folder remembers its pairing."""
    from django.conf import settings
    from django.utils import timezone

    from compute_pledges.services.devices import create_challenge, enroll_device

    home, now = Folder(folder / "agents" / name), timezone.now()
    challenge = create_challenge(owner=make_user(name), now=now)
    device = enroll_device(
        owner=challenge.owner, challenge_id=challenge.pk, public_key=home.key.public_key().public_bytes_raw(),
        signature=home.key.sign(enrollment_message(bytes(challenge.challenge))), name=name, hardware=HARDWARE, now=now,
    )  # fmt: skip
    home.remember(settings.SITE_URL, str(device.pk))
    return device


def pledge(project: Project, device: Device, times: int) -> None:
    """All hours of the week, in one pledge or shared between several."""
    from django.utils import timezone

    from compute_pledges.services.pledges import create_pledge

    for _ in range(times):
        create_pledge(
            project=project, backer=device.owner, catalog_slug=device.catalog_slug, pledged_us=PLEDGED_US,
            hours_per_week=WEEK_HOURS // times, device=device, reward=None, client_token=uuid4(), now=timezone.now(),
        )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
