"""The pages of pledges, machines, runs and figures, held as the others are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.models import HoursOffer
from compute_pledges.services.pledges import create_pledge
from compute_pledges.services.reconcile import reconcile_pledges
from projects.models import Project
from tests.factories.compute import make_run, open_round
from tests.factories.people import make_project, make_user
from tests.factories.pledges import promise, worked
from tests.factories.weave import make_weave

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    now = timezone.now()
    return make_project(
        slug="woven", deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=90), launched_at=now,
        compute_minimum_us=10**13,
    )  # fmt: skip


@pytest.mark.parametrize("address", ["/", "/projects/woven/", "/runs/{run}/"])
def test_a_weave_is_seen_by_everyone(findings, project, address):
    run = make_weave(project, now=timezone.now())
    assert findings(address.format(run=run.pk)) == ""


@pytest.mark.parametrize(
    "address",
    ["/projects/woven/pledge/", "/projects/woven/pledge-gpu/", "/pledges/", "/gpu/pledges/", "/gpu/machines/"],
)
def test_what_a_backer_sees(findings, sign_in, project, address):
    backer = make_user()
    make_weave(project, now=timezone.now(), owners=[backer], machines=1, rounds=3)
    sign_in(backer)
    assert findings(address) == ""


def test_a_gpu_pledge(findings, sign_in, project):
    backer = make_user()
    pledge = create_pledge(
        backer=backer, project=project, catalog_slug="rtx-4090", pledged_us=40 * 3_600_000_000, hours_per_week=40,
        device=None, reward=None, client_token="11111111-1111-4111-8111-111111111111", now=timezone.now(),
    )  # fmt: skip
    sign_in(backer)
    assert findings(f"/gpu/pledges/{pledge.pk}/") == ""


@pytest.mark.parametrize("address", ["/gpu/pledges/{pledge}/weeks/{week}/", "/gpu/pledges/{pledge}/hours/"])
def test_a_pledge_that_stands(findings, sign_in, project, address):
    now = timezone.now()
    pledge = promise(project, 40, now=now - timedelta(days=2))
    run = make_run(project=project)
    worked(run, open_round(run, now=now), pledge.device, 1, pledge=pledge, now=now)
    reconcile_pledges(now=now)
    sign_in(pledge.backer)
    week = pledge.weeks.latest("week_starts_at").week_starts_at
    assert findings(address.format(pledge=pledge.pk, week=week)) == ""


def test_hours_that_are_wanted(findings, project):
    Project.objects.filter(pk=project.pk).update(state="funded")
    now = timezone.now()
    HoursOffer.objects.create(project=project, missing_h100_us=10**12, opened_at=now, looked_at=now)
    assert findings("/projects/woven/") == ""


@pytest.mark.parametrize(
    "address", ["/projects/woven/gpu-time/", "/projects/woven/runs/new/", "/projects/woven/payouts/"]
)
def test_what_a_creator_arranges(findings, sign_in, project, address):
    sign_in(project.creator)
    assert findings(address) == ""


@pytest.mark.parametrize("address", ["/funding/", "/demo/clock/"])
def test_what_an_admin_sees(findings, sign_in, project, address):
    sign_in(make_user(is_staff=True, is_superuser=True))
    assert findings(address) == ""
