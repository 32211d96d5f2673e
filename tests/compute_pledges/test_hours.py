"""Changing the hours of a pledge and the clock of a machine: what counts follows, the lock holds, nothing is taken."""

from datetime import timedelta

import pytest
from django.urls import reverse

from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge, TrainingRun
from compute_pledges.schedule.changing import change_hours, move_zone
from compute_pledges.schedule.slots import parse_hours_of_week
from compute_pledges.services.pledges import Week
from projects.models import Project
from projects.totals import totals_of
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    for module in ("pledge_views", "hours_views"):
        monkeypatch.setattr(f"compute_pledges.web.{module}.business_now", lambda: NOW)


def week(text):
    return Week(parse_hours_of_week(text))


def counted(project):
    return totals_of([project])[project.pk].compute_pledged


def made():
    project = make_project(deadline_at=NOW + 6 * DAY, compute_ends_at=NOW + 7 * DAY)
    return promise(project, 100, slots=week("Mon-Fri 9-17").slots)


def test_other_hours_count_from_now_on_and_the_old_ones_are_free():
    pledge = made()
    assert counted(pledge.project) == 40 * HOUR_US
    change_hours(pledge=pledge, week=week("Sat, Sun 0-24"), by=pledge.backer, now=NOW)
    pledge.refresh_from_db()
    assert (pledge.hours_per_week, counted(pledge.project)) == (48, 48 * HOUR_US)
    promise(make_project(), 5, device=pledge.device, slots=week("Mon 9-17").slots)


def test_hours_that_back_another_project_are_refused_and_nothing_changes():
    pledge = made()
    promise(make_project(), 5, device=pledge.device, slots=week("Sat 0-24").slots)
    with pytest.raises(PledgeRefused, match="Sat 0-24"):
        change_hours(pledge=pledge, week=week("Sat, Sun 0-24"), by=pledge.backer, now=NOW)
    assert pledge.hours.count() == 40


def test_the_lock_and_the_closing_hold_the_hours():
    pledge = made()
    deadline = pledge.project.deadline_at
    with pytest.raises(PledgeRefused, match="lock 48 hours"):
        change_hours(pledge=pledge, week=week("Sat, Sun 0-24"), by=pledge.backer, now=deadline - 2 * DAY)
    with pytest.raises(PledgeRefused, match="locked until"):
        move_zone(device=pledge.device, time_zone="Asia/Tokyo", now=deadline - 2 * DAY)
    Project.objects.filter(pk=pledge.project_id).update(state="funded")
    with pytest.raises(PledgeRefused, match="not become fewer"):
        change_hours(pledge=pledge, week=week("Mon-Fri 9-16"), by=pledge.backer, now=deadline)
    change_hours(pledge=pledge, week=week("Mon-Fri 1-9"), by=pledge.backer, now=deadline)
    with pytest.raises(PledgeRefused, match="Only its backer"):
        change_hours(pledge=pledge, week=week("Mon-Fri 9-17"), by=make_user(), now=NOW)
    ComputePledge.objects.filter(pk=pledge.pk).update(state="expired")
    with pytest.raises(PledgeRefused, match="has ended"):
        change_hours(pledge=pledge, week=week("Mon-Fri 9-17"), by=pledge.backer, now=NOW)


def test_hours_may_become_fewer_while_every_run_is_stopped_for_good():
    pledge = made()
    deadline = pledge.project.deadline_at
    Project.objects.filter(pk=pledge.project_id).update(state="funded")
    run = make_run(project=pledge.project, state="stopped")
    other = make_run(project=pledge.project, state="paused")
    with pytest.raises(PledgeRefused, match="not become fewer"):
        change_hours(pledge=pledge, week=week("Mon 9-17"), by=pledge.backer, now=deadline)
    TrainingRun.objects.filter(pk=other.pk).update(state="stopped")
    change_hours(pledge=pledge, week=week("Mon 9-17"), by=pledge.backer, now=deadline)
    assert (pledge.hours.count(), run.state) == (8, "stopped")


def test_the_page_shows_the_hours_changes_them_and_keeps_what_was_refused(client):
    pledge = made()
    address = reverse("compute:hours", args=[pledge.pk])
    client.force_login(pledge.backer)
    assert address in client.get(reverse("compute:pledge_detail", args=[pledge.pk])).content.decode()
    page = client.get(address).content.decode()
    assert 'value="9" aria-label="Mon 9-10" checked' in page
    assert 'value="0" aria-label="Mon 0-1" checked' not in page
    refused = client.post(address, {"hours_text": "Mon 25-26"})
    assert (refused.status_code, "Mon 25-26" in refused.content.decode()) == (422, True)
    done = client.post(address, {"slots": ["0", "1"], "hours_text": ""})
    assert (done.status_code, set(pledge.hours.values_list("slot", flat=True))) == (302, {0, 1})
    client.force_login(make_user())
    assert [client.get(address).status_code, client.post(address, {}).status_code] == [404, 404]
    client.logout()
    assert client.post(address, {"slots": ["5"]}).url.startswith("/accounts/login/")


def test_a_machine_s_clock_is_moved_by_its_owner(client):
    pledge = made()
    device = pledge.device
    address = reverse("compute:zone", args=[device.pk])
    client.force_login(pledge.backer)
    assert address in client.get(reverse("compute:machines")).content.decode()
    client.post(address, {"time_zone": "Asia/Tokyo"})
    pledge.refresh_from_db()
    device.refresh_from_db()
    assert (device.time_zone, pledge.time_zone) == ("Asia/Tokyo", "Asia/Tokyo")
    refused = client.post(address, {"time_zone": "Moon/Base"}, follow=True)
    assert "Choose a time zone" in refused.content.decode()
    client.force_login(machine().owner)
    assert client.post(address, {"time_zone": "UTC"}).status_code == 404
    assert client.get(address).status_code == 405
