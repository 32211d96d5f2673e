"""Auditors and how they are audited, segments, second looks, appeals, and rates that are renewed."""

import hashlib
import io
import secrets
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import StaffAction
from compute_pledges.errors import AppealRefused, DeviceNotAllowed
from compute_pledges.models import (
    Appeal,
    Audit,
    AuditorSeat,
    ComputeMail,
    DeviceRate,
    GpuTimeEntry,
    Lease,
    PlantedBlock,
    TeamMembership,
    WorkResult,
)
from compute_pledges.services import auditors, rates
from compute_pledges.services.appeals import decide_appeal, open_appeal
from compute_pledges.services.auditing import audit as invariants
from compute_pledges.services.audits import AuditRefused, claim_audit, keep_claim, record_audit
from compute_pledges.services.blobs import store_blob
from compute_pledges.services.journal import account_totals
from compute_pledges.services.reveals import RevealRefused, asked_reveals, expire_reveals, record_reveal
from compute_pledges.standing.teams import found_team
from projects.totals import totals_of
from tests.compute_pledges.test_block_life import condemn, pledge, work
from tests.factories.compute import NOW, SOON, Agent, make_run
from tests.factories.people import make_user
from training_cluster.protocol import segment_commitment

pytestmark = pytest.mark.django_db
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


# Second looks


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


# Auditors on volunteers' machines


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


# Segments


@pytest.fixture
def block(settings):
    """A block of 40 steps in four segments, whose audit asks for segment 2, with the states that its machine kept."""
    settings.AUDIT_SEGMENT_FLOPS = 0
    states = [(blob(), blob()) for _ in range(4)]
    agent, run = Agent(), make_run()
    run.hyper = {**run.hyper, "segment_steps": 10, "max_steps": 40}
    run.save()
    commitments = [segment_commitment(*state) for state in states]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compute_pledges.services.reveals.secrets.randbelow", lambda n: 1)
        result = work(agent, run, steps=40, segment_commitments=commitments)
    return agent, result, states


def named(states, start, end):
    found = {}
    for side, index in (("start", start), ("end", end)):
        if index:
            found |= {f"{side}_weights": states[index - 1][0], f"{side}_moments": states[index - 1][1]}
    return found


def test_a_segment_is_asked_for_revealed_and_handed_to_an_auditor(block):
    agent, result, states = block
    asked = asked_reveals(agent.device)
    assert [(one["lease_id"], one["segment"]) for one in asked] == [(str(result.pk), 2)]
    assert claim_audit(now=SOON) is None
    assert record_reveal(device=agent.device, audit_id=asked[0]["audit_id"], given=named(states, 1, 2)) == "pending"
    task = claim_audit(now=SOON)
    assert (task.segment, task.reveal) == (2, named(states, 1, 2))
    report(task, GOOD)
    result.refresh_from_db()
    assert result.state == "verified"


def test_a_state_that_was_not_committed_to_is_refused_and_so_is_one_that_did_not_arrive(block):
    agent, _, states = block
    key = asked_reveals(agent.device)[0]["audit_id"]
    with pytest.raises(RevealRefused, match="not what was committed"):
        record_reveal(device=agent.device, audit_id=key, given=named(states, 1, 3))
    with pytest.raises(RevealRefused, match="missing"):
        record_reveal(device=agent.device, audit_id=key, given=named(states, 1, None))
    with pytest.raises(RevealRefused, match="no such audit"):
        record_reveal(device=Agent().device, audit_id=key, given=named(states, 1, 2))
    from compute_pledges.services.blobs import delete_blob

    delete_blob(states[0][0])
    with pytest.raises(RevealRefused, match="has not arrived"):
        record_reveal(device=agent.device, audit_id=key, given=named(states, 1, 2))


@pytest.mark.parametrize("how", ["gone", "late"])
def test_what_is_not_revealed_is_replayed_whole_and_held_against_nobody(block, how):
    agent, result, _ = block
    if how == "gone":
        key = asked_reveals(agent.device)[0]["audit_id"]
        assert record_reveal(device=agent.device, audit_id=key, given={"gone": True}) == "pending"
    else:
        assert expire_reveals(now=SOON) == 0
        assert expire_reveals(now=SOON + timedelta(hours=2)) == 1
    task = claim_audit(now=SOON)
    assert (task.segment, task.reveal) == (None, {})
    report(task, GOOD)
    result.refresh_from_db()
    assert result.state == "verified"


def test_a_segment_has_its_own_narrower_limits_and_says_where_it_failed(block):
    agent, result, states = block
    record_reveal(device=agent.device, audit_id=asked_reveals(agent.device)[0]["audit_id"], given=named(states, 1, 2))
    report(claim_audit(now=SOON), BAD)
    report(claim_audit(now=SOON), BAD)
    result.refresh_from_db()
    assert result.state == "rejected"


def test_small_blocks_are_replayed_whole():
    agent, run = Agent(), make_run()
    work(agent, run)
    assert Audit.objects.get().segment is None
    assert asked_reveals(agent.device) == []


# Appeals


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


def test_a_slow_machine_is_priced_by_what_it_shows_once_a_person_agreed():
    agent = trusted(best_flops_per_second=10**9)
    floor = agent.device.catalog.flops_per_second // 2
    assert agent.device.flops_per_second == floor > 10**9
    appeal = open_appeal(device=agent.device, kind="rate", text="It is an old laptop.", now=SOON)
    decide_appeal(
        appeal_id=appeal.pk, grant=True, by=make_user(is_staff=True), answer="We measured it together.", now=SOON
    )
    agent.device.refresh_from_db()
    assert agent.device.flops_per_second == 10**9
    assert agent.device.is_calibration_due(timezone.now())


