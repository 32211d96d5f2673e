"""Uploads that go on after a cut connection: the platform says how many bytes it has, the rest is sent from there."""

from __future__ import annotations

import hashlib
import logging
import time

from training_cluster.client import Api, ApiError, PlatformAway

logger = logging.getLogger(__name__)
# A cut costs at most one piece; pieces of 4 MiB keep the cost of asking below a hundredth on a slow line.
PIECE_BYTES = 4 * 2**20
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0


def upload(api: Api, payload: bytes, piece_bytes: int = PIECE_BYTES) -> str:
    """Send bytes piece by piece; returns their SHA-256. Raises ApiError, PlatformAway after the caller's patience."""
    sha256, size = hashlib.sha256(payload).hexdigest(), len(payload)
    until, wait = time.monotonic() + api.patience_seconds, FIRST_WAIT
    while True:
        try:
            offset = int(api.get(f"/api/v1/uploads/{sha256}?size={size}")["offset"])
            while offset < size:
                offset = _send_piece(api, sha256, payload, offset, piece_bytes)
        except PlatformAway as error:
            logger.info("upload_cut sha256=%s reason=%s", sha256[:12], error)
            if time.monotonic() + wait > until or api.stopping.wait(wait):
                raise
            wait = min(wait * 2, LONGEST_WAIT)
        else:
            return sha256


def _send_piece(api: Api, sha256: str, payload: bytes, offset: int, piece_bytes: int) -> int:
    """Send from `offset`; where the upload stands then. A platform that stands elsewhere is believed."""
    size, piece = len(payload), payload[offset : offset + piece_bytes]
    query = f"size={size}&offset={offset}&piece={hashlib.sha256(piece).hexdigest()}"
    try:
        api.post_bytes(f"/api/v1/uploads/{sha256}?{query}", piece)
    except ApiError as error:
        if error.code != "offset_mismatch":
            raise
        return int(api.get(f"/api/v1/uploads/{sha256}?size={size}")["offset"])
    return min(offset + piece_bytes, size)
