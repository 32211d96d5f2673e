"""What counts at the deadline: each part of the rule, set-based, frozen, and said in words."""

from datetime import timedelta

import pytest

from compute_pledges.models import ComputePledge, Device, DeviceReport, PledgeCount, TrainingRun
from compute_pledges.services.counting import count_project, count_rows
from compute_pledges.services.counting_words import count_words
from compute_pledges.services.reconcile import reconcile_pledges
from projects.closing import close_project
from projects.models import Contribution, Project, Teammate
from projects.totals import totals_of
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise, worked

pytestmark = pytest.mark.django_db
NINE_TO_FIVE = frozenset(day * 24 + hour for day in range(5) for hour in range(9, 17))


def counted(project):
    return totals_of([project])[project.pk].compute_pledged


def counts(pledge):
    return PledgeCount.objects.get(pledge=pledge)


def test_no_more_counts_than_the_schedule_leaves_before_the_end():
    project = make_project(compute_ends_at=NOW + timedelta(days=11))
    pledge = promise(project, 500, slots=NINE_TO_FIVE)
    # From Monday noon to the Friday noon after next: five hours, eight whole working days, three hours.
    assert counts(pledge).free_us == counts(pledge).deliverable_us == 72 * HOUR_US
    assert counted(project) == 72 * HOUR_US
    words = count_words(pledge, counts(pledge))
    assert words == (
        "Of the 500 GPU-h promised, 72 GPU-h count (72 GPU-h H100-equivalent), because the hours chosen leave 72 GPU-h"
        " of the machine before the training must end."
    )


def test_what_is_verified_counts_beside_what_can_still_be_delivered_and_never_twice():
    project = make_project(compute_ends_at=NOW + timedelta(days=30))
    pledge = promise(project, 40)
    run = make_run(project=project)
    worked(run, open_round(run), pledge.device, 15, pledge=pledge)
    count_project(project_id=project.pk, now=NOW)
    assert (counts(pledge).verified_us, counts(pledge).deliverable_us) == (15 * HOUR_US, 25 * HOUR_US)
    assert counted(project) == 40 * HOUR_US


def test_the_owners_record_weighs_the_promise():
    device = machine()
    before = promise(make_project(state="live"), 10, device=device)
    run = make_run(project=before.project)
    worked(run, open_round(run), device, 6, pledge=before)
    ComputePledge.objects.filter(pk=before.pk).update(state="partly_fulfilled", ended_at=NOW + timedelta(days=2))
    reconcile_pledges(now=NOW + timedelta(days=2))
    project = make_project()
    pledge = promise(project, 100, device=machine(owner=device.owner))
    assert (counts(pledge).factor_ppm, counted(project)) == (600_000, 60 * HOUR_US)
    assert "60% of what was due of its owner's earlier pledges was verified" in count_words(pledge, counts(pledge))


def test_a_creator_who_never_trained_costs_the_owner_no_record_and_a_late_withdrawal_does():
    device = machine()
    before = promise(make_project(state="live"), 10, device=device)
    ComputePledge.objects.filter(pk=before.pk).update(state="expired", ended_at=NOW + timedelta(days=20))
    reconcile_pledges(now=NOW + timedelta(days=21))
    pledge = promise(make_project(), 100, device=machine(owner=device.owner))
    assert counts(pledge).factor_ppm == 1_000_000
    ComputePledge.objects.filter(pk=before.pk).update(state="withdrawn", is_late_withdrawal=True)
    count_project(project_id=pledge.project_id, now=NOW)
    assert counts(pledge).factor_ppm == 0


def test_only_merged_work_counts_and_unmerged_work_uses_up_the_promise():
    project = make_project()
    pledge = promise(project, 40)
    run = make_run(project=project)
    round_ = open_round(run)
    worked(run, round_, pledge.device, 15, pledge=pledge)
    worked(run, round_, pledge.device, 5, pledge=pledge, is_merged=False)
    count_project(project_id=project.pk, now=NOW)
    assert (counts(pledge).verified_us, counts(pledge).deliverable_us) == (20 * HOUR_US, 20 * HOUR_US)
    assert counted(project) == 35 * HOUR_US


def test_work_verified_after_the_deadline_is_not_in_the_frozen_count():
    project = make_project(funding_minimum=0, compute_minimum_us=40 * HOUR_US, compute_ends_at=NOW + timedelta(days=30))
    Project.objects.filter(pk=project.pk).update(compute_ends_at=project.deadline_at)
    pledge = promise(project, 40)
    run = make_run(project=project)
    round_ = open_round(run)
    worked(run, round_, pledge.device, 15, pledge=pledge, now=project.deadline_at - timedelta(days=1))
    worked(run, round_, pledge.device, 25, pledge=pledge, now=project.deadline_at + timedelta(minutes=1))
    worked(run, round_, machine(), 9, now=project.deadline_at + timedelta(minutes=1))
    close_project(project_id=project.pk, now=project.deadline_at + timedelta(hours=1))
    assert (counts(pledge).verified_us, counts(pledge).deliverable_us) == (15 * HOUR_US, 0)
    assert counted(project) == 15 * HOUR_US


