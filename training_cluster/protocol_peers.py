"""libp2p peer ids as both sides read them: an id is the hash of a public key, or holds it. Standard library only.

A public key travels as libp2p's protobuf, {1: kind, 2: bytes}: an RSA key in DER, an Ed25519 key as its 32 bytes
(github.com/libp2p/specs, peer-ids). Short ones stand whole in the id, long ones as their SHA-256.
"""

from __future__ import annotations

import hashlib

RSA, ED25519 = 0, 1
# Multihash codes: identity and SHA-256.
_IDENTITY, _SHA256 = 0x00, 0x12
_LONGEST_WHOLE = 42
_LONGEST_KEY = 1024
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_KIND_FIELD, _DATA_FIELD = 0x08, 0x12


def peer_key_message(*, run_id: str, peer_id: str, device_id: str) -> bytes:
    """What a peer's own key signs to let one device work under its id in one run."""
    return f"commonweave-peer-key\n{run_id}\n{peer_id}\n{device_id}".encode()


def peer_id_of(encoded_key: bytes) -> str:
    """The base58 id of an encoded public key."""
    if len(encoded_key) <= _LONGEST_WHOLE:
        return base58(bytes((_IDENTITY, len(encoded_key))) + encoded_key)
    digest = hashlib.sha256(encoded_key).digest()
    return base58(bytes((_SHA256, len(digest))) + digest)


def base58(payload: bytes) -> str:
    """Bitcoin's alphabet; each leading zero byte is a 1."""
    number, text = int.from_bytes(payload, "big"), ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return _ALPHABET[0] * (len(payload) - len(payload.lstrip(b"\0"))) + text


def encode_key(kind: int, data: bytes) -> bytes:
    """A key as protobuf."""
    return bytes((_KIND_FIELD, kind, _DATA_FIELD)) + _varint(len(data)) + data


def decode_key(encoded: bytes, longest: int = _LONGEST_KEY) -> tuple[int, bytes]:
    """(kind, bytes) of what `encode_key` writes, and nothing else. Raises ValueError."""
    if not 4 < len(encoded) <= longest or encoded[0] != _KIND_FIELD or encoded[2] != _DATA_FIELD:
        raise ValueError("this is no key in libp2p's form")
    kind, data = encoded[1], encoded[3 + _varint_size(encoded[3:]) :]
    if encode_key(kind, data) != encoded:
        raise ValueError("this is no key in libp2p's form")
    return kind, data


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*parts, number))


def _varint_size(payload: bytes) -> int:
    return next((at + 1 for at, byte in enumerate(payload) if byte < 0x80), len(payload))
