"""A run with an open round, and a device that signs like an agent."""

import base64
import hashlib
import io
from datetime import timedelta
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from compute_pledges.models import Device, Lease, Round, TrainingRun
from compute_pledges.services.blobs import store_blob
from compute_pledges.services.leases import issue_lease
from compute_pledges.services.peers import PeerClaim
from compute_pledges.services.runs import register_round
from compute_pledges.services.selection import spec_sha256
from tests.factories.people import NOW, make_project, make_user
from training_cluster.peers import PeerKey
from training_cluster.protocol import canonical_json, peer_message
from training_cluster.protocol_hyper import DEFAULT_HYPER


class Agent:
    """A device with its private key."""

    def __init__(self, **fields):
        self.key = Ed25519PrivateKey.generate()
        self.device = Device.objects.create(
            owner=fields.pop("owner", None) or make_user(),
            public_key=self.key.public_key().public_bytes_raw(),
            **{"name": "machine", "paired_at": NOW, **fields},
        )
        self.identity = PeerKey.of(self.key)
        self.peer_id = self.identity.peer_id

    def lease(self, run, now, kind="training") -> Lease:
        self.device.refresh_from_db()
        return issue_lease(device=self.device, run=run, kind=kind, peer=self.claim(run), now=now)

    def claim(self, run, identity=None, device_id=None) -> PeerClaim:
        """Of its own id, or of what another identity says."""
        identity = identity or self.identity
        proof = identity.proof(str(run.pk), str(device_id or self.device.pk))
        signature = self.key.sign(peer_message(str(run.pk), identity.peer_id))
        key, key_signature = (base64.b64decode(proof[name]) for name in ("peer_key", "peer_key_signature"))
        return PeerClaim(identity.peer_id, signature, key, key_signature)

    def receipt(self, lease, steps=20, **changes) -> tuple[dict, bytes]:
        update = uuid4().bytes * 8
        sha256 = hashlib.sha256(update).hexdigest()
        store_blob(sha256=sha256, stream=io.BytesIO(update))
        receipt = {
            "lease_id": str(lease.pk),
            "nonce": lease.nonce,
            "device_id": str(self.device.pk),
            "steps": steps,
            "losses": [4.0] * steps,
            "update_sha256": sha256,
            "segment_commitments": ["ab" * 32] * (steps // lease.segment_steps),
            "hardware_class": "cpu",
            "finished": False,
            "merged": True,
            **changes,
        }
        return receipt, self.key.sign(canonical_json(receipt))

    def enrollment(self, message: bytes) -> dict[str, str]:
        public = self.key.public_key().public_bytes_raw()
        return {
            "public_key": base64.b64encode(public).decode(),
            "signature": base64.b64encode(self.key.sign(message)).decode(),
        }


def make_run(**fields) -> TrainingRun:
    project = fields.pop("project", None) or make_project()
    usual = {
        "name": "run",
        "config": {
            "model_type": "gpt2",
            "n_layer": 4,
            "n_embd": 128,
            "n_head": 4,
            "n_positions": 64,
            "vocab_size": 256,
        },
        "hyper": DEFAULT_HYPER,
        "data": {},
        "prompt": "def ",
        "parameters": 834_304,
        "layers": 4,
        "width": 128,
        "created_at": NOW,
    }
    return TrainingRun.objects.create(project=project, started_by=project.creator, **usual | fields)


def end_rounds_before(run, index, now=NOW):
    """Whichever rounds there are: round `index` may be registered next."""
    Round.objects.filter(run=run, index__lt=index, closed_at=None).update(closed_at=now)
    if index and not run.rounds.filter(index=index - 1).exists():
        before = {"duration_seconds": 12, "opened_at": now, "closed_at": now, "spec_sha256": spec_sha256(run)}
        Round.objects.create(run=run, index=index - 1, theta_sha256="a" * 64, pruned_at=now, **before)


def open_round(run, index=0, now=NOW):
    """Round `index`, whichever was before: the one that is open then ends."""
    end_rounds_before(run, index, now)
    return register_round(run=run, index=index, theta_sha256="a" * 64, duration_seconds=12, now=now)


SOON = NOW + timedelta(seconds=8)
