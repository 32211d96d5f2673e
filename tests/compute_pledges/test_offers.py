"""Hours that will be missing: offered to others once, told to backer and creator, closed when they are there."""

from datetime import timedelta

import pytest

from compute_pledges.matching.offers import look_ahead, warn_backers
from compute_pledges.models import ComputeMail, ComputePledge, HoursOffer, PledgeWeek
from projects.models import Project
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_project
from tests.factories.pledges import HOUR_US, machine, promise

pytestmark = pytest.mark.django_db


def lacking(goal=100, promised=40):
    """A funded project in training that will miss the rest of its goal."""
    project = make_project(compute_minimum_us=goal * HOUR_US, compute_ends_at=NOW + timedelta(days=60))
    pledge = promise(project, promised)
    Project.objects.filter(pk=project.pk).update(state="funded")
    project.refresh_from_db()
    return project, pledge, make_run(project=project)


def test_missing_hours_are_offered_once_to_machines_that_fit_and_the_creator_is_told_once_a_week():
    project, pledge, _ = lacking()
    idle = machine(last_seen_at=NOW)
    machine(last_seen_at=NOW - timedelta(days=90))
    machine(last_seen_at=NOW, state="quarantined")
    machine(last_seen_at=NOW, owner=project.creator)
    for _ in range(2):
        assert look_ahead(now=NOW) == 1
    offer = HoursOffer.objects.get()
    assert (offer.missing_h100_us, offer.closed_at) == (60 * HOUR_US, None)
    asked = ComputeMail.objects.filter(kind="hours_wanted")
    assert [mail.user for mail in asked] == [idle.owner]
    assert pledge.backer not in [mail.user for mail in asked]
    assert ComputeMail.objects.get(kind="shortfall_creator").user == project.creator
    look_ahead(now=NOW + timedelta(days=7))
    assert ComputeMail.objects.filter(kind="shortfall_creator").count() == 2
    assert ComputeMail.objects.filter(kind="hours_wanted").count() == 1


def test_the_offer_closes_when_the_hours_are_there():
    project, _, _ = lacking()
    look_ahead(now=NOW)
    Project.objects.filter(pk=project.pk).update(compute_minimum_us=40 * HOUR_US)
    assert look_ahead(now=NOW + timedelta(hours=1)) == 0
    assert HoursOffer.objects.get().closed_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(("done", "told"), [(8, 0), (7, 1)])
def test_a_backer_is_told_once_a_week_when_more_than_a_quarter_is_missing(done, told):
    _, pledge, _ = lacking()
    ComputePledge.objects.filter(pk=pledge.pk).update(state="delivering")
    monday = NOW.date() - timedelta(days=NOW.weekday() + 7)
    PledgeWeek.objects.update_or_create(
        pledge=pledge, week_starts_at=monday,
        defaults={
            "promised_us": 10 * HOUR_US, "reported_us": 10 * HOUR_US, "verified_us": done * HOUR_US, "reversed_us": 0,
            "reconciled_at": NOW,
        },
    )  # fmt: skip
    for _ in range(2):
        assert warn_backers(now=NOW) == told
    assert ComputeMail.objects.filter(kind="shortfall", user=pledge.backer).count() == told
