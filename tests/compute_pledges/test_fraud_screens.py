"""What is refused, screened out or condemned of what machines hand in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.errors import DeviceNotAllowed, ReceiptRefused
from compute_pledges.models import Audit, GpuTimeEntry, WorkResult
from compute_pledges.services.journal import account_totals
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.reconcile import journal_differences
from compute_pledges.services.rounds import close_round
from compute_pledges.services.screening import screen_blocks
from projects.totals import totals_of
from tests.compute_pledges.working import audit, condemn, work
from tests.factories.compute import NOW, SOON, Agent, make_run, open_round

pytestmark = pytest.mark.django_db


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
