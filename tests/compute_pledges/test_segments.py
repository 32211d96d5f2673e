"""Segments: asked for, revealed, handed to an auditor, held against narrower limits."""

from datetime import timedelta

import pytest

from compute_pledges.models import (
    Audit,
)
from compute_pledges.services.audits import claim_audit
from compute_pledges.services.reveals import RevealRefused, asked_reveals, expire_reveals, record_reveal
from tests.compute_pledges.judging import BAD, GOOD, blob, report
from tests.compute_pledges.working import work
from tests.factories.compute import SOON, Agent, make_run
from training_cluster.protocol import segment_commitment

pytestmark = pytest.mark.django_db


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
