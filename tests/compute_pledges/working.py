"""Blocks from lease to screening, their audits, and a pledge behind them, as tests ask for them."""

from datetime import timedelta
from uuid import uuid4

from compute_pledges.services.audits import claim_audit, record_audit
from compute_pledges.services.pledges import create_pledge
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.rounds import close_round
from compute_pledges.services.screening import screen_blocks
from tests.factories.compute import NOW, SOON, open_round

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
