"""Appeals: what they draw, give back and leave, and the page that takes them."""

from datetime import timedelta

import pytest

from compute_pledges.errors import AppealRefused
from compute_pledges.models import (
    Appeal,
    ComputeMail,
    Device,
    GpuTimeEntry,
    WorkResult,
)
from compute_pledges.services.appeals import decide_appeal, open_appeal
from compute_pledges.services.audits import claim_audit
from compute_pledges.services.journal import account_totals
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.rounds import close_round
from compute_pledges.services.screening import screen_blocks
from projects.totals import totals_of
from tests.compute_pledges.judging import BAD, GOOD, ROUND, broken, report
from tests.factories.compute import NOW, SOON, Agent, open_round
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


def test_a_quarantine_is_told_by_mail_with_the_reason_and_the_way_to_appeal(accused):
    agent, *_ = accused
    mail = ComputeMail.objects.get(kind="quarantined")
    assert (mail.user, mail.facts["machine"]) == (agent.device.owner, "machine")
    assert "Replay did not give" in mail.facts["reason"]


def test_an_appeal_draws_a_fresh_replay_whose_outcome_is_evidence_only(accused):
    agent, _, _, _, bad = accused
    appeal = open_appeal(device=agent.device, kind="verdict", text="The disk was failing.", now=SOON)
    assert appeal.evidence.result == bad
    report(claim_audit(now=SOON), GOOD)
    bad.refresh_from_db()
    appeal.evidence.refresh_from_db()
    assert (bad.state, appeal.evidence.state) == ("rejected", "passed")
    assert broken() == set()


def test_a_granted_appeal_gives_back_blocks_record_and_goal_by_further_rows(accused):
    agent, offer, good, unchecked, bad = accused
    before = GpuTimeEntry.objects.count()
    appeal = open_appeal(device=agent.device, kind="verdict", text="Look again.", now=SOON)
    decided = decide_appeal(
        appeal_id=appeal.pk, grant=True, by=make_user(is_staff=True), answer="You were right.", now=SOON
    )
    assert (decided.state, decided.restored_blocks) == ("granted", 2)
    agent.device.refresh_from_db()
    assert (agent.device.state, agent.device.consecutive_valid) == ("active", 2)
    total = good.device_us + unchecked.device_us + bad.device_us
    assert account_totals(pledge=offer)["verified"]["device_us"] == total
    assert GpuTimeEntry.objects.count() == before + 2
    whole = sum(result.h100_us for result in (good, unchecked, bad))
    assert totals_of([offer.project])[offer.project.pk].compute_realized == whole
    assert broken() == set()
    assert ComputeMail.objects.get(kind="appeal_decided").facts["answer"] == "You were right."
    with pytest.raises(AppealRefused, match="granted by now"):
        decide_appeal(appeal_id=appeal.pk, grant=True, by=make_user(is_staff=True), answer="Again.", now=SOON)


def granted(agent):
    appeal = open_appeal(device=agent.device, kind="verdict", text="Look again.", now=SOON)
    decide_appeal(appeal_id=appeal.pk, grant=True, by=make_user(is_staff=True), answer="Yes.", now=SOON)


@pytest.fixture
def in_flight(accused):
    """A block whose lease was given before the quarantine, and whose receipt came after it."""
    agent, offer, *_ = accused
    run = offer.project.training_runs.get()
    Device.objects.filter(pk=agent.device.pk).update(state="active")
    open_round(run, 3, NOW + 3 * ROUND)
    lease = agent.lease(run, NOW + 3 * ROUND)
    Device.objects.filter(pk=agent.device.pk).update(state="quarantined")
    receipt, signature = agent.receipt(lease)
    at = NOW + 3 * ROUND + timedelta(seconds=8)
    result = accept_receipt(device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=at)
    close_round(run=run, index=3, held_out_loss=4.0, contributions=[], sample="", is_rolled_back=False, now=at)
    screen_blocks(now=at)
    result.refresh_from_db()
    agent.device.refresh_from_db()
    assert (result.state, result.reason) == ("rejected", "The device is in quarantine.")
    return result


def replay_of(result, findings):
    """The evidence of the appeal is looked at first."""
    for _ in range(2):
        task = claim_audit(now=SOON)
        report(task, findings if task.lease == result.lease else GOOD)
    result.refresh_from_db()


def test_a_block_in_flight_at_the_quarantine_is_replayed_once_the_appeal_is_granted(accused, in_flight):
    granted(accused[0])
    in_flight.refresh_from_db()
    assert in_flight.state == "rejected"
    replay_of(in_flight, GOOD)
    assert (in_flight.state, in_flight.turn) == ("verified", 1)
    assert broken() == set()


def test_a_block_in_flight_that_fails_its_replays_stays_refused_and_condemns(accused, in_flight):
    granted(accused[0])
    replay_of(in_flight, BAD)
    report(claim_audit(now=SOON), BAD)
    in_flight.refresh_from_db()
    accused[0].device.refresh_from_db()
    assert (in_flight.state, accused[0].device.state) == ("rejected", "quarantined")
    assert broken() == set()


def test_what_came_back_can_be_taken_back_again(accused):
    agent, *_ = accused
    appeal = open_appeal(device=agent.device, kind="verdict", text="Look again.", now=SOON)
    decide_appeal(appeal_id=appeal.pk, grant=True, by=make_user(is_staff=True), answer="Yes.", now=SOON)
    from compute_pledges.services.verification import reverse

    result = WorkResult.objects.select_related("lease__run__project").filter(turn=1).first()
    reverse(result=result, reason="After all.", now=SOON)
    result.refresh_from_db()
    assert result.state == "reversed"
    assert broken() == set()


def test_a_denied_appeal_changes_nothing_but_says_why(accused):
    agent, offer, *_ = accused
    before = account_totals(pledge=offer)
    appeal = open_appeal(device=agent.device, kind="verdict", text="Look again.", now=SOON)
    decide_appeal(
        appeal_id=appeal.pk, grant=False, by=make_user(is_staff=True), answer="The replay fails again.", now=SOON
    )
    agent.device.refresh_from_db()
    assert (agent.device.state, account_totals(pledge=offer)) == ("quarantined", before)
    assert Appeal.objects.get().answer == "The replay fails again."


def test_appeals_are_refused_without_a_reason_twice_without_a_verdict_and_by_oneself(accused):
    agent, *_ = accused
    with pytest.raises(AppealRefused, match="Say in up to"):
        open_appeal(device=agent.device, kind="verdict", text="  ", now=SOON)
    with pytest.raises(AppealRefused, match="None of this machine's blocks"):
        open_appeal(device=Agent().device, kind="verdict", text="Why?", now=SOON)
    appeal = open_appeal(device=agent.device, kind="verdict", text="Why?", now=SOON)
    with pytest.raises(AppealRefused, match="open already"):
        open_appeal(device=agent.device, kind="verdict", text="Why?", now=SOON)
    with pytest.raises(AppealRefused, match="own machine"):
        decide_appeal(appeal_id=appeal.pk, grant=True, by=agent.device.owner, answer="Mine.", now=SOON)
