"""Bytes are kept while an audit, a dispute or an appeal may need them, and not for ever."""

import hashlib
import io
from datetime import timedelta

import pytest

from compute_pledges.models import Round, WorkResult
from compute_pledges.services.blobs import has_blob, store_blob
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.retention import prune_blobs
from compute_pledges.services.rounds import close_round
from compute_pledges.services.runs import register_round
from tests.factories.compute import NOW, SOON, Agent, end_rounds_before, make_run

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def stored(payload: bytes) -> str:
    sha256 = hashlib.sha256(payload).hexdigest()
    store_blob(sha256=sha256, stream=io.BytesIO(payload))
    return sha256


def make_round(run, index, theta=None):
    sha256 = stored(theta or f"theta {index}".encode())
    end_rounds_before(run, index)
    register_round(run=run, index=index, theta_sha256=sha256, duration_seconds=12, now=NOW)
    close_round(run=run, index=index, held_out_loss=4.0, contributions=[], sample="", is_rolled_back=False, now=SOON)
    return sha256


def worked_round(run, index, state):
    end_rounds_before(run, index)
    register_round(run=run, index=index, theta_sha256=stored(b"theta"), duration_seconds=12, now=NOW)
    agent = Agent()
    lease = agent.lease(run, NOW)
    receipt, signature = agent.receipt(lease)
    accept_receipt(device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=SOON)
    close_round(run=run, index=index, held_out_loss=4.0, contributions=[], sample="", is_rolled_back=False, now=SOON)
    WorkResult.objects.update(state=state)
    return receipt["update_sha256"]


def test_every_fiftieth_and_the_newest_checkpoints_stay():
    run = make_run()
    thetas = {index: make_round(run, index) for index in (0, 1, 49, 50, 51, 52, 53)}
    assert prune_blobs(now=LATER) == 2
    assert [index for index, sha256 in thetas.items() if has_blob(sha256)] == [0, 50, 51, 52, 53]
    assert prune_blobs(now=LATER) == 0


def test_nothing_goes_at_once():
    run = make_run()
    for index in range(1, 6):
        make_round(run, index)
    assert prune_blobs(now=SOON + timedelta(minutes=5)) == 0


def test_a_theta_that_rounds_share_goes_with_the_last_of_them():
    run = make_run()
    shared = {make_round(run, index, b"same") for index in range(1, 6)}.pop()
    assert prune_blobs(now=LATER) == 2
    assert has_blob(shared)


@pytest.mark.parametrize(
    ("state", "after", "is_kept"),
    [
        ("auditing", timedelta(days=90), True),
        ("verified", timedelta(days=90), True),
        ("settled", timedelta(hours=1), False),
        ("rejected", timedelta(days=29), True),
        ("rejected", timedelta(days=31), False),
    ],
)
def test_an_update_is_kept_while_its_block_may_be_audited_disputed_or_appealed(state, after, is_kept):
    run = make_run()
    update = worked_round(run, 1, state)
    for index in (2, 3, 4):
        make_round(run, index)
    prune_blobs(now=NOW + after)
    assert has_blob(update) is is_kept
    assert Round.objects.get(index=1).pruned_at == (None if is_kept else NOW + after)


def test_the_weights_that_a_fork_starts_from_stay_while_it_is_open():
    run = make_run()
    thetas = {index: make_round(run, index) for index in (1, 2, 3, 4, 5)}
    fork = make_run(project=run.project, forked_from=run, forked_round=1, start_sha256=thetas[1])
    assert prune_blobs(now=LATER) == 2
    assert (has_blob(thetas[1]), has_blob(thetas[2])) == (True, False)
    assert fork.state == "running"
