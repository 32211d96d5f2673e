"""What the platform and the training cluster say to each other: plain data, standard library only.

Signatures are Ed25519 over the messages built here. JSON that is hashed or signed is canonical: sorted keys, no
spaces, no NaN.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

PROTOCOL_VERSION = 1


def canonical_json(value: Any) -> bytes:
    """UTF-8 bytes of `value` with sorted keys and no spaces. Raises ValueError for NaN and infinity."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def enrollment_message(challenge: bytes) -> bytes:
    """What a device key signs to be enrolled."""
    return b"commonweave-enroll\n" + challenge


def peer_message(run_id: str, peer_id: str) -> bytes:
    """What a device key signs to bind a libp2p peer id to itself for one run."""
    return f"commonweave-peer\n{run_id}\n{peer_id}".encode()


def request_message(*, method: str, path: str, timestamp: str, nonce: str, body_sha256: str) -> bytes:
    """What a device key signs for each request; `path` includes the query."""
    return f"commonweave-request\n{method}\n{path}\n{timestamp}\n{nonce}\n{body_sha256}".encode()


def segment_commitment(weights_sha256: str, moments_sha256: str) -> str:
    """What a receipt says of the state at a segment's end: weights and inner moments, each named by its SHA-256."""
    return hashlib.sha256(f"commonweave-segment\n{weights_sha256}\n{moments_sha256}".encode()).hexdigest()
