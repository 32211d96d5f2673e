"""A peer id belongs to the key that it is made of, and within a round to one machine."""

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import IntegrityError, connection, transaction

from compute_pledges.errors import DeviceNotAllowed, PeerTaken
from compute_pledges.models import Lease
from compute_pledges.services.leases import issue_lease
from compute_pledges.services.peers import PeerClaim
from compute_pledges.services.rounds import bindings
from tests.compute_pledges.test_api import lease_request, signed
from tests.factories.compute import NOW, Agent, make_run, open_round
from training_cluster.peers import PeerKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    made = make_run()
    open_round(made)
    return made


def ask(agent, run, claim):
    return issue_lease(device=agent.device, run=run, kind="training", peer=claim, now=NOW)


@pytest.mark.parametrize("kind", ["device", "ed25519", "rsa"])
def test_a_machine_works_under_the_id_of_a_key_that_it_holds(run, kind):
    agent = Agent()
    key = {
        "device": agent.key, "ed25519": Ed25519PrivateKey.generate(), "rsa": rsa.generate_private_key(65537, 2048)
    }[kind]  # fmt: skip
    identity = PeerKey.of(key)
    assert ask(agent, run, agent.claim(run, identity)).peer_id == identity.peer_id
    assert list(bindings(run=run, now=NOW)) == [identity.peer_id]


def test_another_machines_id_is_refused_whatever_is_signed(run):
    victim, thief, other_run = Agent(), Agent(), make_run()
    theirs = victim.claim(run)
    own = thief.claim(run)
    signed_by_thief = thief.claim(run, victim.identity)
    for claim in (
        PeerClaim(victim.peer_id, signed_by_thief.device_signature, own.key, own.key_signature),
        PeerClaim(victim.peer_id, signed_by_thief.device_signature, theirs.key, own.key_signature),
        # What the victim signed for its own device, taken from its request.
        PeerClaim(victim.peer_id, signed_by_thief.device_signature, theirs.key, theirs.key_signature),
        PeerClaim(victim.peer_id, signed_by_thief.device_signature, b"\x08\x01\x12", b""),
        thief.claim(other_run),
    ):
        with pytest.raises(DeviceNotAllowed):
            ask(thief, run, claim)
    assert Lease.objects.count() == 0


def test_a_short_rsa_key_proves_nothing(run):
    agent = Agent()
    with pytest.raises(DeviceNotAllowed, match="does not belong"):
        ask(agent, run, agent.claim(run, PeerKey.of(rsa.generate_private_key(65537, 1024))))


def test_two_machines_with_one_key_are_told_apart_within_a_round(run):
    one, copy = Agent(), Agent()
    ask(one, run, one.claim(run))
    with pytest.raises(PeerTaken, match=r"share one peer\.key"):
        ask(copy, run, copy.claim(run, one.identity))
    held = Lease.objects.get()
    with pytest.raises(IntegrityError, match="one_machine_a_peer_id"), transaction.atomic():
        Lease.objects.create(
            kind="training", run=run, round=held.round, device=copy.device, peer_id=held.peer_id, seed=1, nonce="n",
            batch=1, sequence=1, max_steps=1, segment_steps=1, issued_at=NOW, expires_at=NOW,
            spec_sha256=held.spec_sha256,
        )  # fmt: skip
    assert bindings(run=run, now=NOW)[one.peer_id]["device_id"] == str(one.device.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_that_ask_at_once_one_is_told_why():
    run = make_run()
    open_round(run)
    one, copy = Agent(), Agent()
    claims, refused = [(one, one.claim(run)), (copy, copy.claim(run, one.identity))], []
    barrier = threading.Barrier(2)

    def lease(agent, claim):
        barrier.wait()
        try:
            ask(agent, run, claim)
        except PeerTaken as error:
            refused.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=lease, args=pair) for pair in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Lease.objects.count(), refused) == (1, ["peer_taken"])


def test_over_http_a_stolen_id_is_forbidden_and_a_shared_one_explained(client):
    from django.utils import timezone

    run, one, copy = make_run(), Agent(), Agent()
    open_round(run, now=timezone.now())
    assert signed(one, client, "POST", "/api/v1/leases", lease_request(one, run)).status_code == 201
    stolen = {**lease_request(copy, run, one.identity), **one.identity.proof(str(run.pk), str(one.device.pk))}
    answer = signed(copy, client, "POST", "/api/v1/leases", stolen)
    assert (answer.status_code, answer.json()["code"]) == (403, "device_not_allowed")
    shared = signed(copy, client, "POST", "/api/v1/leases", lease_request(copy, run, one.identity))
    assert (shared.status_code, shared.json()["code"]) == (409, "peer_taken")
    assert Lease.objects.get().fetch_seconds == 1.5
    wild = signed(copy, client, "POST", "/api/v1/leases", lease_request(copy, run, fetch_seconds=-1))
    assert wild.status_code == 400
