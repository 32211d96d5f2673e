"""What the demo's volunteers train, and their machines' pledges to it."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from compute_pledges.examples import DEMO_CONFIG
from compute_pledges.models import ComputePledge, Device, TrainingRun
from compute_pledges.services.pledges import create_pledge
from compute_pledges.services.runs import start_run
from projects.models import Project
from values.gpu_time import MICROSECONDS_PER_HOUR

TRAINED = "pocket-python"
DEMO_HOURS_US = 200 * MICROSECONDS_PER_HOUR


def start_demo_run(*, now: datetime) -> None:
    """The run that the demo's volunteers train."""
    project = Project.objects.get(slug=TRAINED)
    if not TrainingRun.objects.filter(project=project).exists():
        start_run(
            project=project,
            user=project.creator,
            name="Pocket Python, first run",
            config=DEMO_CONFIG,
            # Short rounds to look at, for which more of the time than usual goes into the exchange.
            hyper={"communication_share": 0.4},
            prompt="def main(",
            now=now,
        )


def pledge_demo_devices(slug: str = TRAINED) -> int:
    """Back the project with every machine of the demo's volunteer that backs nothing. Returns how many."""
    now = timezone.now()
    project = Project.objects.get(slug=slug)
    idle = Device.objects.filter(owner__email="volunteer@demo.example", state=Device.State.ACTIVE).exclude(
        pledges__state__in=ComputePledge.OPEN_STATES
    )
    for device in idle:
        create_pledge(
            project=project,
            backer=device.owner,
            catalog_slug=device.catalog_slug,
            pledged_us=DEMO_HOURS_US,
            hours_per_week=168,
            device=device,
            reward=None,
            client_token=uuid4(),
            now=now,
        )
    return len(idle)
