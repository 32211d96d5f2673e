"""The exchange by storage: resumable uploads, what arrived in a round, shared reductions, checkpoints."""

import hashlib
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from compute_pledges.api.base import MachineView
from compute_pledges.models import Lease, Round, Upload
from compute_pledges.services import receiving, retention, uploads
from compute_pledges.services.blobs import blob_path, has_blob, store_blob
from compute_pledges.services.receipts import accept_receipt
from compute_pledges.services.runs import run_token
from tests.compute_pledges.test_api import bearer, signed
from tests.factories.compute import Agent, make_run, open_round

pytestmark = pytest.mark.django_db
DATA = bytes(range(256)) * 4
NAME = hashlib.sha256(DATA).hexdigest()
RAW = "application/octet-stream"


@pytest.fixture
def run():
    return make_run()


@pytest.fixture
def token(run):
    return bearer(f"{run.pk}.{run_token(run.pk)}")


def piece(agent, client, start, end, *, data=DATA, name=NAME, **changes):
    part = data[start:end]
    query = f"size={len(data)}&offset={start}&piece={hashlib.sha256(part).hexdigest()}"
    return signed(agent, client, "POST", f"/api/v1/uploads/{name}?{query}", raw=part, kind=RAW, **changes)


def working(run):
    """A machine with an open lease: only for one is an update taken."""
    now = timezone.now()
    if not run.rounds.exists():
        open_round(run, now=now)
    agent = Agent()
    agent.lease(run, now)
    return agent


def stored():
    store_blob(sha256=NAME, stream=io.BytesIO(DATA))


def offset(agent, client):
    return signed(agent, client, "GET", f"/api/v1/uploads/{NAME}?size={len(DATA)}").json()["offset"]


def test_a_cut_upload_goes_on_and_counts_once_it_is_whole(client, run):
    agent = working(run)
    assert offset(agent, client) == 0
    assert piece(agent, client, 0, 300).json() == {"offset": 300}
    assert offset(agent, client) == 300
    assert not has_blob(NAME)
    again = piece(agent, client, 0, 300)
    assert (again.status_code, again.json()["code"], again.json()["message"]) == (
        409, "offset_mismatch", "Go on at byte 300."
    )  # fmt: skip
    assert piece(agent, client, 300, 1024).json() == {"offset": 1024}
    assert blob_path(NAME).read_bytes() == DATA
    assert offset(agent, client) == 1024


def test_two_machines_do_not_touch_each_others_partial_files(client, run):
    one, two = working(run), working(run)
    piece(one, client, 0, 300)
    assert offset(two, client) == 0


def test_bytes_that_are_not_what_their_name_says_are_thrown_away(client, run):
    agent, other = working(run), DATA[::-1]
    refused = piece(agent, client, 0, 1024, data=other)
    assert refused.json()["message"] == "The bytes do not match the hash; nothing was kept."
    assert not has_blob(NAME)
    assert offset(agent, client) == 0
    longer = piece(agent, client, 0, 1024, sent=DATA + b"more")
    assert longer.status_code == 200
    assert blob_path(NAME).read_bytes() == DATA


@pytest.mark.parametrize("query", ["size=x&offset=0", "size=0&offset=0", "size=99999999999&offset=0", "offset=0"])
def test_an_upload_without_a_sensible_size_is_refused(client, query):
    answer = signed(Agent(), client, "POST", f"/api/v1/uploads/{NAME}?{query}&piece={NAME}", raw=DATA, kind=RAW)
    assert answer.status_code in (400, 401, 409)
    assert not has_blob(NAME)


def test_unfinished_uploads_are_few_the_oldest_goes_first_and_all_after_a_day(client, run):
    agent = working(run)
    parts = [bytes([i]) * 100 for i in range(3)]
    for data in parts:
        assert piece(agent, client, 0, 50, data=data, name=hashlib.sha256(data).hexdigest()).json() == {"offset": 50}
    names = [hashlib.sha256(data).hexdigest() for data in parts]
    left = [signed(agent, client, "GET", f"/api/v1/uploads/{name}?size=100").json()["offset"] for name in names]
    assert left == [0, 50, 50]
    assert piece(agent, client, 0, 0).json() == {"offset": 0}
    assert uploads.forget_stale() == 0
    assert uploads.forget_stale(now=timezone.now().timestamp() + 90_000) == 2


