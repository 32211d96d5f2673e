"""The audit of GPU time: nothing where nothing is wrong, and each invariant finds the damage that it is named after."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from compute_pledges.invariants import INVARIANTS
from compute_pledges.models import ComputePledge, SponsoredDevice, SponsorInvoice, SponsorVendor, WorkResult
from compute_pledges.services.auditing import audit
from compute_pledges.services.closing import close_days
from compute_pledges.services.reconcile import reconcile_pledges
from compute_pledges.services.verification import quarantine, settle_verified
from projects.models import Reward
from tests.compute_pledges.working import audit as judge
from tests.compute_pledges.working import pledge, work
from tests.factories.compute import NOW, SOON, Agent, make_run
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db
ROUND = timedelta(seconds=20)


@pytest.fixture
def story():
    """Something of everything: verified, settled, rejected, reversed, unmerged, waiting, two pledges, a week."""
    run = make_run()
    good, bad = Agent(), Agent()
    for agent in (good, bad):
        pledge(agent, run, hours=2)
    work(good, run, NOW)
    judge(0.001)
    settle_verified(now=SOON + timedelta(days=2))
    work(good, run, NOW + ROUND, 1)
    judge(0.001)
    work(bad, run, NOW + 2 * ROUND, 2)
    judge(0.002)
    work(bad, run, NOW + 3 * ROUND, 3)
    judge(1.4)
    judge(1.4)
    work(good, run, NOW + 4 * ROUND, 4, merged=False)
    judge(0.001)
    work(good, run, NOW + 5 * ROUND, 5)
    later = NOW + timedelta(days=9)
    reconcile_pledges(now=later)
    close_days(now=later)
    return run


def broken():
    return {finding.invariant.name for finding in audit() if not finding.holds}


def damage(sql):
    """As someone with the database's own rights would: no trigger and no constraint in the way."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica")
        for statement in sql.split(";"):
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_nothing_is_found_where_nothing_is_wrong(story):
    states = set(WorkResult.objects.values_list("state", flat=True))
    assert states >= {"settled", "verified", "rejected", "auditing"}
    assert len(INVARIANTS) >= 20
    assert broken() == set()
    out = StringIO()
    call_command("audit_compute", stdout=out)
    assert f"{len(INVARIANTS)} invariants in" in out.getvalue()
    assert "0 broken" in out.getvalue()


def test_a_reversal_is_no_breach(story):
    device = WorkResult.objects.filter(state="settled").get().device_id
    quarantine(device_id=device, reason="test", now=NOW + timedelta(days=3))
    assert broken() == set()


SETTLED = "SELECT lease_id FROM compute_pledges_workresult WHERE state = 'settled'"
VERIFIED = (
    "SELECT lease_id FROM compute_pledges_workresult WHERE state = 'verified' AND is_merged"
    " ORDER BY received_at LIMIT 1"
)
REJECTED = "SELECT lease_id FROM compute_pledges_workresult WHERE state = 'rejected'"
RESULT, ENTRY = "compute_pledges_workresult", "compute_pledges_gputimeentry"
HURTS = {
    "movements_are_lawful": f"UPDATE {ENTRY} SET debit = 'promised' WHERE lease_id = ({SETTLED})"
    " AND credit = 'verified'",
    "nothing_moves_that_is_not_there": f"DELETE FROM {ENTRY} WHERE lease_id = ({SETTLED}) AND credit = 'reported'",
    "a_block_is_in_one_place": f"UPDATE {ENTRY} SET debit = 'promised' WHERE lease_id = ({VERIFIED})",
    "movements_have_the_block_s_amount": f"UPDATE {ENTRY} SET device_us = device_us + 1 WHERE lease_id = ({SETTLED})",
    "movements_name_the_lease_s_parties": f"UPDATE {ENTRY} SET pledge_id = NULL WHERE lease_id = ({SETTLED})",
    "a_block_s_state_is_where_its_time_lies": f"UPDATE {RESULT} SET state = 'verified' WHERE state = 'rejected'",
    "never_more_than_the_server_s_clock": f"UPDATE {RESULT} SET device_us = 9000000 WHERE state = 'settled'",
    "equivalents_follow_from_flops": f"UPDATE {RESULT} SET flops = flops * 2 WHERE state = 'settled'",
    "steps_are_within_the_lease": f"UPDATE {RESULT} SET steps = steps + 1 WHERE state = 'settled'",
    "answered_leases_have_their_block": "UPDATE compute_pledges_lease SET state = 'expired'",
    "receipts_came_in_time": f"UPDATE {RESULT} SET received_at = received_at + interval '1 day'",
    "a_device_works_on_one_block_at_a_time": "UPDATE compute_pledges_lease SET issued_at = issued_at - interval '19 s'"
    f" WHERE id = ({VERIFIED})",
    "an_update_earns_once": f"UPDATE {RESULT} SET update_sha256 = 'same'",
    "a_failed_audit_earns_nothing": "UPDATE compute_pledges_audit SET state = 'failed';"
    f" UPDATE {RESULT} SET state = 'verified' WHERE state = 'rejected'",
    "nobody_audits_their_own": "UPDATE compute_pledges_audit a SET auditor_id = r.device_id"
    f" FROM {RESULT} r WHERE r.lease_id = a.result_id",
    "only_appeals_give_back": f"UPDATE {RESULT} SET turn = 1 WHERE state = 'settled'",
    "blocks_in_audit_have_one": "DELETE FROM compute_pledges_audit WHERE state = 'pending'",
    "a_measured_rate_comes_from_a_block": "UPDATE compute_pledges_lease SET kind = 'training'",
    "only_merged_work_fills_the_goal": f"UPDATE {RESULT} SET is_merged = true, anchor_weight = steps",
    "the_goal_is_filled_by_blocks": "UPDATE projects_contribution SET source = 'lease:' || id WHERE stage = 'realized'",
    "merged_needs_the_anchor": f"UPDATE {RESULT} SET anchor_weight = NULL WHERE state = 'settled'",
    "counted_hours_are_on_the_meter": "UPDATE compute_pledges_computepledge SET counted_h100_us = counted_h100_us + 1",
    "fulfilled_pledges_are_delivered": "UPDATE compute_pledges_computepledge SET state = 'fulfilled'",
    "ended_pledges_hold_no_hours": "UPDATE compute_pledges_computepledge SET state = 'withdrawn'",
    "days_that_are_over_equal_the_journal": "UPDATE compute_pledges_gputimeday SET device_us = device_us + 1",
    "weeks_sum_to_the_journal": "DELETE FROM compute_pledges_pledgeweek",
    "no_more_is_due_than_was_promised": "UPDATE compute_pledges_pledgeweek SET promised_us = 90000000000000",
    "what_is_frozen_is_what_counts": "UPDATE compute_pledges_pledgecount SET frozen_at = now(),"
    " counted_h100_us = counted_h100_us + 1",
    "machines_without_a_record_fill_at_most_a_quarter": "UPDATE compute_pledges_computepledge SET counted_h100_us = 1;"
    " UPDATE projects_project SET compute_minimum_us = 1000; UPDATE compute_pledges_pledgecount SET has_record = false,"
    " counted_rest_h100_us = 251",
    "hours_as_bits_equal_the_hours": "UPDATE compute_pledges_computepledge SET week_hours = ~week_hours",
    "ended_weeks_equal_the_journal": "UPDATE compute_pledges_pledgeweek SET verified_us = verified_us + 1",
}
BY_HAND = {
    "a_block_fills_its_owner_s_pledge", "rented_machines_fill_no_pledge", "claimed_stock_is_held",
    "granted_rewards_are_earned", "a_day_of_a_vendor_is_on_one_invoice", "invoices_stay_within_the_promised_budget",
}  # fmt: skip


