"""The demo's projects are made by the services that people use, and the books of it agree."""

from collections import Counter

import pytest
from django.core.management import call_command
from django.utils import timezone

from compute_pledges.models import TrainingRun
from pages.demo.backing import back_projects, lead_on, reach_deadlines
from pages.demo.loading import load_projects
from pages.demo.reading import demo_projects
from pages.management.commands.load_demo import load_people
from payments import tasks
from payments.models import CashPledge
from projects.models import OutputRelease, Project

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert len({demo.state for demo in demo_projects()}) >= 11
    collected = Counter(CashPledge.objects.filter(state="collected").values_list("project__slug", flat=True))
    assert {"bird-ledger", "plain-contracts", "moss-atlas", "kana-sketch"} <= set(collected)
    assert "night-radio" not in collected
    assert OutputRelease.objects.filter(promise__isnull=False).count() == 4
    call_command("audit_ledger")
    call_command("audit_compute")
    assert TrainingRun.objects.get().rounds.count() > 60


def test_a_second_start_changes_nothing():
    now = timezone.now()
    load_people()
    load_projects(now=now)
    Project.objects.filter(slug="pocket-python").update(title="Renamed by its creator")
    load_projects(now=now)
    assert Project.objects.count() == len(demo_projects())
    assert Project.objects.get(slug="pocket-python").title == "Renamed by its creator"
