"""What creators and backers decide on pledges of GPU time: take, decline, let go on elsewhere."""

from datetime import timedelta

import pytest

from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputeMail, ComputePledge
from compute_pledges.services.decisions import choose_acceptance, decline_pledge, welcome_pledge
from compute_pledges.services.endings import end_pledges
from compute_pledges.services.rollover import choose_ending, left_us, roll_over, roll_over_due
from projects.models import Project
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise, state_of, worked

pytestmark = pytest.mark.django_db
WORK_HOURS = frozenset(range(40))


def by_hand():
    project = make_project(compute_minimum_us=100 * HOUR_US)
    choose_acceptance(project_id=project.pk, by=project.creator, by_hand=True)
    project.refresh_from_db()
    return project


def test_offers_wait_where_the_creator_wants_to_look_at_them():
    project = by_hand()
    pledge = promise(project, 10)
    assert (pledge.state, pledge.counted_h100_us) == ("offered", 0)
    welcome_pledge(pledge_id=pledge.pk, by=project.creator, now=NOW)
    welcome_pledge(pledge_id=pledge.pk, by=project.creator, now=NOW)
    pledge.refresh_from_db()
    assert (pledge.state, pledge.counted_h100_us) == ("accepted", 10 * HOUR_US)


def test_nobody_else_decides():
    project = by_hand()
    pledge = promise(project, 10)
    for stranger in (make_user(), pledge.backer, make_user(is_staff=True)):
        with pytest.raises(PledgeRefused, match="Only the project's creator"):
            welcome_pledge(pledge_id=pledge.pk, by=stranger, now=NOW)
        with pytest.raises(PledgeRefused, match="Only the project's creator"):
            decline_pledge(pledge_id=pledge.pk, by=stranger, reason="No.", now=NOW)
        with pytest.raises(PledgeRefused, match="Only the project's creator"):
            choose_acceptance(project_id=project.pk, by=stranger, by_hand=False)
    assert state_of(pledge) == "offered"
    assert Project.objects.get(pk=project.pk).accepts_by_hand


def test_a_declined_pledge_counts_no_more_and_its_backer_reads_why():
    project = make_project(compute_minimum_us=100 * HOUR_US)
    pledge = promise(project, 10)
    assert pledge.counted_h100_us == 10 * HOUR_US
    with pytest.raises(PledgeRefused, match="Say why"):
        decline_pledge(pledge_id=pledge.pk, by=project.creator, reason="  ", now=NOW)
    for _ in range(2):
        decline_pledge(pledge_id=pledge.pk, by=project.creator, reason="Another region.", now=NOW)
    pledge.refresh_from_db()
    assert (pledge.state, pledge.counted_h100_us) == ("declined", 0)
    mail = ComputeMail.objects.get(kind="declined")
    assert (mail.user, mail.facts["reason"]) == (pledge.backer, "Another region.")


def test_an_accepted_pledge_is_not_declined_in_the_last_two_days():
    project = make_project(compute_minimum_us=100 * HOUR_US)
    pledge = promise(project, 10)
    late = project.deadline_at - timedelta(hours=47)
    with pytest.raises(PledgeRefused, match="lock 48 hours"):
        decline_pledge(pledge_id=pledge.pk, by=project.creator, reason="Too late.", now=late)
    assert state_of(pledge) == "accepted"


def ended(hours=10, done=4, **fields):
    """A pledge whose training has ended with `done` of its `hours` verified."""
    project = make_project(deadline_at=NOW + timedelta(days=9), compute_ends_at=NOW + timedelta(days=30))
    device = machine()
    pledge = promise(project, hours, device=device, slots=WORK_HOURS, **fields)
    run = make_run(project=project)
    if done:
        worked(run, open_round(run), device, done, pledge=pledge)
        ComputePledge.objects.filter(pk=pledge.pk).update(state="delivering")
    Project.objects.filter(pk=project.pk).update(deadline_at=NOW, compute_ends_at=NOW + timedelta(seconds=1))
    end_pledges(now=NOW + timedelta(seconds=1))
    pledge.refresh_from_db()
    return pledge


def test_what_is_left_goes_on_once_with_the_same_hours():
    pledge = ended()
    assert (pledge.state, left_us(pledge)) == ("partly_fulfilled", 6 * HOUR_US)
    other = make_project(compute_minimum_us=100 * HOUR_US)
    made = roll_over(pledge=pledge, project=other, by=pledge.backer, now=NOW)
    assert roll_over(pledge=pledge, project=make_project(), by=pledge.backer, now=NOW) == made
    assert (made.project, made.pledged_us, made.rolled_from_id) == (other, 6 * HOUR_US, pledge.pk)
    assert set(made.hours.values_list("slot", flat=True)) == WORK_HOURS
    assert ComputePledge.objects.filter(backer=pledge.backer).count() == 2


def test_nothing_goes_on_for_others_or_from_an_open_or_used_up_pledge():
    other = make_project(compute_minimum_us=100 * HOUR_US)
    with pytest.raises(PledgeRefused, match="Only its backer"):
        roll_over(pledge=ended(), project=other, by=make_user(), now=NOW)
    used, running = ended(hours=4, done=4), promise(make_project(), 5)
    for pledge in (used, running):
        with pytest.raises(PledgeRefused, match="Nothing is left"):
            roll_over(pledge=pledge, project=other, by=pledge.backer, now=NOW)
    assert not other.compute_pledges.exists()


def test_who_chose_so_is_rolled_over_to_where_most_is_lacking_and_told():
    filled = make_project(compute_minimum_us=HOUR_US)
    promise(filled, 50)
    wanting = make_project(compute_minimum_us=100 * HOUR_US)
    pledge, kept = ended(done=0, on_failure="roll_over"), ended(done=0)
    assert roll_over_due(now=NOW) == 1
    assert roll_over_due(now=NOW) == 0
    made = ComputePledge.objects.get(rolled_from=pledge)
    assert made.project == wanting
    assert ComputeMail.objects.get(kind="rolled_over").user == pledge.backer
    assert not ComputePledge.objects.filter(rolled_from=kept).exists()


def test_hours_that_nobody_wants_are_offered_again_the_next_day_and_the_mail_says_so():
    pledge = ended(done=0, on_failure="roll_over")
    assert ComputeMail.objects.get(user=pledge.backer, kind="ended_rolling")
    assert not ComputeMail.objects.filter(kind="ended").exists()
    assert roll_over_due(now=NOW + timedelta(hours=1)) == 0
    make_project(compute_minimum_us=100 * HOUR_US, deadline_at=NOW + timedelta(days=20))
    assert roll_over_due(now=NOW + timedelta(hours=2)) == 0
    assert roll_over_due(now=NOW + timedelta(days=1, hours=2)) == 1


def test_the_ending_is_chosen_by_the_backer_while_the_pledge_is_open():
    pledge = promise(make_project(), 5)
    with pytest.raises(PledgeRefused):
        choose_ending(pledge=pledge, by=make_user(), on_failure="roll_over")
    with pytest.raises(PledgeRefused, match="one of the two"):
        choose_ending(pledge=pledge, by=pledge.backer, on_failure="burn")
    choose_ending(pledge=pledge, by=pledge.backer, on_failure="roll_over")
    assert ComputePledge.objects.get(pk=pledge.pk).on_failure == "roll_over"
    over = ended()
    with pytest.raises(PledgeRefused, match="has ended"):
        choose_ending(pledge=over, by=over.backer, on_failure="roll_over")
