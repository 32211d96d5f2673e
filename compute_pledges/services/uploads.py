"""Resumable uploads: a cut connection goes on where the platform's bytes end, and nothing counts before the hash fits.

Partial files are named by uploader and hash, so that nobody can spoil another's upload.
"""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext

from compute_pledges.services.blobs import CHUNK, SHA256, BlobRefused, has_blob, publish

STALE_SECONDS = 86_400


class OffsetMismatch(BlobRefused):
    """The uploader's offset is not where the stored bytes end; `offset` is where to go on."""

    code = "offset_mismatch"

    def __init__(self, offset: int) -> None:
        super().__init__(gettext("Go on at byte %(offset)s.") % {"offset": offset})
        self.offset = offset


def offset_of(*, uploader: str, sha256: str, size: int) -> int:
    """Bytes that are here already; `size` when all of them are. Raises BlobRefused."""
    if not SHA256.match(sha256) or size < 1:
        raise BlobRefused(gettext("An upload needs a SHA-256 and at least one byte."))
    if has_blob(sha256):
        return size
    partial = _partial(uploader, sha256)
    return partial.stat().st_size if partial.exists() else 0


def make_room(*, uploader: str, sha256: str, most: int) -> None:
    """Forget the uploader's oldest unfinished uploads, so that this one is among the `most` that it may have."""
    partial = _partial(uploader, sha256)
    others = [path for path in partial.parent.glob("*.part") if path != partial] if partial.parent.exists() else []
    for path in sorted(others, key=lambda path: path.stat().st_mtime)[: max(0, len(others) - most + 1)]:
        path.unlink(missing_ok=True)


def append(*, uploader: str, sha256: str, size: int, offset: int, stream: IO[bytes]) -> int:
    """Add bytes at `offset`; returns where the upload stands. What arrived before a cut is kept.

    Raises OffsetMismatch, BlobRefused when the whole is not what its name says.
    """
    if (known := offset_of(uploader=uploader, sha256=sha256, size=size)) != offset:
        raise OffsetMismatch(known)
    if known == size:
        return size
    partial = _partial(uploader, sha256)
    partial.parent.mkdir(parents=True, exist_ok=True)
    reached = _write(stream, partial, offset, size)
    if reached == size:
        _finish(sha256, partial)
    return reached


def _write(stream: IO[bytes], partial: Path, offset: int, size: int) -> int:
    with partial.open("r+b" if partial.exists() else "wb") as file:
        file.seek(offset)
        while offset < size and (chunk := stream.read(min(CHUNK, size - offset))):
            file.write(chunk)
            offset += len(chunk)
    return offset


def _finish(sha256: str, partial: Path) -> None:
    try:
        with partial.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise BlobRefused(gettext("The bytes do not match the hash; nothing was kept."))
        publish(sha256, partial)
    finally:
        partial.unlink(missing_ok=True)


def _partial(uploader: str, sha256: str) -> Path:
    folder = hashlib.sha256(uploader.encode()).hexdigest()[:24]
    return Path(settings.BLOB_ROOT) / "uploads" / folder / f"{sha256}.part"


def forget_stale(*, now: float | None = None) -> int:
    """Delete partial files that nobody went on with for a day; returns how many."""
    limit = (now or time.time()) - STALE_SECONDS
    stale = [path for path in Path(settings.BLOB_ROOT).glob("uploads/*/*.part") if path.stat().st_mtime < limit]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)
