"""Screens that no replay is needed for, why a block is looked at, and what a verdict means for the whole account."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.errors import RunRefused
from compute_pledges.models import Audit, Device
from compute_pledges.services.appeals import decide_appeal, open_appeal
from compute_pledges.services.audits import claim_audit, record_audit
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.rounds import bindings, close_round
from compute_pledges.services.screening import screen_blocks
from tests.compute_pledges.working import condemn, work
from tests.factories.compute import NOW, SOON, Agent, make_run, open_round
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db
PASSED = {"relative_l2": 0.001, "max_loss_difference": 0.0, "seconds": 1.0}


@pytest.fixture(autouse=True)
def _no_chance(monkeypatch):
    """Of machines with a record nothing is drawn by chance."""
    monkeypatch.setattr("compute_pledges.services.screening.must_audit", lambda device: not device.has_record)


def known(**fields):
    """A machine that nobody looks at without a cause."""
    return Agent(consecutive_valid=500, calibrated_flops_per_second=10**15, calibrated_at=timezone.now(), **fields)


def handed_in(agent, lease):
    receipt, signature = agent.receipt(lease)
    return accept_receipt(device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=SOON)


def round_of(*agents, first_losses=None, alike=None):
    """One round with a block of each: closed with what the anchor found, screened. The blocks."""
    run = make_run()
    open_round(run)
    blocks = [handed_in(agent, agent.lease(run, NOW)) for agent in agents]
    close_round(
        run=run, index=0, held_out_loss=4.0, sample="", is_rolled_back=False, now=SOON,
        contributions=[
            {"lease_id": str(block.pk), "weight": block.steps, "peer_id": agent.peer_id}
            for agent, block in zip(agents, blocks, strict=True)
        ],
        alike=[[str(blocks[a].pk), str(blocks[b].pk), cosine] for a, b, cosine in alike or []],
        first_losses={str(blocks[place].pk): loss for place, loss in (first_losses or {}).items()},
    )  # fmt: skip
    screen_blocks(now=SOON)
    for block in blocks:
        block.refresh_from_db()
    return blocks


def test_updates_that_are_alike_are_both_replayed_as_a_whole_and_others_are_not(settings):
    settings.AUDIT_SEGMENT_FLOPS = 0
    blocks = round_of(known(), known(), known(), alike=[[0, 2, 0.991]])
    assert [block.state for block in blocks] == ["auditing", "verified", "auditing"]
    assert {(audit.cause, audit.segment) for audit in Audit.objects.all()} == {("alike", None)}


def test_a_first_loss_of_other_data_is_replayed_and_the_right_one_is_not():
    blocks = round_of(known(), known(), known(), first_losses={0: 4.03, 1: 4.01, 2: 0.0})
    assert [block.state for block in blocks] == ["auditing", "verified", "auditing"]
    assert set(Audit.objects.values_list("cause", flat=True)) == {"first_loss"}


def test_a_screen_condemns_nobody():
    agent = known()
    (block,) = round_of(agent, first_losses={0: 9.0})
    record_audit(audit_id=claim_audit(now=SOON).key, report=PASSED, now=SOON)
    block.refresh_from_db()
    agent.device.refresh_from_db()
    assert (block.state, agent.device.state) == ("verified", "active")


def test_later_looks_at_a_block_keep_the_cause():
    round_of(Agent())
    for _ in range(2):
        audit = claim_audit(now=SOON)
        report = {"relative_l2": 1.2, "max_loss_difference": 0.0, "seconds": 1.0}
        record_audit(audit_id=audit.key, report=report, now=SOON)
    assert list(Audit.objects.values_list("cause", flat=True)) == ["newcomer", "newcomer"]


@pytest.mark.parametrize("alike", [[["a", "b"]], [["a", "b", "near"]], [7]])
def test_a_close_that_tells_what_is_alike_wrongly_is_refused_and_the_round_stays_open(alike):
    run = make_run()
    round_ = open_round(run)
    with pytest.raises(RunRefused, match="pairs of leases"):
        close_round(
            run=run, index=0, held_out_loss=4.0, sample="", is_rolled_back=False, now=SOON, contributions=[],
            alike=alike,
        )  # fmt: skip
    round_.refresh_from_db()
    assert round_.closed_at is None


def test_the_anchor_is_told_the_seeds_of_live_leases():
    run, agent = make_run(), known()
    open_round(run)
    lease = agent.lease(run, NOW)
    assert bindings(run=run, now=NOW)[agent.peer_id]["seed"] == lease.seed


@pytest.fixture
def account():
    """Two machines of one person, the second with a record; the first is condemned."""
    owner = make_user()
    bad, other = Agent(owner=owner), known(owner=owner)
    work(bad, make_run())
    condemn(1.2)
    return bad, other


def test_a_verdict_puts_the_accounts_other_machines_on_probation_and_nobody_elses(account):
    bad, other = account
    stranger = known()
    assert (reloaded(other).consecutive_valid, reloaded(other).state) == (0, "active")
    assert reloaded(stranger).consecutive_valid == 500
    block = work(other, make_run())
    assert (block.state, block.audits.get().cause) == ("auditing", "newcomer")
    assert reloaded(bad).state == "quarantined"


def test_a_granted_appeal_gives_all_of_them_their_record_back(account):
    bad, other = account
    appeal = open_appeal(device=reloaded(bad), kind="verdict", text="It was not me.", now=SOON)
    decide_appeal(appeal_id=appeal.pk, grant=True, by=make_user(), answer="", now=SOON)
    assert reloaded(other).consecutive_valid == 500
    assert (reloaded(bad).state, reloaded(other).valid_before_quarantine) == ("active", 0)


def test_a_record_earned_on_probation_is_not_lost_by_an_appeal(account):
    bad, other = account
    Device.objects.filter(pk=other.device.pk).update(consecutive_valid=3)
    appeal = open_appeal(device=reloaded(bad), kind="verdict", text="It was not me.", now=SOON)
    decide_appeal(appeal_id=appeal.pk, grant=True, by=make_user(), answer="", now=SOON + timedelta(hours=1))
    assert reloaded(other).consecutive_valid == 503


def reloaded(agent):
    return Device.objects.get(pk=agent.device.pk)
