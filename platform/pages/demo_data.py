"""The demo's projects: made by us, loaded once, in states that show what the platform does. Refused in production."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from compute_pledges.examples import DEMO_CONFIG
from compute_pledges.models import ComputePledge, Device, TrainingRun
from compute_pledges.services.pledges import create_pledge
from compute_pledges.services.runs import start_run
from projects.markdown import RENDERER_VERSION, render_markdown
from projects.models import Project, Reward
from projects.states import change_state
from values.gpu_time import MICROSECONDS_PER_HOUR

TRAINED = "pocket-python"
DEMO_HOURS_US = 200 * MICROSECONDS_PER_HOUR
SECOND_US = 1_000_000
State = Project.State
TO_LIVE = (State.IN_REVIEW, State.APPROVED, State.LIVE)


@dataclass(frozen=True, slots=True)
class DemoProject:
    """Fields of one project, its rewards as (title, text, minor units, H100-equivalent microseconds, limit)."""

    slug: str
    days: int
    states: tuple[str, ...]
    fields: dict[str, Any]
    rewards: tuple[tuple[str, str, int | None, int | None, int | None], ...] = field(default=())


STORY = """\
A model small enough to read, trained in the open from the first step.

## What will be made

{what}

Every checkpoint, the configuration, the data recipe and the training log are released under the licences named here.

## What could go wrong

- Volunteers' machines come and go; a round that loses some goes on with the rest.
- {risk}

If a minimum is missed, no card is charged and the remaining hours are released.
"""

PROJECTS = (
    DemoProject(
        TRAINED,
        30,
        TO_LIVE,
        {
            "title": "Pocket Python",
            "promise": "A language model of Python source that any laptop can train and anyone can read.",
            "story": STORY.format(
                what="A byte-level transformer of under a million parameters, trained on Python's standard library.",
                risk="Under a million parameters will never write a program for you. The point is to watch it learn.",
            ),
            "model_kind": "language",
            "data_license": "PSF-2.0",
            "currency": "EUR",
            "funding_minimum": 500_00,
            "funding_stretch": 2_000_00,
            "compute_minimum_us": 5 * SECOND_US,
            "compute_stretch_us": 20 * SECOND_US,
            "funding_model": "all_or_nothing",
        },
        (
            ("Your name in the model card", "Listed under Backers, spelled as you wish.", 10_00, None, None),
            ("A printed loss curve", "The thread of the final run on paper, numbered.", 60_00, None, 25),
            ("Trainer's mention", "Your machine named in the model card.", None, 10_000, None),
        ),
    ),
    DemoProject(
        "harbor-voices",
        12,
        TO_LIVE,
        {
            "title": "Harbor Voices",
            "promise": "Open speech recognition for the working languages of North Sea ports.",
            "story": STORY.format(
                what="A small encoder for noisy speech in four languages, with its evaluation set.",
                risk="Recordings need the consent of the people in them; collecting it may take longer than planned.",
            ),
            "model_kind": "audio",
            "data_license": "CC-BY-4.0",
            "currency": "GBP",
            "funding_minimum": 4_000_00,
            "compute_minimum_us": 40 * MICROSECONDS_PER_HOUR,
            "compute_stretch_us": 120 * MICROSECONDS_PER_HOUR,
            "funding_model": "all_or_nothing",
            "shortfall_rule": "fail_and_refund",
        },
        (("Early checkpoint", "Every tenth checkpoint a week before its release.", 25_00, None, 100),),
    ),
    DemoProject(
        "kana-sketch",
        45,
        TO_LIVE,
        {
            "title": "Kana Sketch",
            "promise": "A vision model that reads handwritten kana, small enough for a classroom tablet.",
            "story": STORY.format(
                what="A vision transformer of three million parameters with a teacher's guide.",
                risk="Handwriting of children under ten is scarce in open data.",
            ),
            "model_kind": "vision",
            "data_license": "CC-BY-SA-4.0",
            "currency": "JPY",
            "funding_minimum": 300_000,
            "funding_model": "keep_what_you_raise",
        },
        (("Classroom pack", "The model on a card with exercises.", 3_000, None, 40),),
    ),
    DemoProject(
        "river-reader",
        20,
        (State.IN_REVIEW,),
        {
            "title": "River Reader",
            "promise": "A multimodal model that reads river gauges and the notes beside them.",
            "story": STORY.format(
                what="An image and text encoder for gauge photographs, with an open annotation tool.",
                risk="Gauges differ between countries; the first release covers three.",
            ),
            "model_kind": "multimodal",
            "data_license": "CC0-1.0",
            "currency": "USD",
            "funding_minimum": 8_000_00,
            "compute_minimum_us": 10 * MICROSECONDS_PER_HOUR,
            "funding_model": "all_or_nothing",
        },
        (("Thank you", "A note from the field.", 5_00, None, None),),
    ),
)


@transaction.atomic
def load_projects(*, now: datetime) -> None:
    """Projects that are not there yet; those that exist stay as they are."""
    creator = User.objects.get(email="creator@demo.example")
    reviewer = User.objects.get(email="reviewer1@demo.example")
    for demo in PROJECTS:
        if not Project.objects.filter(slug=demo.slug).exists():
            _load(demo, creator, reviewer, now)


def _load(demo: DemoProject, creator: User, reviewer: User, now: datetime) -> None:
    deadline = (now + timedelta(days=demo.days)).replace(minute=0, second=0, microsecond=0)
    project = Project.objects.create(
        slug=demo.slug,
        creator=creator,
        deadline_at=deadline,
        compute_ends_at=deadline + timedelta(days=60),
        weights_license="Apache-2.0",
        code_license="Apache-2.0",
        story_html=render_markdown(demo.fields["story"]),
        renderer_version=RENDERER_VERSION,
        **demo.fields,
    )
    for title, text, minor, gpu_us, limit in demo.rewards:
        Reward.objects.create(
            project=project,
            title=title,
            description=text,
            threshold_minor=minor,
            threshold_gpu_us=gpu_us,
            limit=limit,
        )
    for state in demo.states:
        actor = reviewer if state == State.APPROVED else creator
        change_state(project=project, target=state, actor=actor, now=now, reason="Demo data.")
    if project.state == State.LIVE:
        Project.objects.filter(pk=project.pk).update(launched_at=now)


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


def pledge_demo_devices() -> int:
    """Back the demo's project with every machine of the demo's volunteer that backs nothing. Returns how many."""
    now = timezone.now()
    project = Project.objects.get(slug=TRAINED)
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
