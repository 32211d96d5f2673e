"""Hours that will be missing: offered to others once, told to backer and creator, closed when they are there."""

from datetime import timedelta

import pytest
from django.urls import reverse

from compute_pledges.matching.offers import look_ahead, warn_backers
from compute_pledges.matching.wanting import projects_wanting
from compute_pledges.models import ComputeMail, ComputePledge, HoursOffer, PledgeWeek, TrainingRun
from compute_pledges.services.mails import message_of
from compute_pledges.services.pledges import update_progress
from compute_pledges.services.reconcile import reconcile_pledges
from compute_pledges.services.run_states import change_run_state
from projects.models import Project
from tests.compute_pledges.test_pages import typed
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project
from tests.factories.pledges import HOUR_US, machine, promise, worked

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


def test_a_run_that_starts_weeks_after_the_promises_raises_no_alarm():
    _, pledge, run = lacking(goal=100, promised=150)
    later = NOW + timedelta(days=24)
    TrainingRun.objects.filter(pk=run.pk).update(created_at=later - timedelta(hours=2))
    machine()
    reconcile_pledges(now=later)
    assert look_ahead(now=later) == warn_backers(now=later) == 0
    assert not ComputeMail.objects.filter(kind__in=("hours_wanted", "shortfall", "shortfall_creator")).exists()
    assert not HoursOffer.objects.exists()
    assert pledge.weeks.count() == 4


def test_a_machine_that_stays_away_for_whole_weeks_of_training_does():
    project, _, _ = lacking(goal=100, promised=300)
    later = NOW + timedelta(days=14)
    reconcile_pledges(now=later)
    assert (look_ahead(now=later), warn_backers(now=later)) == (1, 1)
    assert HoursOffer.objects.get(project=project).missing_h100_us == 100 * HOUR_US


@pytest.mark.parametrize("state", [None, "paused", "stopped"])
def test_only_the_creator_is_told_where_no_run_trains_and_only_once_it_lasts(state):
    project, pledge, run = lacking()
    idle = machine()
    if state is None:
        run.delete()
    else:
        change_run_state(run=run, user=project.creator, target=state, now=NOW + timedelta(days=1))
    since = project.deadline_at if state is None else max(project.deadline_at, NOW + timedelta(days=1))
    for days, mails in ((2, 0), (4, 1), (5, 1), (11, 2)):
        assert look_ahead(now=since + timedelta(days=days)) == 0
        warn_backers(now=since + timedelta(days=days))
        told = ComputeMail.objects.filter(kind="nothing_trains", user=project.creator)
        assert told.count() in (mails, mails + 1) if days == 5 else told.count() == mails
    others = ComputeMail.objects.filter(user__in=(idle.owner, pledge.backer)).exclude(kind="accepted")
    assert not others.exists()
    assert not HoursOffer.objects.exists()
    body = message_of(told.first()).body
    assert "No run of" in body
    assert project.slug in body


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


def test_missing_hours_are_taken_over_from_the_project_s_page_to_the_credit(client, monkeypatch):
    monkeypatch.setattr("compute_pledges.web.pledge_views.business_now", lambda: NOW)
    project, _, run = lacking()
    idle = machine()
    look_ahead(now=NOW)
    address = reverse("compute:pledge", args=[project.slug])
    page = client.get(project.get_absolute_url()).content.decode()
    assert "60 GPU-h H100-equivalent of what was promised will be missing" in page
    assert address in page
    client.force_login(idle.owner)
    answer = client.post(address, typed(pledged_us="70", device=str(idle.pk), hours_text="Mon-Sun 0-24"))
    taken = ComputePledge.objects.get(backer=idle.owner)
    assert (answer.url, taken.is_takeover, taken.state) == (f"/gpu/pledges/{taken.pk}/", True, "accepted")
    assert look_ahead(now=NOW + timedelta(hours=1)) == 0
    assert "will be missing" not in client.get(project.get_absolute_url()).content.decode()
    worked(run, open_round(run), idle, 70, pledge=taken, now=NOW + timedelta(days=4))
    update_progress(pledge_id=taken.pk)
    taken.refresh_from_db()
    assert taken.state == "fulfilled"


def test_a_second_offer_asks_again_and_hours_that_are_left_elsewhere_go_there():
    project, pledge, _ = lacking()
    idle = machine()
    look_ahead(now=NOW)
    HoursOffer.objects.update(closed_at=NOW)
    look_ahead(now=NOW + timedelta(days=20))
    assert ComputeMail.objects.filter(kind="hours_wanted", user=idle.owner).count() == 2
    ended = promise(make_project(), 5, device=machine())
    assert project in projects_wanting(pledge=ended, now=NOW + timedelta(days=20))
    assert pledge.project == project
