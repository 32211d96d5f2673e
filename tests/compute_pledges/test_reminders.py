"""Each reminder goes out once, when it is due, to whom it concerns."""

from datetime import timedelta
from uuid import uuid4

import pytest

from compute_pledges.models import ComputeMail, TrainingRun
from compute_pledges.services.mails import message_of
from compute_pledges.services.pledges import create_pledge
from compute_pledges.services.reminders import remind
from projects.models import Project
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, promise, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def offer(project):
    return create_pledge(
        project=project, backer=make_user(), catalog_slug="t4", pledged_us=HOUR_US, hours_per_week=5, device=None,
        reward=None, client_token=uuid4(), now=NOW,
    )  # fmt: skip


def told(kind):
    return list(ComputeMail.objects.filter(kind=kind).order_by("pk").values_list("user", flat=True))


def test_pairing_is_asked_for_after_two_days_and_again_when_three_are_left():
    project = make_project(deadline_at=NOW + 10 * DAY)
    pledge = offer(project)
    for days, mails in ((1, 0), (2, 1), (5, 1), (7, 2), (8, 2)):
        remind(now=NOW + days * DAY)
        assert len(told("pair_reminder")) == mails
    assert set(told("pair_reminder")) == {pledge.backer_id}


def test_the_lock_is_announced_a_day_before_to_those_who_count():
    project = make_project(deadline_at=NOW + 10 * DAY)
    pledge = promise(project, 5)
    offer(project)
    for days, mails in ((6, 0), (7, 1), (7.5, 1), (9, 1)):
        remind(now=NOW + timedelta(days=days))
        assert told("lock_reminder") == [pledge.backer_id] * mails
    body = message_of(ComputeMail.objects.get(kind="lock_reminder")).body
    assert "locks on 9 June 2026, 12:00 UTC" in body


def test_nobody_is_told_of_a_lock_that_has_passed():
    promise(make_project(deadline_at=NOW + 10 * DAY), 5)
    remind(now=NOW + 8 * DAY)
    assert told("lock_reminder") == []


def test_a_creator_who_accepts_by_hand_is_asked_once_for_each_offer():
    project = make_project(deadline_at=NOW + 10 * DAY)
    Project.objects.filter(pk=project.pk).update(accepts_by_hand=True)
    offer(project)
    for _ in range(2):
        remind(now=NOW)
    assert told("welcome_asked") == [project.creator_id]


def test_starting_is_asked_for_where_a_run_trains_and_nothing_came_for_three_days():
    project = make_project(deadline_at=NOW + 20 * DAY)
    idle, busy = promise(project, 5), promise(project, 5)
    assert remind(now=NOW + 4 * DAY) == 0
    run = make_run(project=project)
    worked(run, open_round(run), busy.device, 1, pledge=busy)
    remind(now=NOW + 2 * DAY)
    assert told("start_reminder") == []
    for _ in range(2):
        remind(now=NOW + 4 * DAY)
    assert told("start_reminder") == [idle.backer_id]
    assert TrainingRun.objects.count() == 1
