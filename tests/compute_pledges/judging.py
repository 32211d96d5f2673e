"""Findings of auditors, machines that may audit, and one that stands accused."""

import hashlib
import io
import secrets
from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.services.auditing import audit as invariants
from compute_pledges.services.audits import claim_audit, record_audit
from compute_pledges.services.blobs import store_blob
from tests.compute_pledges.working import condemn, pledge, work
from tests.factories.compute import NOW, SOON, Agent, make_run

ROUND = timedelta(seconds=20)
GOOD = {"relative_l2": 0.001, "max_loss_difference": 0.0, "seconds": 1.0}
BAD = {"relative_l2": 1.2, "max_loss_difference": 0.0, "seconds": 1.0}


def trusted(**fields):
    """A machine that may audit."""
    return Agent(consecutive_valid=80, calibrated_flops_per_second=10**9, calibrated_at=timezone.now(), **fields)


def report(task, findings, now=SOON, **who):
    return record_audit(audit_id=task.key, report=findings, now=now, **who)


def blob(payload=None):
    payload = payload or secrets.token_bytes(64)
    sha256 = hashlib.sha256(payload).hexdigest()
    store_blob(sha256=sha256, stream=io.BytesIO(payload))
    return sha256


def broken():
    """Machines of `trusted` were never measured."""
    return {finding.invariant.name for finding in invariants() if not finding.holds} - {
        "a_measured_rate_comes_from_a_block"
    }


@pytest.fixture
def accused():
    """A machine with a verified block and then a condemned one, in quarantine."""
    agent, run = Agent(), make_run()
    offer = pledge(agent, run)
    good = work(agent, run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compute_pledges.services.screening.must_audit", lambda device: False)
        report(claim_audit(now=SOON), GOOD)
        unchecked = work(agent, run, NOW + ROUND, 1)
    assert unchecked.state == "verified"
    bad = work(agent, run, NOW + 2 * ROUND, 2)
    condemn(1.4, now=NOW + 3 * ROUND)
    agent.device.refresh_from_db()
    return agent, offer, good, unchecked, bad
