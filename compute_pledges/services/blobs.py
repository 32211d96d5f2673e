"""Content-addressed storage of theta, updates and shards: a file is named by the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path
from typing import IO

from django.conf import settings

from compute_pledges.errors import ComputeError

SHA256 = re.compile(r"[0-9a-f]{64}\Z")
MAX_BLOB_BYTES = 512 * 2**20
CHUNK = 2**20


class BlobRefused(ComputeError):
    code = "blob_refused"


def blob_path(sha256: str) -> Path:
    """Where the blob of this hash lies. Raises BlobRefused for what is no hash."""
    if not SHA256.match(sha256):
        raise BlobRefused("A blob is named by 64 hexadecimal digits.")
    return Path(settings.BLOB_ROOT) / sha256[:2] / sha256


def has_blob(sha256: str) -> bool:
    """Whether the blob is stored."""
    return bool(SHA256.match(sha256)) and blob_path(sha256).exists()


def delete_blob(sha256: str) -> None:
    """Forget the blob; one that is gone is gone."""
    if SHA256.match(sha256):
        blob_path(sha256).unlink(missing_ok=True)


def store_blob(*, sha256: str, stream: IO[bytes]) -> bool:
    """Write the stream, hashing on the way. Returns False when it was there. Raises BlobRefused on a mismatch."""
    path = blob_path(sha256)
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = path.with_name(f".{sha256}.{secrets.token_hex(8)}")
    try:
        if _copy(stream, candidate) != sha256:
            raise BlobRefused("The bytes do not match the hash; nothing was kept.")
        os.replace(candidate, path)  # noqa: PTH105  # reason: atomic on one file system, which Path.rename is not everywhere
    finally:
        candidate.unlink(missing_ok=True)
    return True


def _copy(stream: IO[bytes], target: Path) -> str:
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > MAX_BLOB_BYTES:
                raise BlobRefused(f"A blob has at most {MAX_BLOB_BYTES} bytes.")
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()
