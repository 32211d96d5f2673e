"""The cluster's endpoints over HTTP semantics: who may call, and how errors read."""

import base64
import hashlib
import json
import time
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.utils import timezone

from compute_pledges.models import Device
from compute_pledges.services.runs import auditor_token, run_token
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.people import make_user
from training_cluster.peers import PeerKey
from training_cluster.protocol import enrollment_message, peer_message, request_message

pytestmark = pytest.mark.django_db


def signed(agent, client, method, path, body=None, **changes):
    data = changes.get("raw", b"" if body is None else json.dumps(body).encode())
    stamp, nonce = changes.get("stamp", str(int(time.time()))), changes.get("nonce", uuid4().hex)
    message = request_message(
        method=method, path=path, timestamp=stamp, nonce=nonce, body_sha256=hashlib.sha256(data).hexdigest()
    )
    headers = {
        "X-Commonweave-Device": str(agent.device.pk),
        "X-Commonweave-Timestamp": stamp,
        "X-Commonweave-Nonce": nonce,
        "X-Commonweave-Signature": base64.b64encode(agent.key.sign(message)).decode(),
    }
    sent = changes.get("sent", data)
    kind = changes.get("kind", "application/json")
    return client.generic(method, path, sent, content_type=kind, headers=headers)


def lease_request(agent, run, identity=None, **changes):
    identity = identity or agent.identity
    signature = agent.key.sign(peer_message(str(run.pk), identity.peer_id))
    return {
        "run_id": str(run.pk), "kind": "training", "peer_id": identity.peer_id, "fetch_seconds": 1.5,
        "peer_signature": base64.b64encode(signature).decode(),
        **identity.proof(str(run.pk), str(agent.device.pk)), **changes,
    }  # fmt: skip


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_signed_request_is_answered_and_a_replay_refused(client):
    agent, nonce = Agent(), uuid4().hex
    answer = signed(agent, client, "GET", "/api/v1/device", nonce=nonce)
    assert answer.status_code == 200
    assert answer.json()["device_id"] == str(agent.device.pk)
    replay = signed(agent, client, "GET", "/api/v1/device", nonce=nonce)
    assert (replay.status_code, replay.json()["detail"]) == (401, "This request was sent before.")


def test_a_changed_body_an_old_time_and_a_revoked_device_are_refused(client):
    agent = Agent()
    changed = signed(agent, client, "POST", "/api/v1/leases", {"run_id": "a"}, sent=b'{"run_id": "b"}')
    assert changed.json()["detail"] == "The request's signature does not match the device's key."
    old = signed(agent, client, "GET", "/api/v1/device", stamp=str(int(time.time()) - 900))
    assert "off by more than 5 minutes" in old.json()["detail"]
    Device.objects.update(state="revoked")
    assert signed(agent, client, "GET", "/api/v1/device").status_code == 401


def test_a_lease_is_issued_over_http_with_seconds_remaining(client):
    agent, run = Agent(), make_run()
    open_round(run, now=timezone.now())
    body = lease_request(agent, run)
    answer = signed(agent, client, "POST", "/api/v1/leases", body)
    assert answer.status_code == 201
    lease = answer.json()
    assert (lease["kind"], lease["round"]) == ("calibration", 0)
    assert 0 < lease["seconds_remaining"] <= 9
    again = signed(agent, client, "POST", "/api/v1/leases", body)
    assert (again.status_code, again.json()["lease_id"]) == (201, lease["lease_id"])
    other = lease_request(agent, run, PeerKey.of(Ed25519PrivateKey.generate()))
    refused = signed(agent, client, "POST", "/api/v1/leases", other)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_work_now")
    given_back = signed(agent, client, "POST", f"/api/v1/leases/{lease['lease_id']}/abandon")
    assert given_back.json() == {"abandoned": True}


def test_an_anchor_sees_its_own_run_only(client):
    run, other = make_run(), make_run()
    token = bearer(f"{run.pk}.{run_token(run.pk)}")
    assert client.get(f"/api/v1/runs/{run.pk}", headers=token).json()["state"] == "running"
    assert client.get(f"/api/v1/runs/{other.pk}", headers=token).status_code == 403
    assert client.get(f"/api/v1/runs/{run.pk}", headers=bearer(f"{run.pk}.forged")).status_code == 401