def test_a_machine_that_holds_no_open_run_counts_nothing_until_one_fits():
    project = make_project()
    large = make_run(project=project, parameters=10**10)
    pledge = promise(project, 40, device=machine(reported_hardware={"memory_bytes": 4 * 2**30}))
    assert (counts(pledge).why, counted(project)) == ("memory", 0)
    assert "can hold none of the project's runs" in count_words(pledge, counts(pledge))
    TrainingRun.objects.filter(pk=large.pk).update(state="stopped")
    count_project(project_id=project.pk, now=NOW)
    assert counted(project) == 40 * HOUR_US
    DeviceReport.objects.create(device=pledge.device, benchmark={"speeds": [], "up_mbit": 0.001})
    make_run(project=project)
    count_project(project_id=project.pk, now=NOW)
    assert (counts(pledge).why, counted(project)) == ("memory", 0)


def test_hours_of_a_project_that_failed_do_not_weigh():
    device = machine()
    failed = promise(make_project(), 10, device=device)
    ComputePledge.objects.filter(pk=failed.pk).update(state="expired")
    failed.project.state = "failed"
    failed.project.save()
    pledge = promise(make_project(), 100, device=machine(owner=device.owner))
    assert counts(pledge).factor_ppm == 1_000_000


def test_pledges_of_creator_and_team_never_count():
    project = make_project()
    mate = make_user()
    Teammate.objects.create(project=project, user=mate, added_at=NOW)
    pledges = [promise(project, 50, device=machine(owner=owner)) for owner in (project.creator, mate)]
    assert counted(project) == 0
    assert [counts(pledge).why for pledge in pledges] == ["team", "team"]
    assert "never count" in count_words(pledges[0], counts(pledges[0]))


def test_machines_without_a_record_share_a_quarter_first_come_first_counted():
    project = make_project(compute_minimum_us=100 * HOUR_US)
    first = promise(project, 20, device=machine(valid=0))
    second = promise(project, 20, device=machine(valid=9), now=NOW + timedelta(seconds=1))
    proven = promise(project, 30, now=NOW + timedelta(seconds=2))
    amounts = [counts(pledge).counted_h100_us // HOUR_US for pledge in (first, second, proven)]
    assert amounts == [20, 5, 30]
    assert counts(second).why == "quarter"
    assert "fill at most a quarter" in count_words(second, counts(second))


def test_the_closing_freezes_the_count_at_the_deadlines_instant():
    project = make_project(funding_minimum=0, compute_minimum_us=40 * HOUR_US)
    pledge = promise(project, 40)
    late = project.deadline_at + timedelta(days=3)
    assert close_project(project_id=project.pk, now=late) == "collecting"
    assert (counts(pledge).frozen_at, counts(pledge).counted_at) == (project.deadline_at, project.deadline_at)
    Device.objects.filter(pk=pledge.device_id).update(state="quarantined")
    assert count_project(project_id=project.pk, now=late) == 0
    assert counted(project) == 40 * HOUR_US
    assert "40 GPU-h counted" in count_words(pledge, counts(pledge))


def test_a_machine_that_is_in_quarantine_at_the_deadline_does_not_count():
    project = make_project(funding_minimum=0, compute_minimum_us=40 * HOUR_US)
    pledge = promise(project, 40)
    Device.objects.filter(pk=pledge.device_id).update(state="quarantined")
    assert close_project(project_id=project.pk, now=project.deadline_at) == "failed"
    assert (counts(pledge).why, counted(project)) == ("machine", 0)


def test_verified_work_without_a_pledge_counts_at_the_closing_but_not_the_creators():
    project = make_project(funding_minimum=0, compute_minimum_us=10 * HOUR_US)
    run = make_run(project=project)
    round_ = open_round(run)
    worked(run, round_, machine(owner=project.creator), 100)
    worked(run, round_, machine(), 10)
    worked(run, round_, machine(), 7, is_merged=False)
    assert close_project(project_id=project.pk, now=project.deadline_at) == "collecting"
    assert counted(project) == 10 * HOUR_US


def test_an_hour_counts_for_what_it_lasts_where_the_clock_changes():
    changes = NOW.replace(month=10, day=24)
    project = make_project(deadline_at=changes, compute_ends_at=changes + timedelta(days=2))
    sunday_night = frozenset({6 * 24 + 2})
    pledge = promise(project, 9, slots=sunday_night, zone="Europe/Berlin", now=changes - timedelta(days=1))
    rows = count_rows(project=project, at=changes - timedelta(days=1))
    assert (rows[0].id, rows[0].free_us) == (pledge.pk, 2 * HOUR_US)


@pytest.mark.parametrize("pledges", [2, 12])
def test_counting_takes_as_many_queries_for_few_as_for_many(pledges, django_assert_num_queries):
    project = make_project()
    for _ in range(pledges):
        promise(project, 5)
    Contribution.objects.filter(project=project).count()
    with django_assert_num_queries(9):
        count_project(project_id=project.pk, now=NOW + timedelta(hours=1))
