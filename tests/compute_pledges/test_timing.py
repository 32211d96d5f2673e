"""What an anchor paces by, which rounds it may open, and how long an update may take."""

from datetime import timedelta

import pytest

from compute_pledges.errors import ReceiptRefused, RunPaused, RunRefused
from compute_pledges.models import Lease, TrainingRun, WorkResult
from compute_pledges.services.leases import seconds_remaining
from compute_pledges.services.plans import require_time_to_upload
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.rounds import close_round
from compute_pledges.services.run_states import change_hyper
from compute_pledges.services.runs import register_round
from compute_pledges.services.timing import measured
from tests.factories.compute import NOW, Agent, make_run
from training_cluster.protocol_hyper import DEFAULT_HYPER

pytestmark = pytest.mark.django_db


def register(run, index=0, now=NOW, **fields):
    return register_round(run=run, index=index, theta_sha256="a" * 64, duration_seconds=12, now=now, **fields)


def close(run, index=0, now=NOW):
    close_round(run=run, index=index, held_out_loss=4.0, contributions=[], sample="", is_rolled_back=False, now=now)


def answer(run, seconds_after_training):
    """A machine whose receipt comes so long after the 9 s of training."""
    agent = Agent()
    lease = agent.lease(run, NOW)
    receipt, signature = agent.receipt(lease)
    at = NOW + timedelta(seconds=9 + seconds_after_training)
    return accept_receipt(device=agent.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=at)


def test_late_receipts_are_seen_though_they_were_not_merged():
    run = make_run()
    assert measured(run) == {"arrival_seconds": None, "fetch_seconds": None}
    register(run)
    for seconds in (1.0, 1.5, 40.0):
        answer(run, seconds)
    close(run)
    assert measured(run)["arrival_seconds"] == pytest.approx(40.0)
    WorkResult.objects.filter(received_at__gt=NOW + timedelta(seconds=20)).update(state="rejected")
    assert measured(run)["arrival_seconds"] == pytest.approx(1.5)


def test_one_slow_line_among_many_does_not_stretch_the_window():
    run = make_run()
    register(run)
    for seconds in (*[1.0] * 9, 50.0):
        answer(run, seconds)
    assert measured(run)["arrival_seconds"] == pytest.approx(1.0)


def test_the_median_of_what_machines_say_of_fetching():
    run = make_run()
    register(run)
    for seconds in (2.0, 3.0, 3600.0):
        Lease.objects.filter(pk=Agent().lease(run, NOW).pk).update(fetch_seconds=seconds)
    assert measured(run)["fetch_seconds"] == 3.0


def test_a_wider_window_lies_after_the_same_training_and_leases_last_until_after_it():
    run = make_run()
    round_ = register_round(
        run=run, index=0, theta_sha256="a" * 64, duration_seconds=109, exchange_seconds=100.0, now=NOW
    )
    assert seconds_remaining(round_, NOW) == 9.0
    assert Agent().lease(run, NOW).expires_at == NOW + timedelta(seconds=9 + 100 + 100)
    answer(run, 190.0)
    with pytest.raises(ReceiptRefused, match="expired"):
        answer(run, 201.0)


def test_rounds_follow_each_other_and_open_in_a_running_run_only():
    run = make_run()
    with pytest.raises(RunRefused, match="begin at 0"):
        register(run, 1)
    register(run)
    with pytest.raises(RunRefused, match="Round 0 is still open"):
        register(run, 1)
    close(run)
    with pytest.raises(RunRefused, match="Round 2 does not follow round 0"):
        register(run, 2)
    TrainingRun.objects.update(state="paused")
    with pytest.raises(RunPaused):
        register(run, 1)
    assert register(run, 0).index == 0
    TrainingRun.objects.update(state="running")
    assert register(run, 1).index == 1


@pytest.mark.parametrize(("exchange", "parameters", "least"), [("upload", 7_500_001, 7), ("hivemind", 5_000_001, 9)])
def test_an_update_must_fit_into_the_exchange_on_a_home_line(exchange, parameters, least):
    hyper = {**DEFAULT_HYPER, "exchange": exchange}
    require_time_to_upload(hyper={**hyper, "exchange_seconds": least}, parameters=parameters)
    with pytest.raises(RunRefused, match=f"Set exchange_seconds to at least {least}; with round_seconds of {least}0"):
        require_time_to_upload(hyper={**hyper, "exchange_seconds": least - 1}, parameters=parameters)


def test_the_exchange_of_a_large_run_is_not_shortened_later():
    run = make_run(state="paused")
    TrainingRun.objects.update(parameters=10**9)
    with pytest.raises(RunRefused, match="1,000,000,000 parameters"):
        change_hyper(run=run, user=run.project.creator, hyper={"exchange_seconds": 4}, now=NOW)