# Rates


def test_a_machine_is_measured_again_after_a_week_and_that_block_is_always_audited(monkeypatch):
    monkeypatch.setattr("compute_pledges.services.screening.must_audit", lambda device: False)
    fresh, old, run = trusted(), trusted(), make_run()
    old.device.calibrated_at = timezone.now() - timedelta(days=7)
    old.device.save()
    blocks = [work(fresh, run), work(old, run, NOW + ROUND, 1)]
    assert [(b.lease.kind, b.state) for b in blocks] == [
        (Lease.Kind.TRAINING, "verified"), (Lease.Kind.CALIBRATION, "auditing"),
    ]  # fmt: skip


def test_only_the_best_rate_of_thirty_days_prices_a_block():
    device = trusted(best_flops_per_second=9 * 10**9).device
    rates.keep_rate(device_id=device.pk, rate=9 * 10**9, day=(NOW - timedelta(days=31)).date())
    rates.keep_rate(device_id=device.pk, rate=5 * 10**9, day=NOW.date())
    rates.keep_rate(device_id=device.pk, rate=4 * 10**9, day=NOW.date())
    assert DeviceRate.objects.get(day=NOW.date()).flops_per_second == 5 * 10**9
    assert rates.forget_old_rates(now=NOW) == 1
    assert rates.forget_old_rates(now=NOW) == 0
    device.refresh_from_db()
    assert device.best_flops_per_second == 5 * 10**9


# Pages


def test_the_machine_s_page_shows_each_verdict_and_takes_an_appeal(accused, client):
    agent, *_ = accused
    address = f"/gpu/machines/{agent.device.pk}/"
    assert client.get(address).status_code == 302
    client.force_login(make_user())
    assert client.get(address).status_code == 404
    assert client.post(f"{address}appeal/", {"kind": "verdict", "text": "Hm."}).status_code == 404
    client.force_login(agent.device.owner)
    WorkResult.objects.update(received_at=timezone.now())
    page = client.get(address).content.decode()
    assert "Replay did not give the uploaded update" in page
    assert "A block was refused wrongly" in page
    refused = client.post(f"{address}appeal/", {"kind": "verdict", "text": ""})
    assert (refused.status_code, Appeal.objects.count()) == (400, 0)
    assert client.post(f"{address}appeal/", {"kind": "verdict", "text": "The disk <b>failed</b>."}).status_code == 302
    page = client.get(f"{address}?show=refused").content.decode()
    assert "The disk &lt;b&gt;failed&lt;/b&gt;." in page
    assert "being computed anew" in page
    for odd in ("?before=nonsense", "?before=2026-13-45T00:00:00Z", "?show=%00"):
        assert client.get(address + odd).status_code == 200


def test_the_machine_s_page_asks_the_same_questions_at_two_sizes(client, django_assert_max_num_queries):
    agent, run = Agent(), make_run()
    client.force_login(agent.device.owner)
    for index in range(2):
        work(agent, run, NOW + index * ROUND, index)
        report(claim_audit(now=NOW + 3 * ROUND), GOOD)
        with django_assert_max_num_queries(12):
            client.get(f"/gpu/machines/{agent.device.pk}/")


# In the hands of staff


def test_staff_sees_appeals_and_auditors_and_decides_with_a_reason(accused, client):
    agent, *_ = accused
    appeal = open_appeal(device=agent.device, kind="verdict", text="Look <i>again</i>.", now=SOON)
    report(claim_audit(now=SOON), GOOD)
    address, deed = f"/funding/devices/{agent.device.pk}/", f"/funding/appeals/{appeal.pk}/grant/"
    client.force_login(make_user())
    assert client.get(address).status_code == client.post(deed, {"reason": "Yes."}).status_code == 403
    client.force_login(make_user(is_staff=True))
    page = client.get(address).content.decode()
    assert "Look &lt;i&gt;again&lt;/i&gt;." in page
    assert "Fresh replay of round 2: passed" in page
    assert "1 appeal of volunteers" in client.get("/funding/").content.decode()
    assert client.post(deed, {"reason": ""}).status_code == 400
    assert Appeal.objects.get().state == "open"
    assert client.post(deed, {"reason": "The replay agrees with you."}).status_code == 302
    assert (Appeal.objects.get().state, StaffAction.objects.get().action) == ("granted", "grant_appeal")
    assert "granted" in client.get("/funding/rows/appeals/").content.decode()


def test_staff_takes_a_seat_and_gives_it_back(client):
    device = trusted().device
    auditors.take_seat(device=device, now=NOW)
    client.force_login(make_user())
    assert client.post(f"/funding/devices/{device.pk}/unseat/", {"reason": "Odd."}).status_code == 403
    client.force_login(make_user(is_staff=True))
    assert "As an auditor" in client.get(f"/funding/devices/{device.pk}/").content.decode()
    client.post(f"/funding/devices/{device.pk}/unseat/", {"reason": "Odd."})
    assert AuditorSeat.objects.get().state == "suspended"
    assert "Odd." in client.get("/funding/rows/auditors/").content.decode()
    client.post(f"/funding/devices/{device.pk}/reseat/", {"reason": "Explained."})
    assert AuditorSeat.objects.get().state == "active"


def test_a_lease_for_what_is_no_run_is_not_found(client):
    from django.http import Http404
    from django.test import RequestFactory

    from compute_pledges.api.auth import run_for
    from compute_pledges.api.base import MachineView

    request = MachineView().initialize_request(RequestFactory().post("/api/v1/leases"))
    with pytest.raises(Http404, match="no such run"):
        run_for(request, "nonsense")
