"""The demo's projects are made by the services that people use, and the books of it agree."""

from collections import Counter

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from compute_pledges.models import ComputePledge, GpuTimeEntry, TrainingRun
from pages.demo.backing import back_projects, lead_on, reach_deadlines
from pages.demo.loading import load_projects
from pages.demo.reading import demo_projects
from pages.demo.recorded import RECORDINGS
from pages.management.commands.load_demo import load_people
from payments import tasks
from payments.models import CashPledge, Payout
from payments.services.appealing import decide_appeal
from projects.life.deeds import change_course
from projects.models import (
    Collection,
    Delivery,
    OutputRelease,
    Project,
    ProjectFollow,
    Report,
    RewardImage,
    SuspensionAppeal,
)

pytestmark = pytest.mark.django_db(transaction=True)


def _lift_what_the_story_stopped(now):
    """What somebody does to the demo's projects is not undone when it starts again."""
    appeal, admin = SuspensionAppeal.objects.get(), User.objects.get(email="admin@demo.example")
    decide_appeal(appeal_id=appeal.pk, by=admin, is_granted=True, answer="It is theirs.", now=now)
    paused = Project.objects.get(state="paused")
    change_course(project_id=paused.pk, deed="resume", by=paused.creator, statement="We go on.", now=now)
    reach_deadlines(now=now)
    assert set(Project.objects.filter(pk__in=(appeal.project_id, paused.pk)).values_list("state", flat=True)) == {
        "live"
    }


def test_every_project_comes_to_where_its_story_has_it(standin):
    now = timezone.now()
    load_people()
    load_projects(now=now)
    made = back_projects(now=now)
    assert made == sum(min(demo.backers, 26) for demo in demo_projects()) > 140
    reach_deadlines(now=now)
    tasks.collect_payments()
    tasks.end_payments()
    lead_on()
    assert dict(Project.objects.values_list("slug", "state")) == {demo.slug: demo.state for demo in demo_projects()}
    for project in Project.objects.filter(state="completed"):
        told = list(project.transitions.order_by("pk").values_list("happened_at", flat=True))
        assert told == sorted(told)
    # All but collecting, which lasts as long as the charging does.
    assert {demo.state for demo in demo_projects()} == set(Project.State.values) - {"collecting"}
    assert SuspensionAppeal.objects.get(decided_at=None).project.slug == "voice-of-my-own"
    assert set(CashPledge.objects.filter(project__state="suspended").values_list("state", flat=True)) == {"active"}
    _lift_what_the_story_stopped(now)
    collected = Counter(CashPledge.objects.filter(state="collected").values_list("project__slug", flat=True))
    assert {"bird-ledger", "plain-contracts", "moss-atlas", "kana-sketch"} <= set(collected)
    assert "night-radio" not in collected
    assert OutputRelease.objects.filter(promise__isnull=False).count() == 4
    tasks.send_money()
    payouts = Counter(Payout.objects.values_list("project__slug", "state"))
    assert payouts == {
        ("bird-ledger", "paid"): 3, ("first-thread", "paid"): 3, ("plain-contracts", "paid"): 1,
        ("plain-contracts", "requested"): 1,
    }  # fmt: skip
    call_command("audit_ledger")
    call_command("audit_compute")
    recorded = {run.project.slug: run for run in TrainingRun.objects.select_related("project")}
    assert set(recorded) == set(RECORDINGS)
    for run in recorded.values():
        losses = list(run.rounds.order_by("index").values_list("held_out_loss", flat=True))
        assert len(losses) >= 25
        assert losses[-1] < 0.8 * losses[0]
    assert not GpuTimeEntry.objects.filter(pledge__project__slug__in=recorded).exists()
    assert min(project.follows.count() for project in Project.objects.public()) >= 3
    assert ComputePledge.objects.filter(project__slug="harbor-voices", device=None).count() == 3
    said = dict(Delivery.objects.filter(project__slug="plain-contracts").values_list("state").annotate(Count("pk")))
    assert said["todo"] > 0
    assert Delivery.objects.filter(project__slug="plain-contracts", word="missing").count() == 1
    assert not Delivery.objects.filter(project__slug="bird-ledger", state="todo").exists()
    assert Collection.objects.count() == 3
    assert Report.objects.get().state == "open"
    assert RewardImage.objects.count() == 5
    assert Project.objects.get(slug="harbor-voices").teammates.get().role == "writer"
    before = {model: model.objects.count() for model in (CashPledge, Delivery, ProjectFollow, ComputePledge, Report)}
    back_projects(now=timezone.now())
    lead_on()
    assert before == {model: model.objects.count() for model in before}


def test_a_second_start_changes_nothing():
    now = timezone.now()
    load_people()
    load_projects(now=now)
    Project.objects.filter(slug="pocket-python").update(title="Renamed by its creator")
    load_projects(now=now)
    assert Project.objects.count() == len(demo_projects())
    assert Project.objects.get(slug="pocket-python").title == "Renamed by its creator"