def test_a_machine_uploads_for_an_open_lease_only_and_no_more_than_an_update(client, run):
    idle, agent = Agent(), working(run)
    refused = piece(idle, client, 0, 1024)
    assert (refused.status_code, refused.json()["code"]) == (409, "blob_refused")
    assert "this machine has none" in refused.json()["message"]
    most = 2 * run.parameters
    query = f"size={most + 1}&offset=0&piece={hashlib.sha256(DATA).hexdigest()}"
    larger = signed(agent, client, "POST", f"/api/v1/uploads/{NAME}?{query}", raw=DATA, kind=RAW)
    assert f"{most + 1:,} bytes are more than the {most:,}" in larger.json()["message"]
    assert signed(agent, client, "GET", f"/api/v1/uploads/{NAME}?size={most}").json() == {"offset": 0}
    for data in (b"first" * 20, b"second" * 20):
        assert piece(agent, client, 0, len(data), data=data, name=hashlib.sha256(data).hexdigest()).status_code == 200
    assert "Enough was uploaded" in piece(agent, client, 0, 1024).json()["message"]
    Lease.objects.update(state="answered")
    assert "this machine has none" in piece(agent, client, 0, 1024).json()["message"]


def test_a_machine_stores_nothing_in_one_piece_and_a_run_no_more_than_its_state(client, run, token):
    answer = signed(working(run), client, "PUT", f"/api/v1/blobs/{NAME}", raw=DATA, kind=RAW)
    assert (answer.status_code, has_blob(NAME)) == (403, False)
    run.parameters = 1
    run.save()
    large = b"x" * (8 + receiving.NOTES_BYTES + 1)
    name = hashlib.sha256(large).hexdigest()
    refused = client.put(f"/api/v1/blobs/{name}", large, content_type=RAW, headers=token)
    assert (refused.status_code, has_blob(name)) == (409, False)
    exact = large[:-1]
    name = hashlib.sha256(exact).hexdigest()
    assert client.put(f"/api/v1/blobs/{name}", exact, content_type=RAW, headers=token).status_code == 201


def test_uploads_that_no_receipt_names_are_deleted_once_their_lease_is_over(client, run):
    now = timezone.now()
    named, orphan = working(run), working(run)
    piece(named, client, 0, 1024)
    lost = b"lost" * 40
    lost_name = hashlib.sha256(lost).hexdigest()
    piece(orphan, client, 0, len(lost), data=lost, name=lost_name)
    lease = Lease.objects.get(device=named.device)
    receipt, signature = named.receipt(lease, update_sha256=NAME)
    soon = now + timedelta(seconds=5)
    accept_receipt(device=named.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=soon)
    assert retention.prune_blobs(now=now) == 0
    assert has_blob(lost_name)
    assert receiving.delete_orphans(now=lease.expires_at + receiving.QUIET_TIME) == 1
    assert (has_blob(lost_name), has_blob(NAME), Upload.objects.count()) == (False, True, 0)


