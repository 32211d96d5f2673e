"""Duties to rent: opened by the rule of the launch, followed until hours are verified, told to backers and admins."""

from datetime import timedelta

import pytest

from compute_pledges.models import ComputeMail, HoursOffer, RentDuty
from compute_pledges.services.journal import count_towards_goal
from compute_pledges.services.sweeps import look_ahead
from compute_pledges.sponsoring.duties import overdue_duties
from notices.facts import said
from pages.duty_mail import tell_backers_of_duties
from projects.contributions import record_contribution
from projects.models import Project
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, promise, rented, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def funded(rule="rent", counted=100, **fields):
    """Its minimum was pledged, of which far too little comes; rented machines may cover 40 of 100 hours."""
    project = make_project(
        compute_minimum_us=100 * HOUR_US, sponsored_hours_us=40 * HOUR_US, sponsored_budget_minor=80_00,
        compute_shortfall_rule=rule, deadline_at=NOW + DAY, compute_ends_at=NOW + 60 * DAY, **fields,
    )  # fmt: skip
    pledge = promise(project, 10, now=NOW)
    for kind, amount in (("money", 100_00), ("compute", (counted - 10) * HOUR_US)):
        record_contribution(
            project=project,
            source=f"other-{kind}:{project.pk}",
            stage="pledged",
            event="1",
            kind=kind,
            amount=amount,
            now=NOW,
        )
    Project.objects.filter(pk=project.pk).update(state="funded")
    project.refresh_from_db()
    run = make_run(project=project)
    return project, run, open_round(run), pledge


def mails(kind):
    return ComputeMail.objects.filter(kind=kind)


def test_hours_that_nobody_takes_over_are_to_be_rented_as_far_as_the_plan_goes():
    project, _, _, pledge = funded()
    look_ahead(now=NOW + 2 * DAY)
    assert HoursOffer.objects.get().missing_h100_us == 90 * HOUR_US
    assert not RentDuty.objects.exists()
    look_ahead(now=NOW + 9 * DAY)
    duty = RentDuty.objects.get()
    assert (duty.state, duty.owed_us, duty.due_at) == ("open", 40 * HOUR_US, project.compute_ends_at)
    assert duty.start_by_at == NOW + 23 * DAY
    facts = mails("rent_due").get(user=project.creator).facts
    assert tuple(said(facts[name]) for name in ("owed", "begin", "budget")) == ("40 GPU-h", "24 June 2026", "€80")
    look_ahead(now=NOW + 9 * DAY)
    assert (RentDuty.objects.count(), mails("rent_due").count()) == (1, 1)
    assert tell_backers_of_duties(now=NOW) == 1
    assert tell_backers_of_duties(now=NOW) == 0
    assert mails("rent_open").get().user == pledge.backer


def test_what_the_closing_counted_on_is_owed_at_once_whatever_the_rule():
    funded(rule="train_less", counted=75)
    look_ahead(now=NOW + 2 * DAY)
    assert RentDuty.objects.get().owed_us == 25 * HOUR_US
    whole, *_ = funded(rule="train_less")
    for days in (2, 30):
        look_ahead(now=NOW + days * DAY)
    assert not RentDuty.objects.filter(project=whole).exists()


def test_a_creator_who_does_not_begin_is_late_and_admins_see_it(client):
    project, *_ = funded()
    look_ahead(now=NOW + 2 * DAY)
    look_ahead(now=NOW + 9 * DAY)
    assert overdue_duties(now=NOW + 22 * DAY) == 0
    look_ahead(now=NOW + 24 * DAY)
    look_ahead(now=NOW + 24 * DAY)
    assert overdue_duties(now=NOW + 24 * DAY) == 1
    assert mails("rent_overdue").get().user == project.creator
    client.force_login(make_user(is_staff=True))
    page = client.get("/funding/").content.decode()
    assert "1 project whose creators owe rented hours and have not begun in time" in page
    assert project.slug in client.get("/funding/rows/rent-duties/").content.decode()
    client.force_login(project.creator)
    assert "You have to rent 40 GPU-h" in client.get(f"/projects/{project.slug}/sponsoring/").content.decode()
    client.logout()
    assert "To be rented" in client.get(f"/projects/{project.slug}/money-into-hours/").content.decode()


def test_only_verified_hours_of_rented_machines_meet_it_and_backers_are_told():
    project, run, round_, _ = funded()
    for days in (2, 9):
        look_ahead(now=NOW + days * DAY)
    device = rented(project)
    look_ahead(now=NOW + 10 * DAY)
    assert RentDuty.objects.get().state == "open"
    for hours, state, owed in ((15, "started", 25), (25, "met", 0)):
        result = worked(run, round_, device, hours, now=NOW + 11 * DAY)
        count_towards_goal(result=result, event="verified", sign=1, now=NOW)
        look_ahead(now=NOW + 12 * DAY)
        duty = RentDuty.objects.get()
        assert (duty.state, duty.owed_us) == (state, owed * HOUR_US)
    tell_backers_of_duties(now=NOW)
    assert mails("rent_met").count() == 1
    look_ahead(now=NOW + 61 * DAY)
    assert RentDuty.objects.get().state == "met"


@pytest.mark.parametrize(("state", "after", "ending"), [("funded", 60, "broken"), ("canceled", 20, "lapsed")])
def test_what_does_not_come_in_time_is_shown_as_not_kept_unless_the_project_ended(state, after, ending):
    project, *_ = funded()
    for days in (2, 9):
        look_ahead(now=NOW + days * DAY)
    tell_backers_of_duties(now=NOW)
    Project.objects.filter(pk=project.pk).update(state=state)
    look_ahead(now=NOW + after * DAY)
    assert (RentDuty.objects.get().state, RentDuty.objects.get().owed_us) == (ending, 40 * HOUR_US)
    assert tell_backers_of_duties(now=NOW) == 1
    assert mails(f"rent_{ending}").count() == 1