def test_every_invariant_is_hurt_here():
    assert set(HURTS) | BY_HAND == {invariant.name for invariant in INVARIANTS}


@pytest.mark.parametrize("name", HURTS)
def test_damage_is_found(story, name):
    damage(HURTS[name])
    assert name in broken()


def test_another_s_pledge_is_found(story):
    WorkResult.objects.filter(state="settled").get().device.pledges.update(backer=make_user())
    assert "a_block_fills_its_owner_s_pledge" in broken()


def test_rented_work_in_a_pledge_is_found(story):
    device = WorkResult.objects.filter(state="settled").get().device
    vendor = SponsorVendor.objects.create(project=story.project, name="Rental")
    SponsoredDevice.objects.create(
        device=device, project=story.project, vendor=vendor, marked_by=make_user(), marked_at=NOW - timedelta(days=1)
    )
    assert broken() == {"rented_machines_fill_no_pledge", "only_merged_work_fills_the_goal"}


def test_invoices_beyond_days_and_budget_are_found(story):
    device = WorkResult.objects.filter(state="settled").get().device
    vendor = SponsorVendor.objects.create(project=story.project, name="Rental")
    SponsoredDevice.objects.create(
        device=device, project=story.project, vendor=vendor, marked_by=make_user(), marked_at=NOW
    )
    damage("ALTER TABLE compute_pledges_sponsorinvoice DROP CONSTRAINT invoice_days_once")
    for reference in ("A", "B"):
        SponsorInvoice.objects.create(
            project=story.project, vendor=vendor, reference=reference, amount_minor=1, currency="EUR", billed_us=1,
            starts_on=NOW.date(), ends_on=NOW.date(), entered_by=make_user(), entered_at=NOW,
        )  # fmt: skip
    assert {"a_day_of_a_vendor_is_on_one_invoice", "invoices_stay_within_the_promised_budget"} <= broken()


def test_a_reward_that_nobody_holds_or_earned_is_found(story):
    reward = Reward.objects.create(project=story.project, title="x", threshold_gpu_us=10**15, claimed=1)
    assert broken() == {"claimed_stock_is_held"}
    ComputePledge.objects.filter(project=story.project).update(reward=reward, reward_granted_at=NOW)
    assert broken() == {"claimed_stock_is_held", "granted_rewards_are_earned"}


def test_breaches_are_printed_and_end_with_status_one(story):
    damage(HURTS["movements_have_the_block_s_amount"])
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit_compute", "--json", stdout=out)
    assert ended.value.code == 1
    rows = {row["invariant"]: row for row in map(json.loads, out.getvalue().splitlines())}
    assert rows["movements_have_the_block_s_amount"]["breaches"] == 3
    assert rows["movements_are_lawful"]["breaches"] == 0
