"""The pages of rented machines and of hours matched with runs, held as the others are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.models import RentDuty
from compute_pledges.services.granting import grant_rewards
from compute_pledges.services.journal import count_towards_goal
from compute_pledges.sponsoring.invoices import Bill, enter_invoice
from projects.models import Reward
from tests.factories.compute import make_run, open_round
from tests.factories.people import make_project, make_user
from tests.factories.pledges import HOUR_US, promise, rented, worked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    """A duty to rent that is late, one that is over, an invoice of two runs, and a reward that is earned."""
    now = timezone.now()
    made = make_project(
        slug="rented", deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=90), launched_at=now,
        compute_minimum_us=500 * HOUR_US, sponsored_hours_us=100 * HOUR_US, sponsored_budget_minor=800_00,
    )  # fmt: skip
    reward = Reward.objects.create(project=made, title="A name on the card", threshold_gpu_us=3 * HOUR_US)
    pledge = promise(made, 40, reward=reward, now=now)
    device = rented(made)
    for name in ("Woven small", "Woven large"):
        run = make_run(project=made, name=name, planned_samples=10**12)
        round_ = open_round(run, now=now)
        result = worked(run, round_, device, 6, now=now)
        count_towards_goal(result=result, event="verified", sign=1, now=now)
        worked(run, round_, pledge.device, 9, pledge=pledge, now=now, state="settled")
    today = now.date()
    bill = Bill("Halls", "2026-17", 90_00, 20 * HOUR_US, today, today, evidence_url="https://halls.test/17")
    enter_invoice(project=made, by=made.creator, bill=bill, now=now)
    grant_rewards(now=now)
    for state, ended in (("open", None), ("broken", now)):
        RentDuty.objects.create(
            project=made, state=state, first_owed_us=60 * HOUR_US, owed_us=48 * HOUR_US, rented_before_us=0,
            opened_at=now - timedelta(days=20), start_by_at=now - timedelta(days=6), looked_at=now, ended_at=ended,
            due_at=made.compute_ends_at,
        )  # fmt: skip
    return made


@pytest.mark.parametrize("address", ["/projects/rented/sponsoring/", "/projects/rented/gpu-time/"])
def test_what_a_creator_arranges(findings, sign_in, project, address):
    sign_in(project.creator)
    assert findings(address) == ""


def test_what_everyone_sees(findings, project):
    assert findings("/projects/rented/money-into-hours/") == ""


@pytest.mark.parametrize("address", ["/funding/", "/funding/rows/rent-duties/"])
def test_what_an_admin_sees(findings, sign_in, project, address):
    sign_in(make_user(is_staff=True, is_superuser=True))
    assert findings(address) == ""
