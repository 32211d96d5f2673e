"""Records of a run's DHT: only its anchor writes them, so a stranger can neither fill its memory nor mislead anyone.

A value carries the signature of the anchor's own peer key and that key, which the peer id is made of.
"""

from __future__ import annotations

import dataclasses
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hivemind.dht.validation import DHTRecord, RecordValidatorBase
from hivemind.utils import MSGPackSerializer

from training_cluster.peers import PeerKey
from training_cluster.protocol_peers import RSA, decode_key, peer_id_of

_LENGTHS = struct.Struct(">HH")


class AnchorRecords(RecordValidatorBase):
    """Accepts what a key of the `trusted` peer ids signed; signs when it is given such a key."""

    def __init__(self, trusted: set[str], own: PeerKey | None = None) -> None:
        self.trusted, self.own = trusted, own

    def sign_value(self, record: DHTRecord) -> bytes:
        """The value with its signature; without a key as it is, which nobody accepts."""
        if self.own is None or not isinstance(self.own.key, rsa.RSAPrivateKey):
            return record.value
        signature = self.own.key.sign(_message(record), padding.PKCS1v15(), hashes.SHA256())
        return record.value + signature + self.own.encoded + _LENGTHS.pack(len(signature), len(self.own.encoded))

    def validate(self, record: DHTRecord) -> bool:
        """Whether a trusted key signed it."""
        value, signature, encoded = _parts(record.value)
        if peer_id_of(encoded) not in self.trusted:
            return False
        try:
            kind, der = decode_key(encoded)
            key = load_der_public_key(der) if kind == RSA else None
            if not isinstance(key, rsa.RSAPublicKey):
                return False
            message = _message(dataclasses.replace(record, value=value))
            key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def strip_value(self, record: DHTRecord) -> bytes:
        """The value alone."""
        return _parts(record.value)[0]


def _parts(value: bytes) -> tuple[bytes, bytes, bytes]:
    """(value, signature, key); all empty where there is no signature."""
    if len(value) < _LENGTHS.size:
        return b"", b"", b""
    of_signature, of_key = _LENGTHS.unpack(value[-_LENGTHS.size :])
    key_at = len(value) - _LENGTHS.size - of_key
    if (signature_at := key_at - of_signature) < 0:
        return b"", b"", b""
    return value[:signature_at], value[signature_at:key_at], value[key_at : -_LENGTHS.size]


def _message(record: DHTRecord) -> bytes:
    return bytes(MSGPackSerializer.dumps(dataclasses.astuple(record)))
