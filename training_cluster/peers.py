"""The key behind a peer id, on the machine that holds it: it signs that this device may work under the id."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from training_cluster.keys import b64
from training_cluster.protocol_peers import ED25519, RSA, decode_key, encode_key, peer_id_of, peer_key_message

LONGEST_FILE = 8192


@dataclass(frozen=True, slots=True)
class PeerKey:
    """A private key and its public half as libp2p encodes it."""

    key: Ed25519PrivateKey | rsa.RSAPrivateKey
    encoded: bytes

    @classmethod
    def of(cls, key: Ed25519PrivateKey | rsa.RSAPrivateKey) -> PeerKey:
        """Either kind."""
        public = key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            return cls(key, encode_key(RSA, der))
        return cls(key, encode_key(ED25519, public.public_bytes_raw()))

    @classmethod
    def read(cls, identity: Path) -> PeerKey:
        """The RSA identity file of a hivemind peer. Raises ValueError for anything else."""
        _, der = decode_key(identity.read_bytes(), LONGEST_FILE)
        key = serialization.load_der_private_key(der, password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{identity} holds no RSA key")  # noqa: TRY004  # reason: the file is wrong, not a type
        return cls.of(key)

    @property
    def peer_id(self) -> str:
        """The id that this key proves."""
        return peer_id_of(self.encoded)

    def proof(self, run_id: str, device_id: str) -> dict[str, str]:
        """What a request for a lease carries."""
        message = peer_key_message(run_id=run_id, peer_id=self.peer_id, device_id=device_id)
        if isinstance(self.key, rsa.RSAPrivateKey):
            signature = self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        else:
            signature = self.key.sign(message)
        return {"peer_key": b64(self.encoded), "peer_key_signature": b64(signature)}
