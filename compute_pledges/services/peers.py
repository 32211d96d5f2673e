"""Who may work under a peer id: the device that signed it, with the signature of the very key that the id is made of.

So no machine can take another's id, whatever it signs; and within a round an id belongs to one machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.errors import DeviceNotAllowed, PeerTaken
from compute_pledges.models import Device, Lease, Round, TrainingRun
from compute_pledges.services.devices import verify_signature
from training_cluster.protocol import peer_message
from training_cluster.protocol_peers import ED25519, RSA, decode_key, peer_id_of, peer_key_message

SMALLEST_RSA_BITS = 2048
SHARED_KEY = _(
    "Another machine works in this round under this machine's peer id. Two machines share one "
    "peer.key: delete it on the copy and start the copy again."
)


@dataclass(frozen=True, slots=True)
class PeerClaim:
    """A peer id with the device's signature, the peer's public key in libp2p's form and that key's signature."""

    peer_id: str
    device_signature: bytes
    key: bytes
    key_signature: bytes


def require_own_peer(*, device: Device, run: TrainingRun, claim: PeerClaim) -> None:
    """Raises DeviceNotAllowed unless both keys say that this device works under this id in this run."""
    peer_id = claim.peer_id
    if not verify_signature(bytes(device.public_key), claim.device_signature, peer_message(str(run.pk), peer_id)):
        raise DeviceNotAllowed(gettext("The peer id is not signed by this device's key."))
    message = peer_key_message(run_id=str(run.pk), peer_id=peer_id, device_id=str(device.pk))
    if peer_id_of(claim.key) != peer_id or not _is_signed(claim.key, claim.key_signature, message):
        raise DeviceNotAllowed(
            gettext("The peer id does not belong to the key that signed it; it is another machine's.")
        )


def require_free_peer(*, device: Device, round_: Round, peer_id: str) -> None:
    """Raises PeerTaken when another device leased under this id in this round."""
    if Lease.objects.filter(round=round_, peer_id=peer_id).exclude(device=device).exists():
        raise PeerTaken(str(SHARED_KEY), retry_after=60.0)


def _is_signed(encoded_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        kind, data = decode_key(encoded_key)
    except ValueError:
        return False
    if kind == ED25519:
        return verify_signature(data, signature, message)
    return kind == RSA and _is_signed_by_rsa(data, signature, message)


def _is_signed_by_rsa(der: bytes, signature: bytes, message: bytes) -> bool:
    try:
        key = load_der_public_key(der)
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_RSA_BITS:
            return False
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