def test_a_machine_that_asks_too_often_is_told_when_to_ask_again(client, monkeypatch):
    monkeypatch.setattr(MachineView, "requests_a_minute", 3)
    agent, other = Agent(), Agent()
    answers = [signed(agent, client, "GET", "/api/v1/device") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert signed(other, client, "GET", "/api/v1/device").status_code == 200


def test_a_reducer_reads_its_span_of_an_update(client, token):
    stored()
    answer = client.get(f"/api/v1/blobs/{NAME}?first=100&end=612", headers=token)
    assert b"".join(answer.streaming_content) == DATA[100:612]
    beyond = client.get(f"/api/v1/blobs/{NAME}?first=1000&end=5000", headers=token)
    assert b"".join(beyond.streaming_content) == DATA[1000:]
    assert client.get(f"/api/v1/blobs/{NAME}?first=-1&end=5", headers=token).status_code == 400
    assert client.get(f"/api/v1/blobs/{'1' * 64}?first=0&end=5", headers=token).status_code == 404


def test_what_arrived_is_what_signed_receipts_name(client, run, token):
    now = timezone.now()
    open_round(run, now=now)
    done, busy = Agent(), Agent()
    lease = done.lease(run, now)
    busy.lease(run, now)
    path = f"/api/v1/runs/{run.pk}/rounds/0/updates"
    assert client.get(path, headers=token).json() == {"open": True, "updates": []}
    receipt, signature = done.receipt(lease, steps=20)
    result = accept_receipt(device=done.device, lease_id=lease.pk, receipt=receipt, signature=signature, now=now)
    row = {
        "peer_id": done.peer_id, "lease_id": str(lease.pk), "weight": 20.0, "seed": lease.seed,
            "update_sha256": receipt["update_sha256"],
    }  # fmt: skip
    assert client.get(path, headers=token).json() == {"open": True, "updates": [row]}
    Lease.objects.filter(device=busy.device).update(state="expired")
    assert client.get(path, headers=token).json() == {"open": False, "updates": [row]}
    type(result).objects.update(state="rejected")
    assert client.get(path, headers=token).json() == {"open": False, "updates": []}


def test_reducers_share_a_round_and_the_first_answer_holds(client, run, token):
    open_round(run, now=timezone.now())
    stored()
    path = f"/api/v1/runs/{run.pk}/rounds/0/reduction"
    plan = {"parts": 2, "size": 500, "updates": [{"lease_id": "a"}]}

    def post(rest, body):
        return client.post(path + rest, body, content_type="application/json", headers=token)

    assert client.get(path, headers=token).json()["parts"] == 0
    assert "has no part" in post("/parts", {"part": 0, "sha256": NAME}).json()["message"]
    assert post("", plan).json() == {**plan, "done": {}}
    assert post("/parts", {"part": 1, "sha256": NAME}).json() == {"done": {"1": NAME}}
    assert post("/parts", {"part": 1, "sha256": "0" * 64}).status_code == 409
    assert "has no part" in post("/parts", {"part": 2, "sha256": NAME}).json()["message"]
    assert post("", plan).json()["done"] == {"1": NAME}
    assert post("", {**plan, "size": 501}).json()["done"] == {}
    assert post("", {**plan, "size": 10**12}).status_code == 409
    Round.objects.update(closed_at=timezone.now())
    assert "is closed" in post("", plan).json()["message"]


def test_a_round_keeps_its_state_what_was_rejected_and_what_communication_took(client, run, token):
    open_round(run, now=timezone.now())
    stored()

    def post(path, body):
        return client.post(f"/api/v1/runs/{run.pk}/{path}", body, content_type="application/json", headers=token)

    close = {
        "held_out_loss": 4.5, "contributions": [], "sample": {"text": "def", "image_sha256": "f" * 64},
        "rolled_back": True, "rejected_loss": 1.7976931348623157e308, "state_sha256": NAME,
    }  # fmt: skip
    assert post("rounds/0/close", close).status_code == 200
    kept = run.rounds.get()
    assert (kept.rejected_loss, kept.state_sha256, kept.sample_sha256) == (1.7976931348623157e308, NAME, "")
    known = client.get(f"/api/v1/runs/{run.pk}", headers=token).json()
    assert known["checkpoint"] == {"next_round": 1, "sha256": NAME}
    assert known["state"] == "running"
    opened = {"index": 1, "theta_sha256": "b" * 64, "duration_seconds": 12, "communication_seconds": 1.5}
    assert post("rounds", opened).json()["seconds_remaining"] == 9.0
    assert run.rounds.get(index=0).communication_seconds == 1.5
    assert post("rounds/0/close", {**close, "rejected_loss": "much"}).status_code == 400


def test_states_and_parts_of_old_rounds_are_pruned(client, run):
    now = timezone.now()
    stored()
    for index in range(6):
        open_round(run, index, now=now)
    long_ago = now - 2 * retention.QUIET_TIME
    run.rounds.filter(index=1).update(closed_at=long_ago, state_sha256=NAME, reduction_parts={"0": NAME})
    assert retention.prune_blobs(now=now) == 1
    assert run.rounds.get(index=1).state_sha256 == ""
    assert not has_blob(NAME)


@pytest.mark.parametrize("rest", ["updates", "reduction", "reduction/parts"])
def test_only_the_runs_own_programs_come_here(client, run, rest):
    path, other = f"/api/v1/runs/{run.pk}/rounds/0/{rest}", make_run()
    foreign = bearer(f"{other.pk}.{run_token(other.pk)}")
    method = "POST" if rest.endswith("parts") else "GET"
    body = b'{"part": 0, "sha256": "a"}'
    assert client.generic(method, path, body, "application/json", headers=foreign).status_code == 403
    assert signed(Agent(), client, method, path, {"part": 0, "sha256": "a"}).status_code == 403


@pytest.mark.parametrize("losses", ['["a"]', '{"a-lease": "low"}', '{"a-lease": 1e999}'])
def test_first_losses_that_are_no_numbers_are_refused_and_the_round_stays_open(client, run, token, losses):
    round_ = open_round(run, now=timezone.now())
    body = f'{{"held_out_loss": 4.0, "contributions": [], "first_losses": {losses}}}'
    path = f"/api/v1/runs/{run.pk}/rounds/0/close"
    assert client.post(path, body, content_type="application/json", headers=token).status_code == 400
    round_.refresh_from_db()
    assert round_.closed_at is None