def test_rounds_are_registered_once_and_closed_once(client):
    run = make_run()
    token = bearer(f"{run.pk}.{run_token(run.pk)}")
    body = {"index": 0, "theta_sha256": "a" * 64, "duration_seconds": 12}

    def post(path, data):
        return client.post(f"/api/v1/runs/{run.pk}/{path}", data, content_type="application/json", headers=token)

    opened = {"index": 0, "closed": False, "fresh": True, "seconds_remaining": 9.0}
    assert post("rounds", body).json() == post("rounds", body).json() == opened
    assert post("rounds", {**body, "theta_sha256": "b" * 64}).json()["code"] == "run_refused"
    close = {"held_out_loss": 4.5, "contributions": [], "sample": {"text": "def"}, "rolled_back": False}
    assert post("rounds/0/close", close).status_code == 200
    assert post("rounds/0/close", {**close, "held_out_loss": 1.0}).status_code == 200
    assert run.rounds.get().held_out_loss == 4.5
    assert post("rounds/7/close", close).json()["message"] == "Round 7 was never registered."


def test_blobs_are_named_by_their_hash(client):
    run, data = make_run(), b"theta"
    token = bearer(f"{run.pk}.{run_token(run.pk)}")
    name = hashlib.sha256(data).hexdigest()

    def put(sha256, content):
        url = f"/api/v1/blobs/{sha256}"
        return client.put(url, content, content_type="application/octet-stream", headers=token)

    assert put(name, data).status_code == 201
    assert put(name, data).status_code == 200
    assert put("0" * 64, data).json()["message"] == "The bytes do not match the hash; nothing was kept."
    assert put("0" * 64, b"").status_code == 409
    assert put("../../etc/passwd", data).status_code == 404
    assert client.get(f"/api/v1/blobs/{'1' * 64}", headers=token).status_code == 404
    answer = client.get(f"/api/v1/blobs/{name}", headers=token)
    assert b"".join(answer.streaming_content) == data
    answer.close()


ENDPOINTS = [
    ("post", "devices/challenge", set()),
    ("post", "devices", set()),
    ("get", "device", {"device"}),
    ("post", "leases", {"device"}),
    ("post", "audits/claim", {"auditor"}),
    ("get", "cluster/desired", {"manager"}),
]


@pytest.mark.parametrize(("method", "path", "kinds"), ENDPOINTS)
def test_every_endpoint_refuses_the_wrong_machine_and_people(client, method, path, kinds):
    tokens = {"auditor": auditor_token(), "manager": settings.CLUSTER_TOKEN}
    for kind, token in tokens.items():
        answer = client.generic(method.upper(), f"/api/v1/{path}", b"{}", "application/json", headers=bearer(token))
        assert (answer.status_code in (401, 403)) == (kind not in kinds), (kind, answer.status_code)
    client.force_login(make_user(is_staff=True))
    assert client.generic(method.upper(), f"/api/v1/{path}", b"{}", "application/json").status_code in (401, 403)


def test_a_device_is_enrolled_by_a_signed_challenge_once(client):
    owner = make_user()
    token = _access_token(owner, ["openid", "devices"])
    agent = Agent.__new__(Agent)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    agent.key = Ed25519PrivateKey.generate()
    challenge = client.post("/api/v1/devices/challenge", content_type="application/json", headers=bearer(token)).json()
    body = {
        "challenge_id": challenge["challenge_id"],
        "name": "Desk",
        "hardware": {"kind": "cpu", "model": "x86"},
        **agent.enrollment(enrollment_message(bytes.fromhex(challenge["challenge"]))),
    }

    def enroll(data):
        return client.post("/api/v1/devices", data, content_type="application/json", headers=bearer(token))

    forged = {**body, "signature": base64.b64encode(b"\0" * 64).decode()}
    assert enroll(forged).json()["message"] == "The signature does not match the device's key."
    answer = enroll(body)
    assert answer.status_code == 201
    device = Device.objects.get(pk=answer.json()["device_id"])
    assert (device.owner, device.name, device.catalog_slug) == (owner, "Desk", "cpu-thread")
    assert "used or expired" in enroll(body).json()["message"]


def test_a_token_without_the_devices_scope_pairs_nothing(client):
    token = _access_token(make_user(), ["openid"])
    assert (
        client.post("/api/v1/devices/challenge", content_type="application/json", headers=bearer(token)).status_code
        == 403
    )


def _access_token(user, scopes):
    from datetime import timedelta

    from allauth.idp.oidc.models import Client, Token

    app, _ = Client.objects.get_or_create(id="commonweave-worker", defaults={"name": "worker", "type": "public"})
    text = uuid4().hex
    from allauth.idp.oidc.adapter import get_adapter

    token = Token(
        type=Token.Type.ACCESS_TOKEN,
        hash=get_adapter().hash_token(text),
        client=app,
        user=user,
        expires_at=timezone.now() + timedelta(hours=1),
    )
    token.set_scopes(scopes)
    token.save()
    return text
