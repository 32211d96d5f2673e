"""Two reducers as programs of their own against the platform's own HTTP API, with the token that an operator prints."""

import hashlib
import io
import os
import struct
import subprocess
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from compute_pledges.models import TrainingRun
from compute_pledges.services.blobs import blob_path, store_blob
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.reductions import arrived, plan_reduction
from tests.factories.compute import Agent, make_run, open_round
from training_cluster.protocol_hyper import DEFAULT_HYPER

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-cluster" / "bin" / "python"
SIZE = 3 * 2**17 + 5
LINKED = [1.0, 2.0, 6.0]


def printed_token(run):
    out = io.StringIO()
    call_command("run_token", str(run.pk), stdout=out)
    return out.getvalue().strip()


def uploaded(run, value, now):
    """A receipt of an update that has this value everywhere."""
    payload = struct.pack("<e", value) * SIZE
    sha256 = hashlib.sha256(payload).hexdigest()
    store_blob(sha256=sha256, stream=io.BytesIO(payload))
    agent = Agent()
    receipt, signature = agent.receipt(agent.lease(run, now), update_sha256=sha256)
    later = timezone.now()
    accept_receipt(
        device=agent.device, lease_id=receipt["lease_id"], receipt=receipt, signature=signature, now=later
    )  # fmt: skip


@pytest.fixture
def reducers(live_server):
    """Starts programs; ended afterwards."""
    started = []

    def start(run, parts):
        environment = {**os.environ, "COMMONWEAVE_RUN_TOKEN": printed_token(run), "PYTHONPATH": str(ROOT)}
        argv = [str(PYTHON), "-m", "training_cluster.reducer", "--platform", live_server.url, "--run", str(run.pk)]
        started.extend(
            subprocess.Popen([*argv, "--part", str(part)], env=environment, stdout=subprocess.DEVNULL)
            for part in range(parts)
        )
        return started

    yield start
    for process in started:
        process.terminate()
    for process in started:
        assert process.wait(10) == 0


@pytest.mark.django_db(transaction=True)
def test_two_programs_share_a_round_over_the_real_api(reducers):
    run = make_run()
    run.hyper = {**DEFAULT_HYPER, "exchange": "upload", "reduction": "mean", "clip": 0.0}
    run.data = {"train": {"sha256": "0" * 64, "bytes": 9999}, "held_out": {"sha256": "0" * 64, "bytes": 9999}}
    run.save()
    now = timezone.now()
    open_round(run, now=now)
    for value in LINKED:
        uploaded(run, value, now)
    rows = arrived(run=run, index=0, now=now)["updates"]
    plan_reduction(run=run, index=0, parts=2, size=SIZE, updates=rows)
    programs, until = reducers(run, 2), time.monotonic() + 90
    while len(parts := run.rounds.get().reduction_parts) < 2:
        assert time.monotonic() < until, parts
        assert [program.poll() for program in programs] == [None, None]
        time.sleep(0.2)
    joined = b"".join(blob_path(parts[part]).read_bytes() for part in ("0", "1"))
    assert len(blob_path(parts["0"]).read_bytes()) == 4 * 2 * 2**17
    assert joined == struct.pack("<f", 3.0) * SIZE


@pytest.mark.django_db
def test_the_token_of_an_unknown_or_stopped_run_is_not_printed():
    run = make_run()
    assert printed_token(run).startswith(f"{run.pk}.")
    TrainingRun.objects.update(state="stopped")
    with pytest.raises(CommandError, match="is stopped"):
        printed_token(run)
    run.pk = "11111111-2222-3333-4444-555555555555"
    with pytest.raises(CommandError, match="no run"):
        printed_token(run)
