"""Auditors on volunteers' machines, and how they are audited themselves."""

import pytest

from compute_pledges.errors import DeviceNotAllowed
from compute_pledges.models import (
    AuditorSeat,
    PlantedBlock,
    TeamMembership,
)
from compute_pledges.services import auditors
from compute_pledges.services.audits import claim_audit
from compute_pledges.standing.teams import found_team
from tests.compute_pledges.judging import BAD, GOOD, ROUND, broken, report, trusted
from tests.compute_pledges.working import condemn, work
from tests.factories.compute import NOW, SOON, Agent, make_run

pytestmark = pytest.mark.django_db


def test_auditing_needs_a_record_and_never_own_or_teammates_blocks():
    agent, run = Agent(), make_run()
    work(agent, run)
    with pytest.raises(DeviceNotAllowed, match="50 valid blocks"):
        claim_audit(now=SOON, auditor=Agent().device)
    assert claim_audit(now=SOON, auditor=trusted(owner=agent.device.owner).device) is None
    mate = trusted()
    team = found_team(by=agent.device.owner, name="Weavers", about="", now=NOW)
    TeamMembership.objects.create(team=team, user=mate.device.owner, joined_at=NOW)
    assert claim_audit(now=SOON, auditor=mate.device) is None
    assert claim_audit(now=SOON, auditor=trusted().device) is not None
    assert AuditorSeat.objects.count() == 3


def test_a_volunteer_s_pass_verifies_and_its_fail_asks_the_platform(monkeypatch):
    monkeypatch.setattr("secrets.randbelow", lambda n: n - 1)
    agent, other, run, auditor = Agent(), Agent(), make_run(), trusted().device
    passed = work(agent, run)
    assert report(claim_audit(now=SOON, auditor=auditor), GOOD, auditor=auditor) == "recorded"
    passed.refresh_from_db()
    assert passed.state == "verified"
    accused = work(other, run, NOW + ROUND, 1)
    later = NOW + 2 * ROUND
    report(claim_audit(now=later, auditor=auditor), BAD, now=later, auditor=auditor)
    assert claim_audit(now=later, auditor=auditor) is None
    report(claim_audit(now=later), GOOD, now=later)
    accused.refresh_from_db()
    assert accused.state == "verified"
    assert broken() == set()


def test_some_of_what_volunteers_pass_is_looked_at_again_and_taken_back_when_wrong(monkeypatch):
    monkeypatch.setattr("secrets.randbelow", lambda n: 0)
    agent, run, auditor = Agent(), make_run(), trusted().device
    result = work(agent, run)
    report(claim_audit(now=SOON, auditor=auditor), GOOD, auditor=auditor)
    for _ in range(2):
        report(claim_audit(now=SOON), BAD)
    result.refresh_from_db()
    agent.device.refresh_from_db()
    assert (result.state, agent.device.state) == ("reversed", "quarantined")
    assert broken() == set()


def planted_for(auditor, settings, run=None):
    """Two blocks that the platform passed, then a planted one."""
    run = run or make_run()
    # An update of the factory has 128 bytes.
    run.parameters = 64
    run.save()
    for index in range(2):
        work(Agent(), run, NOW + index * ROUND, index)
        report(claim_audit(now=NOW + 3 * ROUND), GOOD)
    settings.AUDIT_PLANT_EVERY_VOLUNTEER = 1
    task = claim_audit(now=NOW + 3 * ROUND, auditor=auditor)
    settings.AUDIT_PLANT_EVERY_VOLUNTEER = 0
    return task


@pytest.mark.parametrize("flaw", ["losses", "update"])
def test_a_planted_block_differs_from_the_block_that_it_was_made_of(settings, monkeypatch, flaw):
    monkeypatch.setattr("secrets.randbelow", lambda n: int(flaw == "update" and n == 2))
    task = planted_for(trusted().device, settings)
    planted = PlantedBlock.objects.get(pk=task.key)
    own = planted.source.result.receipt
    is_other = {
        "losses": task.receipt["losses"] != own["losses"],
        "update": task.receipt["update_sha256"] != own["update_sha256"],
    }
    assert is_other == {name: name == flaw for name in is_other}
    assert (planted.flaw, task.segment) == (flaw, planted.source.segment)


def test_who_finds_a_planted_block_keeps_the_seat_and_who_passes_one_loses_it(settings):
    careful, careless, run = trusted().device, trusted().device, make_run()
    task = planted_for(careful, settings, run)
    assert report(task, BAD, auditor=careful) == "recorded"
    assert PlantedBlock.objects.get(pk=task.key).was_caught is True
    agent = Agent()
    result = work(agent, run, NOW + 5 * ROUND, 2)
    later = NOW + 6 * ROUND
    report(claim_audit(now=later, auditor=careless), GOOD, now=later, auditor=careless)
    result.refresh_from_db()
    assert result.state == "verified"
    settings.AUDIT_PLANT_EVERY_VOLUNTEER = 1
    report(claim_audit(now=later, auditor=careless), GOOD, now=later, auditor=careless)
    seats = dict(AuditorSeat.objects.values_list("device_id", "state"))
    assert seats == {careful.pk: "active", careless.pk: "suspended"}
    with pytest.raises(DeviceNotAllowed, match="audits no more"):
        claim_audit(now=later, auditor=careless)
    assert set(result.audits.values_list("purpose", "state")) == {("verdict", "void"), ("recheck", "pending")}
    report(claim_audit(now=later), GOOD, now=later)
    result.refresh_from_db()
    assert result.state == "verified"
    assert auditors.reinstate(device=careless)
    assert broken() == set()


def test_a_machine_in_quarantine_audits_nobody():
    agent, run = trusted(), make_run()
    auditors.take_seat(device=agent.device, now=NOW)
    agent.device.consecutive_valid = 0
    agent.device.save()
    work(agent, run)
    condemn(1.4)
    assert AuditorSeat.objects.get().state == "suspended"
    agent.device.refresh_from_db()
    with pytest.raises(DeviceNotAllowed, match="quarantine"):
        claim_audit(now=SOON, auditor=agent.device)
