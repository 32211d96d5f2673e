"""Pledged hours against the planned work of runs: machines that fit by memory and line, and no hour given twice."""

from datetime import timedelta

import pytest

from compute_pledges.matching.hours import run_hours
from compute_pledges.models import DeviceReport
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project
from tests.factories.pledges import HOUR_US, machine, promise, worked
from training_cluster.protocol_hyper import DEFAULT_HYPER
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND

pytestmark = pytest.mark.django_db
GIB = 2**30
# A sample is an hour of the H100.
SAMPLE = H100_EQUIVALENT_FLOPS_PER_SECOND * 3600


def with_memory(gib, **fields):
    return machine(reported_hardware={"memory_bytes": gib * GIB}, **fields)


def planned(project, hours, parameters, **fields):
    return make_run(
        project=project, flops_per_sample=SAMPLE, planned_samples=hours, parameters=parameters,
        hyper={**DEFAULT_HYPER, "exchange_seconds": 100}, **fields,
    )  # fmt: skip


def test_planned_work_is_held_against_the_hours_of_machines_that_fit():
    project = make_project(compute_ends_at=NOW + timedelta(days=70))
    run = planned(project, 100, 10**9)
    fitting, small, slow = with_memory(80), with_memory(8), with_memory(80)
    DeviceReport.objects.create(device=slow, benchmark={"up_mbit": 1, "down_mbit": 1})
    promise(project, 30, device=fitting, slots=range(20))
    for device in (small, slow):
        promise(project, 30, device=device)
    (row,) = run_hours(project=project, now=NOW)
    assert (row.run, row.left_us, row.given_us, row.missing_us) == (run, 100 * HOUR_US, 30 * HOUR_US, 70 * HOUR_US)
    assert (row.machines, row.too_small, row.too_slow, row.hours_per_week, row.weeks) == (1, 1, 1, 20, 5)
    assert row.line_mbit == pytest.approx(160)


def test_an_hour_is_given_to_one_run_and_small_machines_first():
    project = make_project(compute_ends_at=NOW + timedelta(days=70))
    large, small = planned(project, 40, 10**9), planned(project, 40, 10**7)
    promise(project, 50, device=with_memory(80))
    promise(project, 10, device=with_memory(8))
    rows = run_hours(project=project, now=NOW)
    assert [(row.run, row.deliverable_us // HOUR_US, row.given_us // HOUR_US) for row in rows] == [
        (large, 50, 40), (small, 60, 20),
    ]  # fmt: skip


def test_work_that_is_trained_is_not_needed_again_and_no_plan_means_what_the_goal_lacks():
    project = make_project(compute_minimum_us=70 * HOUR_US)
    run, free = planned(project, 100, 10**7), make_run(project=project)
    device = machine()
    result = worked(run, open_round(run), device, 1)
    result.tokens = 25 * int(run.hyper["sequence"])
    result.save(update_fields=["tokens"])
    left = {row.run: row.left_us // HOUR_US for row in run_hours(project=project, now=NOW + timedelta(days=1))}
    assert left == {run: 75, free: 70}
    assert run_hours(project=make_project(), now=NOW) == []


def test_the_creators_page_shows_the_hours_of_each_run_and_asks_as_much_for_many_pledges(
    client, django_assert_max_num_queries
):  # fmt: skip
    project = make_project(compute_minimum_us=70 * HOUR_US)
    planned(project, 100, 10**7)
    client.force_login(project.creator)
    for _ in range(3):
        promise(project, 5)
    with django_assert_max_num_queries(34):
        page = client.get(f"/projects/{project.slug}/gpu-time/").content.decode()
    assert "Hours for each run" in page
    assert "100 GPU-h" in page
    for _ in range(5):
        promise(project, 5)
    with django_assert_max_num_queries(34):
        client.get(f"/projects/{project.slug}/gpu-time/")


def test_pledges_beyond_a_page_are_on_the_next(client):
    project = make_project()
    pledges = [promise(project, hours, slots={hours}) for hours in range(1, 53)]
    assert len(pledges) == 52
    client.force_login(project.creator)
    first = client.get(f"/projects/{project.slug}/gpu-time/").content.decode()
    assert "?page=2#pledges" in first
    second = client.get(f"/projects/{project.slug}/gpu-time/?page=2").content.decode()
    assert (first.count('<article class="panel">'), second.count('<article class="panel">')) == (50, 2)
