"""A run is paused, resumed, changed, forked, stopped; each leaves a row that the database protects."""

import hashlib
import io

import pytest
from django.db import DatabaseError, transaction

from compute_pledges.api.device_views import lease_body
from compute_pledges.errors import NoWorkNow, RunRefused
from compute_pledges.models import Lease, TrainingRun
from compute_pledges.services.blobs import store_blob
from compute_pledges.services.forking import fork_run, forkable_rounds
from compute_pledges.services.run_states import change_hyper, change_run_state
from compute_pledges.services.runs import auditor_token, register_round
from compute_pledges.services.selection import run_spec, spec_sha256
from tests.factories.compute import Agent, end_rounds_before, make_run, open_round
from tests.factories.people import NOW, make_user
from training_cluster.protocol import canonical_json

pytestmark = pytest.mark.django_db


def kinds(run):
    return [(change.kind, change.after_round) for change in run.changes.all()]


def stored_round(run, index=0):
    payload = f"theta {index}".encode()
    digest = hashlib.sha256(payload).hexdigest()
    store_blob(sha256=digest, stream=io.BytesIO(payload))
    end_rounds_before(run, index)
    return register_round(run=run, index=index, theta_sha256=digest, duration_seconds=12, now=NOW)


def test_pausing_resuming_and_stopping_are_recorded_once_each():
    run = make_run()
    creator = run.project.creator
    open_round(run)
    for target in ("paused", "paused", "running", "stopped", "stopped"):
        change_run_state(run=run, user=creator, target=target, now=NOW)
    assert kinds(run) == [("paused", 0), ("resumed", 0), ("stopped", 0)]
    with pytest.raises(RunRefused, match="does not go on"):
        change_run_state(run=run, user=creator, target="running", now=NOW)


def test_a_stranger_changes_nothing():
    run = make_run()
    stranger = make_user()
    stored_round(run)
    for refused in (
        lambda: change_run_state(run=run, user=stranger, target="paused", now=NOW),
        lambda: change_hyper(run=run, user=stranger, hyper={"inner_lr": 0.01}, now=NOW),
        lambda: fork_run(run=run, user=stranger, index=0, name="", hyper={}, now=NOW),
    ):
        with pytest.raises(RunRefused, match="Only the project's creator"):
            refused()
    assert kinds(run) == []


def test_changed_settings_are_recorded_with_their_difference():
    run = make_run(state="paused")
    change_hyper(run=run, user=run.project.creator, hyper={"inner_lr": 0.002}, now=NOW, reason="Too slow")
    run.refresh_from_db()
    assert run.hyper["inner_lr"] == 0.002
    change = run.changes.get()
    assert (change.difference, change.reason) == ({"inner_lr": [0.001, 0.002]}, "Too slow")
    assert change.rows == [("inner_lr", 0.001, 0.002)]


@pytest.mark.parametrize(
    ("state", "hyper", "reason"),
    [
        ("running", {"inner_lr": 0.002}, "Pause the run first"),
        ("paused", {"sequence": 32}, "sequence cannot change"),
        ("paused", {}, "Nothing differs"),
        ("paused", {"inner_lr": 7}, "inner_lr must be"),
    ],
)
def test_settings_that_may_not_change_are_refused(state, hyper, reason):
    run = make_run(state=state)
    with pytest.raises(RunRefused, match=reason):
        change_hyper(run=run, user=run.project.creator, hyper=hyper, now=NOW)
    assert kinds(run) == []


def test_the_record_of_a_run_cannot_be_changed_or_deleted():
    run = make_run()
    change_run_state(run=run, user=run.project.creator, target="paused", now=NOW)
    for attempt in (lambda: run.changes.update(kind="resumed"), lambda: run.changes.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()
    assert kinds(run) == [("paused", None)]


def test_a_fork_starts_from_a_checkpoint_beside_its_origin():
    run = make_run()
    round_ = stored_round(run, 3)
    fork = fork_run(run=run, user=run.project.creator, index=3, name="", hyper={"inner_lr": 0.01}, now=NOW)
    assert (fork.forked_from, fork.forked_round, fork.start_sha256) == (run, 3, round_.theta_sha256)
    assert (fork.state, fork.name, fork.hyper["inner_lr"]) == ("running", "run, forked", 0.01)
    assert run_spec(fork)["start"] == round_.theta_sha256
    assert "start" not in run_spec(run)
    assert fork.changes.get().difference == {"inner_lr": [0.001, 0.01]}
    run.refresh_from_db()
    assert run.state == TrainingRun.State.RUNNING


def test_settings_changed_within_a_round_hold_from_the_next_one_on(client):
    run, agent, other = make_run(), Agent(), Agent()
    creator = run.project.creator
    open_round(run)
    before = spec_sha256(run)
    lease = agent.lease(run, NOW)
    change_run_state(run=run, user=creator, target="paused", now=NOW)
    change_hyper(run=run, user=creator, hyper={"inner_lr": 0.002}, now=NOW)
    run.refresh_from_db()
    change_run_state(run=run, user=creator, target="running", now=NOW)
    run.refresh_from_db()
    assert agent.lease(run, NOW) == lease
    with pytest.raises(NoWorkNow, match="settings changed"):
        other.lease(run, NOW)
    end_rounds_before(run, 1)
    register_round(run=run, index=1, theta_sha256="b" * 64, duration_seconds=12, now=NOW, spec_sha256=before)
    with pytest.raises(NoWorkNow, match="settings changed"):
        other.lease(run, NOW)
    register_round(run=run, index=1, theta_sha256="b" * 64, duration_seconds=12, now=NOW)
    assert other.lease(run, NOW).spec_sha256 == spec_sha256(run) != before == lease.spec_sha256

    address, headers = f"/api/v1/runs/{run.pk}/spec", {"Authorization": f"Bearer {auditor_token()}"}
    newest = client.get(address, headers=headers).json()
    old = client.get(f"{address}?sha256={before}", headers=headers).json()
    assert (newest["hyper"]["inner_lr"], old["hyper"]["inner_lr"]) == (0.002, 0.001)
    assert hashlib.sha256(canonical_json(old)).hexdigest() == before
    unknown = client.get(f"{address}?sha256={'0' * 64}", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (409, "run_refused")


def test_an_audit_names_the_specification_of_its_lease():
    run, agent = make_run(), Agent()
    open_round(run)
    lease = agent.lease(run, NOW)
    run.hyper = {**run.hyper, "inner_lr": 0.002}
    run.save(update_fields=["hyper"])
    lease = Lease.objects.select_related("run", "round").get(pk=lease.pk)
    assert lease_body(lease, 0.0)["spec_sha256"] == lease.spec_sha256 != spec_sha256(run)


def test_weights_that_are_not_kept_cannot_be_forked():
    run = make_run()
    round_ = open_round(run, 0)
    assert forkable_rounds(run) == [round_]
    with pytest.raises(RunRefused, match="not kept"):
        fork_run(run=run, user=run.project.creator, index=0, name="", hyper={}, now=NOW)


def test_a_project_has_a_few_open_runs_at_most():
    run = make_run()
    stored_round(run)
    for _ in range(3):
        fork_run(run=run, user=run.project.creator, index=0, name="", hyper={}, now=NOW)
    with pytest.raises(RunRefused, match="4 open runs"):
        fork_run(run=run, user=run.project.creator, index=0, name="", hyper={}, now=NOW)
