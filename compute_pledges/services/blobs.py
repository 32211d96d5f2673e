"""Content-addressed storage of theta, updates and shards: bytes are named by their SHA-256.

A folder by default; the operator's S3 when a bucket is named. With S3 the folder is a spool: bytes are hashed there,
then moved to the bucket.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext

from compute_pledges.errors import ComputeError
from compute_pledges.services import s3
from values.numbers import number_words

SHA256 = re.compile(r"[0-9a-f]{64}\Z")
MAX_BLOB_BYTES = 8 * 2**30
CHUNK = 2**20


class BlobRefused(ComputeError):
    code = "blob_refused"


def blob_path(sha256: str) -> Path:
    """Where the blob of this hash lies in the folder. Raises BlobRefused for what is no hash."""
    if not SHA256.match(sha256):
        raise BlobRefused(gettext("A blob is named by 64 hexadecimal digits."))
    return Path(settings.BLOB_ROOT) / sha256[:2] / sha256


def has_blob(sha256: str) -> bool:
    """Whether the blob is stored."""
    if not SHA256.match(sha256):
        return False
    return blob_path(sha256).exists() or (s3.is_configured() and s3.has_object(sha256))


def open_blob(sha256: str) -> IO[bytes]:
    """The blob's bytes as a stream. Raises FileNotFoundError, s3.StorageAway."""
    path = blob_path(sha256)
    return s3.open_object(sha256) if s3.is_configured() and not path.exists() else path.open("rb")


def span(sha256: str, first: int, end: int) -> Iterator[bytes]:
    """The bytes from `first` up to `end` of a blob that lies in the folder, in chunks. Raises FileNotFoundError."""
    with blob_path(sha256).open("rb") as stream:
        stream.seek(first)
        left = end - first
        while left > 0 and (chunk := stream.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def delete_blob(sha256: str) -> None:
    """Forget the blob; one that is gone is gone."""
    if SHA256.match(sha256):
        blob_path(sha256).unlink(missing_ok=True)
        if s3.is_configured():
            s3.delete_object(sha256)


def store_blob(*, sha256: str, stream: IO[bytes], max_bytes: int = MAX_BLOB_BYTES) -> bool:
    """Write the stream, hashing on the way. Returns False when it was there. Raises BlobRefused on a mismatch."""
    path = blob_path(sha256)
    if has_blob(sha256):
        return False
    with spooled(path) as candidate:
        if _copy(stream, candidate, max_bytes) != sha256:
            raise BlobRefused(gettext("The bytes do not match the hash; nothing was kept."))
        publish(sha256, candidate)
    return True


def publish(sha256: str, candidate: Path) -> None:
    """Move a file whose hash was checked to where blobs are kept."""
    if s3.is_configured():
        s3.put_file(sha256, candidate)
        return
    path = blob_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(candidate, path)  # noqa: PTH105  # reason: atomic on one file system, which Path.rename is not everywhere


@contextmanager
def spooled(path: Path) -> Iterator[Path]:
    """A hidden file beside `path` that is gone afterwards unless it was moved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        yield candidate
    finally:
        candidate.unlink(missing_ok=True)


def _copy(stream: IO[bytes], target: Path, max_bytes: int) -> str:
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise BlobRefused(
                    gettext("This file has at most %(max_bytes)s bytes.") % {"max_bytes": number_words(max_bytes)}
                )
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()
