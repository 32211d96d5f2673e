"""A closing that comes late reads machines as they were at the deadline's instant."""

from datetime import timedelta

import pytest

from compute_pledges.models import DeviceTurn
from compute_pledges.services.backing import revoke_device
from compute_pledges.services.devices import lift_quarantine
from compute_pledges.services.verification import quarantine
from projects.closing import close_project
from projects.models import Project
from projects.totals import totals_of
from tests.factories.people import make_project
from tests.factories.pledges import HOUR_US, promise

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def project():
    return make_project(compute_minimum_us=100 * HOUR_US, funding_minimum=0)


def closed(project):
    close_project(project_id=project.pk, now=project.deadline_at + 5 * MINUTE)
    return Project.objects.get(pk=project.pk).state, totals_of([project])[project.pk].compute_pledged // HOUR_US


def test_a_quarantine_after_the_deadline_takes_nothing_from_what_held_then(project):
    pledge = promise(project, 100)
    quarantine(device_id=pledge.device_id, reason="fake", now=project.deadline_at + MINUTE)
    quarantine(device_id=pledge.device_id, reason="again", now=project.deadline_at + 2 * MINUTE)
    assert DeviceTurn.objects.count() == 1
    assert closed(project) == ("collecting", 100)


def test_a_quarantine_before_it_counts_even_where_it_was_lifted_since(project):
    pledge = promise(project, 100)
    quarantine(device_id=pledge.device_id, reason="fake", now=project.deadline_at - MINUTE)
    lift_quarantine(device=pledge.device, now=project.deadline_at + MINUTE)
    assert closed(project) == ("failed", 0)


def test_a_machine_that_was_revoked_after_it_counts_with_its_hours_and_the_record_says_so(project):
    pledge = promise(project, 100)
    revoke_device(device=pledge.device, now=project.deadline_at + MINUTE)
    assert not pledge.hours.exclude(device=None).exists()
    assert closed(project) == ("collecting", 100)
    pledge.refresh_from_db()
    assert pledge.is_late_withdrawal


def test_a_machine_that_was_revoked_before_it_counts_nothing(project):
    pledge = promise(project, 100)
    revoke_device(device=pledge.device, now=project.deadline_at - MINUTE)
    assert closed(project) == ("failed", 0)
