"""From a lease to verified, settled or reversed time, and everything that earns nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, transaction
from django.utils import timezone

from compute_pledges.errors import DeviceNotAllowed, NoWorkNow, ReceiptRefused
from compute_pledges.models import Audit, ComputePledge, GpuTimeEntry, Lease, WorkResult
from compute_pledges.services.audits import claim_audit, record_audit
from compute_pledges.services.journal import account_totals
from compute_pledges.services.pledges import create_pledge
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.reconcile import journal_differences, reconcile_pledges
from compute_pledges.services.rounds import close_round
from compute_pledges.services.screening import screen_blocks
from compute_pledges.services.verification import settle_verified
from projects.totals import totals_of
from tests.factories.compute import NOW, SOON, Agent, make_run, open_round
from training_cluster.peers import PeerKey

pytestmark = pytest.mark.django_db
HOUR_US = 3_600_000_000


def work(agent, run, now=NOW, index=0, *, merged=True, **receipt_changes):
    """Lease, receipt, round close and screening of one block."""
    open_round(run, index, now)
    lease = agent.lease(run, now)
    receipt, signature = agent.receipt(lease, **receipt_changes)
    later = now + timedelta(seconds=8)
    result = accept_receipt(device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=later)
    contributions = (
        [{"lease_id": str(lease.pk), "weight": receipt["steps"], "peer_id": agent.peer_id}] if merged else []
    )
    close_round(
        run=run, index=index, held_out_loss=4.0, contributions=contributions, sample="", is_rolled_back=False, now=later
    )
    screen_blocks(now=later)
    result.refresh_from_db()
    return result


def audit(relative_l2, error=None, now=SOON, losses_apart=0.0):
    claimed = claim_audit(now=now)
    report = {"relative_l2": relative_l2, "max_loss_difference": losses_apart, "seconds": 1.0, "error": error}
    return record_audit(audit_id=claimed.key, report=report, now=now)


def condemn(relative_l2, error=None, now=SOON, losses_apart=0.0):
    """Two audits that fail alike."""
    for _ in range(2):
        audit(relative_l2, error, now, losses_apart)


def pledge(agent, run, hours=1):
    return create_pledge(
        project=run.project,
        backer=agent.device.owner,
        catalog_slug="cpu-thread",
        pledged_us=hours * HOUR_US,
        hours_per_week=168,
        device=agent.device,
        reward=None,
        client_token=uuid4(),
        now=NOW,
    )


def test_an_offer_counts_once_its_device_is_calibrated_by_a_verified_block():
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    assert (offer.state, totals_of([run.project])[run.project.pk].compute_pledged) == ("offered", 0)
    result = work(agent, run)
    assert result.lease.kind == Lease.Kind.CALIBRATION
    assert result.state == WorkResult.State.AUDITING
    audit(0.001)
    offer.refresh_from_db()
    assert offer.state == ComputePledge.State.DELIVERING
    assert offer.counted_h100_us > 0
    assert totals_of([run.project])[run.project.pk].compute_pledged == offer.counted_h100_us


def test_a_verified_block_fills_the_meter_and_the_pledge_once():
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    result = work(agent, run)
    audit(0.001)
    totals = account_totals(pledge=offer)
    assert totals["verified"] == {"device_us": result.device_us, "h100_us": result.h100_us}
    assert totals["reported"] == {"device_us": 0, "h100_us": 0}
    assert totals_of([run.project])[run.project.pk].compute_realized == result.h100_us > 0
    assert settle_verified(now=SOON + timedelta(days=2)) == 1
    assert settle_verified(now=SOON + timedelta(days=2)) == 0
    assert account_totals(pledge=offer)["settled"]["device_us"] == result.device_us
    assert journal_differences(since=NOW) == []


def test_work_that_missed_the_merge_settles_the_pledge_but_not_the_goal():
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    result = work(agent, run, merged=False)
    audit(0.001)
    assert account_totals(pledge=offer)["verified"]["device_us"] == result.device_us
    assert totals_of([run.project])[run.project.pk].compute_realized == 0


def test_device_time_is_never_more_than_the_server_s_clock():
    agent, run = Agent(), make_run()
    assert work(agent, run, steps=400).device_us == 8_000_000


@pytest.mark.parametrize(("distance", "error"), [(1.42, None), (0.135, None), (None, "update: not safetensors")])
def test_fake_work_earns_nothing_and_quarantines(distance, error):
    agent, run = Agent(), make_run()
    result = work(agent, run)
    audit(distance, error)
    result.refresh_from_db()
    agent.device.refresh_from_db()
    assert (result.state, agent.device.state) == ("auditing", "active")
    audit(distance, error)
    result.refresh_from_db()
    agent.device.refresh_from_db()
    assert (result.state, agent.device.state) == ("rejected", "quarantined")
    assert "accepted" in result.reason
    assert account_totals(device=agent.device)["verified"]["device_us"] == 0
    open_round(run, 1, SOON)
    with pytest.raises(DeviceNotAllowed, match="Replay did not give"):
        agent.lease(run, SOON)


def test_losses_that_were_guessed_are_no_training():
    agent, run = Agent(), make_run()
    result = work(agent, run)
    condemn(0.0, losses_apart=0.16)
    result.refresh_from_db()
    agent.device.refresh_from_db()
    assert (result.state, agent.device.state) == ("rejected", "quarantined")
    assert "0.160 apart" in result.reason


def test_a_failed_audit_reverses_what_was_verified_without_a_pass(monkeypatch):
    agent, run = Agent(calibrated_flops_per_second=10**9, calibrated_at=timezone.now()), make_run()
    agent.device.consecutive_valid = 10**9
    agent.device.save()
    monkeypatch.setattr("secrets.randbelow", lambda n: n - 1)
    first = work(agent, run)
    assert first.state == WorkResult.State.VERIFIED
    monkeypatch.setattr("secrets.randbelow", lambda n: 0)
    work(agent, run, NOW + timedelta(seconds=20), index=1)
    condemn(1.4, now=NOW + timedelta(seconds=40))
    first.refresh_from_db()
    assert first.state == WorkResult.State.REVERSED
    totals = account_totals(device=agent.device)
    assert (totals["verified"]["device_us"], totals["reversed"]["device_us"]) == (0, first.device_us)
    assert totals_of([run.project])[run.project.pk].compute_realized == 0
    assert journal_differences(since=NOW) == []


def test_between_the_thresholds_a_second_audit_decides():
    agent, run = Agent(), make_run()
    result = work(agent, run)
    audit(0.011)
    result.refresh_from_db()
    assert result.state == WorkResult.State.AUDITING
    audit(0.001)
    result.refresh_from_db()
    assert result.state == WorkResult.State.VERIFIED
    assert Audit.objects.filter(result=result).count() == 2


def test_a_receipt_is_refused_unsigned_for_another_lease_late_or_replayed_with_changes():
    agent, other, run = Agent(), Agent(), make_run()
    open_round(run)
    lease = agent.lease(run, NOW)
    receipt, signature = agent.receipt(lease)

    def send(device, body, signed, now=SOON):
        return accept_receipt(device=device, lease_id=lease.pk, receipt=body, signature=signed, now=now)

    with pytest.raises(ReceiptRefused, match="not signed"):
        send(agent.device, receipt, b"\0" * 64)
    with pytest.raises(ReceiptRefused, match="lease of another device"):
        send(other.device, receipt, other.receipt(lease)[1][:0] or _resign(other, receipt))
    with pytest.raises(ReceiptRefused, match="expired"):
        send(agent.device, receipt, signature, NOW + timedelta(minutes=5))
    first = send(agent.device, receipt, signature)
    assert send(agent.device, receipt, signature).pk == first.pk
    changed, resigned = agent.receipt(lease, steps=21)
    with pytest.raises(ReceiptRefused, match="another receipt"):
        send(agent.device, changed, resigned)
    assert GpuTimeEntry.objects.count() == 1


def _resign(agent, receipt):
    from training_cluster.protocol import canonical_json

    return agent.key.sign(canonical_json(receipt))


def test_an_inflated_weight_and_a_copied_update_are_screened_out():
    agent, run = Agent(), make_run()
    open_round(run)
    lease = agent.lease(run, NOW)
    receipt, signature = agent.receipt(lease)
    accept_receipt(device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=SOON)
    inflated = [{"lease_id": str(lease.pk), "weight": 60, "peer_id": agent.peer_id}]
    close_round(run=run, index=0, held_out_loss=4.0, contributions=inflated, sample="", is_rolled_back=False, now=SOON)
    screen_blocks(now=SOON)
    assert WorkResult.objects.get().reason == "The receipt says 20 steps, the anchor saw 60."
    copied = work(agent, run, NOW + timedelta(seconds=20), 1, update_sha256=receipt["update_sha256"])
    assert copied.reason == "The same update was uploaded for another lease."
    agent.device.refresh_from_db()
    assert agent.device.state == "quarantined"


def test_a_block_faster_than_the_catalog_knows_is_replayed_and_then_believed(monkeypatch):
    agent, run = Agent(), make_run()
    agent.device.consecutive_valid = 10**9
    agent.device.save()
    monkeypatch.setattr("secrets.randbelow", lambda n: n - 1)
    result = work(agent, run, steps=400)
    assert result.state == WorkResult.State.AUDITING
    audit(0.001)
    result.refresh_from_db()
    assert (result.state, result.device_us) == (WorkResult.State.VERIFIED, 8_000_000)


def test_junk_in_the_average_beside_an_honest_upload_is_fraud():
    agent, honest, run = Agent(), Agent(), make_run()
    open_round(run)
    contributions = []
    for worker, is_honest in ((agent, False), (honest, True)):
        lease = worker.lease(run, NOW)
        receipt, signature = worker.receipt(lease)
        accept_receipt(device=worker.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=SOON)
        sha256 = receipt["update_sha256"] if is_honest else "b" * 64
        contributions.append({"lease_id": str(lease.pk), "weight": 20, "update_sha256": sha256})
    close_round(
        run=run, index=0, held_out_loss=4.0, contributions=contributions, sample="", is_rolled_back=False, now=SOON
    )
    screen_blocks(now=SOON)
    found = {result.device_id: (result.state, result.reason) for result in WorkResult.objects.all()}
    assert found == {
        agent.device.pk: ("rejected", "What went into the average is not what was uploaded."),
        honest.device.pk: ("auditing", ""),
    }
    agent.device.refresh_from_db()
    assert agent.device.state == "quarantined"
    assert account_totals(device=agent.device)["verified"]["device_us"] == 0


def test_one_open_lease_a_device_and_none_after_the_round_s_work():
    agent, run = Agent(), make_run()
    open_round(run)
    first = agent.lease(run, NOW)
    assert agent.lease(run, NOW).pk == first.pk
    agent.identity = PeerKey.of(Ed25519PrivateKey.generate())
    with pytest.raises(NoWorkNow, match="open lease"):
        agent.lease(run, NOW)
    with pytest.raises(NoWorkNow, match="about to close"):
        Agent().lease(run, NOW + timedelta(seconds=8))


def test_a_round_that_nobody_leased_begins_anew_and_no_other():
    agent, run, later = Agent(), make_run(), NOW + timedelta(seconds=30)
    open_round(run)
    with pytest.raises(NoWorkNow, match="about to close"):
        agent.lease(run, later)
    assert open_round(run, now=later).opened_at == later
    agent.lease(run, later)
    assert open_round(run, now=later + timedelta(seconds=30)).opened_at == later


def test_the_journal_refuses_change_and_deletion():
    agent, run = Agent(), make_run()
    work(agent, run)
    for change in (lambda: GpuTimeEntry.objects.update(device_us=1), lambda: GpuTimeEntry.objects.all().delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_reconciliation_writes_the_week_and_is_repeatable():
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    result = work(agent, run)
    audit(0.001)
    for _ in range(2):
        reconcile_pledges(now=SOON)
    week = offer.weeks.get()
    assert (week.reported_us, week.verified_us, week.reversed_us) == (result.device_us, result.device_us, 0)


def test_the_same_form_twice_makes_one_pledge():
    agent, run = Agent(), make_run()
    token = uuid4()
    fields = {
        "project": run.project, "backer": agent.device.owner, "catalog_slug": "cpu-thread", "pledged_us": HOUR_US,
        "hours_per_week": 168, "device": None, "reward": None, "client_token": token, "now": NOW,
    }  # fmt: skip
    assert create_pledge(**fields).pk == create_pledge(**fields).pk
