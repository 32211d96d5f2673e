"""No machine is condemned by one replay: second looks, auditors in trouble, claims that are kept."""

from datetime import timedelta

import pytest

from compute_pledges.services.audits import AuditRefused, claim_audit, keep_claim
from tests.compute_pledges.judging import BAD, GOOD, ROUND, report
from tests.compute_pledges.working import work
from tests.factories.compute import NOW, SOON, Agent, make_run

pytestmark = pytest.mark.django_db


def test_one_failed_audit_condemns_nobody_and_a_pass_at_the_second_look_verifies():
    agent, run = Agent(), make_run()
    result = work(agent, run)
    report(claim_audit(now=SOON), BAD)
    report(claim_audit(now=SOON), GOOD)
    result.refresh_from_db()
    agent.device.refresh_from_db()
    assert (result.state, agent.device.state) == ("verified", "active")


def test_what_three_audits_leave_open_is_not_credited_and_costs_no_trust():
    agent, run = Agent(), make_run()
    result = work(agent, run)
    for _ in range(3):
        report(claim_audit(now=SOON), GOOD | {"relative_l2": 0.011})
    result.refresh_from_db()
    agent.device.refresh_from_db()
    assert (result.state, agent.device.state) == ("rejected", "active")
    assert "no trust was lost" in result.reason


def test_an_auditor_s_own_trouble_waits_longer_each_time_and_costs_nobody_trust():
    agent, run = Agent(), make_run()
    result, now = work(agent, run), SOON
    for tries in range(5):
        task = claim_audit(now=now)
        report(task, {"trouble": "storage away"}, now=now)
        assert claim_audit(now=now) is None
        now += timedelta(minutes=2**tries)
    result.refresh_from_db()
    agent.device.refresh_from_db()
    assert (result.state, agent.device.state) == ("rejected", "active")
    assert "could not be replayed" in result.reason


def test_the_second_look_goes_to_another_auditor_while_there_is_one():
    agent, other, run = Agent(), Agent(), make_run()
    work(agent, run)
    work(other, run, NOW + ROUND, 1)
    later = NOW + 2 * ROUND
    first = claim_audit(now=later, name="one")
    second = claim_audit(now=later, name="two")
    report(first, BAD, now=later, name="one")
    report(second, GOOD, now=later, name="two")
    assert claim_audit(now=later, name="one") is None
    assert claim_audit(now=later, name="two") is not None


def test_a_claim_is_kept_while_its_auditor_says_so_and_then_goes_to_another():
    agent, run = Agent(), make_run()
    work(agent, run)
    task = claim_audit(now=SOON, name="one")
    minutes = timedelta(minutes=4)
    assert keep_claim(audit_id=task.key, now=SOON + minutes, name="one")
    assert not keep_claim(audit_id=task.key, now=SOON + minutes, name="two")
    assert claim_audit(now=SOON + 2 * minutes, name="two") is None
    assert claim_audit(now=SOON + 3 * minutes, name="two").key == task.key
    with pytest.raises(AuditRefused, match="another auditor"):
        report(task, GOOD, name="one")
