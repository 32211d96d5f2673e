"""Fifty thousand forged or malformed meter records: each is refused with a reason, none leaves a trace."""

import copy
import random
from collections import Counter
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from compute_pledges.errors import ReceiptRefused
from compute_pledges.models import Audit, GpuTimeEntry, Lease, WorkResult
from compute_pledges.services.receipts import accept_receipt
from projects.models import Contribution
from tests.compute_pledges.test_api import signed
from tests.factories.compute import NOW, SOON, Agent, make_run, open_round
from training_cluster.protocol import canonical_json

pytestmark = pytest.mark.django_db
FORGED, MALFORMED = 42_000, 9_000
STRANGE = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**30), float("nan"), float("inf"), "", "x", "a" * 5000, "\ud800", "\0",
    [], [[]], {}, {"a": 1}, ["a"], [None] * 20, [True] * 20, [10**400] * 20, ["ab" * 32] * 3,
]  # fmt: skip


class Scene:
    """A device with an open lease and a good receipt that is never sent, and another with its own."""

    def __init__(self):
        run = make_run()
        open_round(run)
        self.agent, self.other = Agent(), Agent()
        self.lease, self.others = self.agent.lease(run, NOW), self.other.lease(run, NOW)
        self.receipt, self.signature = self.agent.receipt(self.lease)
        self.dice = random.Random(20261123)

    def send(self, receipt, signature, *, agent=None, lease=None, now=SOON):
        accept_receipt(
            device=(agent or self.agent).device, lease_id=(lease or self.lease).pk, receipt=receipt,
            signature=signature, now=now,
        )  # fmt: skip

    def forged(self, number):
        """(receipt, signature) that the device's key did not make."""
        kind = number % 6
        receipt, signature = copy.copy(self.receipt), self.signature
        if kind == 0:
            place = self.dice.randrange(64)
            flipped = bytes([signature[place] ^ (1 << self.dice.randrange(8))])
            return receipt, signature[:place] + flipped + signature[place + 1 :]
        if kind == 1:
            return receipt, self.dice.randbytes(self.dice.randrange(130))
        if kind == 2:
            return receipt | {"steps": self.dice.randrange(1, 400)} | {"nonce": uuid4().hex}, signature
        if kind == 3:
            losses = list(receipt["losses"])
            losses[self.dice.randrange(20)] = self.dice.random() * 4
            return receipt | {"losses": losses}, signature
        if kind == 4:
            return receipt, Ed25519PrivateKey.generate().sign(canonical_json(receipt))
        name = self.dice.choice(sorted(receipt))
        return {key: value for key, value in receipt.items() if key != name}, signature

    def malformed(self, number):
        """A receipt that the right key signed, where it can be signed at all, and that says what cannot be."""
        receipt = copy.copy(self.receipt)
        name = self.dice.choice(sorted(receipt))
        kind = number % 5
        if kind == 0:
            del receipt[name]
        elif kind == 1:
            receipt[f"more{number}"] = self.dice.choice(STRANGE)
        elif kind == 2:
            receipt["steps"] = self.dice.choice([0, -5, 401, 10**12, 20.0, "20", None])
        elif kind == 3:
            receipt["update_sha256"] = self.dice.choice(
                [f"{self.dice.getrandbits(256):064x}", "../../etc/passwd", "A" * 64]
            )
        else:
            # Whether it finished is for the device to say: another truth value is a different, good receipt.
            receipt[name] = self.dice.choice([value for value in STRANGE if type(value) is not type(receipt[name])])
        return receipt

    def sign(self, receipt):
        try:
            return self.agent.key.sign(canonical_json(receipt))
        except ValueError:
            return self.signature


@pytest.fixture
def scene():
    return Scene()


def refusal(call):
    with pytest.raises(ReceiptRefused) as refused:
        call()
    assert refused.value.code == "receipt_refused"
    return str(refused.value)


def assert_nothing_happened():
    assert not WorkResult.objects.exists()
    assert not GpuTimeEntry.objects.exists()
    assert not Audit.objects.exists()
    assert not Contribution.objects.exists()
    assert set(Lease.objects.values_list("state", flat=True)) == {Lease.State.OPEN}


def test_fifty_thousand_forged_or_malformed_records_are_refused_each_with_a_reason(scene):
    reasons = Counter()
    for number in range(FORGED):
        receipt, signature = scene.forged(number)
        reasons[refusal(lambda r=receipt, s=signature: scene.send(r, s))] += 1
    assert reasons == {"The receipt is not signed by this device's key.": FORGED}
    for number in range(MALFORMED):
        receipt = scene.malformed(number)
        reasons[refusal(lambda r=receipt: scene.send(r, scene.sign(r)))] += 1
    assert sum(reasons.values()) == FORGED + MALFORMED >= 50_000
    assert len(reasons) >= 9, reasons
    assert all(reason.endswith(".") and len(reason) > 10 for reason in reasons)
    assert_nothing_happened()
    # After all that the honest receipt is as good as ever, once.
    scene.send(scene.receipt, scene.signature)
    assert WorkResult.objects.count() == GpuTimeEntry.objects.count() == 1


def test_a_stolen_receipt_a_stolen_lease_and_a_late_one_are_refused(scene):
    stolen = scene.other.key.sign(canonical_json(scene.receipt))
    assert "another device" in refusal(lambda: scene.send(scene.receipt, stolen, agent=scene.other))
    renamed = scene.receipt | {"device_id": str(scene.other.device.pk)}
    signature = scene.other.key.sign(canonical_json(renamed))
    assert "another device" in refusal(lambda: scene.send(renamed, signature, agent=scene.other))
    own_lease = scene.other.key.sign(canonical_json(scene.receipt))
    named = refusal(lambda: scene.send(scene.receipt, own_lease, agent=scene.other, lease=scene.others))
    assert "names another lease" in named
    late = refusal(lambda: scene.send(scene.receipt, scene.signature, now=scene.lease.expires_at))
    assert "expired" in late
    assert_nothing_happened()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"text"', b'{"receipt": 1, "signature": ""}', b'{"receipt": {}, "signature": 5}',
        b'{"receipt": {}, "signature": ""}', b'{"receipt": {"steps": NaN}, "signature": ""}', b"\xff\xfe",
        b'{"receipt": {"steps": 1e999}, "signature": ""}', b'{"receipt": {"a": "\\ud800"}, "signature": ""}',
        b'{"receipt": ' + b"[" * 100_000 + b"]" * 100_000 + b', "signature": ""}',
        b'{"receipt": {"a": ' + b"1" * 5000 + b'}, "signature": ""}',
    ],
)  # fmt: skip
def test_bodies_that_are_no_receipt_are_refused_over_http_with_a_reason(client, body):
    run = make_run()
    open_round(run, now=timezone.now())
    agent = Agent()
    lease = agent.lease(run, timezone.now())
    answer = signed(agent, client, "POST", f"/api/v1/leases/{lease.pk}/receipt", raw=body)
    assert answer.status_code in (400, 409)
    assert len(str(answer.json())) > 10
    assert_nothing_happened()
