"""Devices without a record fill together at most a quarter of a minimum; a record or a quarantine changes that."""

from datetime import timedelta
from uuid import uuid4

import pytest

from compute_pledges.models import Audit
from compute_pledges.services.counting import count_project
from compute_pledges.services.pledges import create_pledge, recount, withdraw_pledge
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.verification import quarantine, verify
from projects.totals import totals_of
from tests.factories.compute import SOON, Agent, make_run, open_round
from tests.factories.people import NOW, make_project
from tests.factories.pledges import HOUR_US, promise, worked

pytestmark = pytest.mark.django_db
MINIMUM = 4_000_000


def lent(project, *, valid=0):
    """A calibrated machine of 8 GFLOP/s that promises 200 hours: some 14.6 H100-equivalent seconds."""
    agent = Agent(calibrated_flops_per_second=8 * 10**9, calibrated_at=NOW, consecutive_valid=valid)
    return create_pledge(
        project=project, backer=agent.device.owner, catalog_slug="cpu-thread", pledged_us=720_000_000_000,
        hours_per_week=168, device=agent.device, reward=None, client_token=uuid4(), now=NOW,
    )  # fmt: skip


def counted(project):
    return totals_of([project])[project.pk].compute_pledged


def test_machines_without_a_record_share_a_quarter_of_the_minimum():
    project = make_project(compute_minimum_us=MINIMUM)
    first, second = lent(project), lent(project)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.counted_h100_us, second.counted_h100_us, counted(project)) == (MINIMUM // 4, 0, MINIMUM // 4)
    assert second.credible_h100_us > MINIMUM
    withdraw_pledge(pledge=first, now=NOW)
    second.refresh_from_db()
    assert (counted(project), second.counted_h100_us) == (MINIMUM // 4, MINIMUM // 4)
    withdraw_pledge(pledge=second, now=NOW)
    assert counted(project) == 0


def test_a_machine_with_a_record_and_a_project_without_a_minimum_have_no_such_limit():
    for project, valid in ((make_project(compute_minimum_us=MINIMUM), 10), (make_project(), 0)):
        pledge = lent(project, valid=valid)
        pledge.refresh_from_db()
        assert pledge.counted_h100_us == pledge.credible_h100_us == counted(project) > MINIMUM


def test_the_tenth_valid_block_makes_the_promise_count_in_full_and_a_quarantine_takes_it_away():
    project = make_project(compute_minimum_us=MINIMUM)
    run = make_run(project=project)
    open_round(run)
    pledge = lent(project)
    other = Agent(consecutive_valid=9, owner=pledge.backer)
    pledge.device = other.device
    pledge.save(update_fields=["device"])
    lease = other.lease(run, SOON - timedelta(seconds=8))
    receipt, signature = other.receipt(lease)
    result = accept_receipt(device=other.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=SOON)
    assert counted(project) == MINIMUM // 4
    verify(result=result, now=SOON)
    pledge.refresh_from_db()
    assert counted(project) == pledge.credible_h100_us == pledge.counted_h100_us
    recount(device_id=other.device.pk, now=SOON)
    assert counted(project) == pledge.credible_h100_us
    quarantine(device_id=other.device.pk, reason="fake work", now=SOON)
    assert counted(project) == 0


def test_after_a_quarantine_the_next_sweep_counts_what_the_quarantine_counted():
    project = make_project(compute_minimum_us=MINIMUM)
    run = make_run(project=project)
    round_ = open_round(run)
    pledge = promise(project, 5)
    passed = worked(run, round_, pledge.device, 1, pledge=pledge, now=NOW)
    worked(run, round_, pledge.device, 2, pledge=pledge, now=NOW + timedelta(minutes=5))
    Audit.objects.create(result=passed, state="passed", finished_at=NOW)
    at = NOW + timedelta(minutes=9)
    count_project(project_id=project.pk, now=at)
    assert counted(project) == 5 * HOUR_US
    quarantine(device_id=pledge.device_id, reason="fake work", now=at)
    assert counted(project) == HOUR_US
    assert count_project(project_id=project.pk, now=at) == 0
