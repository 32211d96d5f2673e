"""Adding training data: cut into shards, hashed, with its SPDX license; one part is held out and never trained on."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO, Any

from accounts.models import User
from compute_pledges.errors import ComputeError
from compute_pledges.models import DataSet
from compute_pledges.services.blobs import store_blob
from projects.licenses import LicenseError, parse_license

SHARD_BYTES = 4 * 2**20
HELD_OUT_EVERY = 20
MIN_BYTES, MAX_BYTES = 2048, 64 * 2**20
MAX_RECORD_BYTES = 256 * 256 * 4


class DataRefused(ComputeError):
    code = "data_refused"


def add_data_set(
    *,
    owner: User | None,
    name: str,
    license_text: str,
    data_format: str,
    stream: IO[bytes],
    now: datetime,
    record_bytes: int = 1,
    source: str = DataSet.Source.UPLOAD,
    max_bytes: int = MAX_BYTES,
) -> DataSet:
    """Store a data set whose records have `record_bytes` (1 for text). Raises DataRefused."""
    expression = checked_license(license_text)
    shards, held_out = cut([stream], data_format=data_format, record_bytes=record_bytes, max_bytes=max_bytes)
    return DataSet.objects.create(
        owner=owner, name=name.strip()[:120] or "Data set", license=expression, format=data_format, source=source,
        shards=shards, held_out=held_out, state=DataSet.State.READY, created_at=now,
    )  # fmt: skip


def checked_license(text: str) -> str:
    """The SPDX expression. Raises DataRefused."""
    try:
        return parse_license(text)
    except LicenseError as error:
        raise DataRefused(str(error)) from error


def cut(
    streams: Iterable[IO[bytes]], *, data_format: str, record_bytes: int, max_bytes: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(shards, held-out shard) of the streams one after the other, both stored. Raises DataRefused.

    Of every twenty blocks of records one is held out, spread over the whole, so that both come from the same source.
    """
    if data_format not in DataSet.Format.values or not 1 <= record_bytes <= MAX_RECORD_BYTES:
        raise DataRefused("The data's form or the size of a record is none that is trained here.")
    payload = b"".join(_read(streams, max_bytes))
    if len(payload) < max(MIN_BYTES, HELD_OUT_EVERY * record_bytes):
        raise DataRefused(f"A data set has at least {MIN_BYTES:,} bytes and {HELD_OUT_EVERY} records.")
    if data_format == DataSet.Format.TEXT:
        _check_text(payload)
    elif len(payload) % record_bytes:
        raise DataRefused(f"{len(payload):,} bytes are no whole number of records of {record_bytes:,}.")
    train, held_out = _split(payload, record_bytes)
    return [_stored(part) for part in _even_parts(train, record_bytes)], [_stored(held_out)]


def _even_parts(payload: bytes, record_bytes: int) -> Iterator[bytes]:
    """About SHARD_BYTES each, of whole records, none much shorter than the others."""
    parts = max(1, round(len(payload) / SHARD_BYTES))
    size = -(-(len(payload) // record_bytes) // parts) * record_bytes
    for start in range(0, len(payload), size):
        yield payload[start : start + size]


def _read(streams: Iterable[IO[bytes]], max_bytes: int) -> Iterator[bytes]:
    size = 0
    for stream in streams:
        while chunk := stream.read(2**20):
            size += len(chunk)
            if size > max_bytes:
                raise DataRefused(f"A data set has at most {max_bytes:,} bytes here.")
            yield chunk


def _check_text(payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise DataRefused("The file is no UTF-8 text.") from error


def _split(payload: bytes, record_bytes: int) -> tuple[bytes, bytes]:
    """Training and held-out bytes: up to a hundred pieces of whole records, every twentieth held out."""
    records = len(payload) // record_bytes
    piece = max(1, records // (5 * HELD_OUT_EVERY)) * record_bytes
    pieces = [payload[start : start + piece] for start in range(0, len(payload), piece)]
    train = b"".join(part for index, part in enumerate(pieces) if index % HELD_OUT_EVERY)
    return train, b"".join(part for index, part in enumerate(pieces) if index % HELD_OUT_EVERY == 0)


def _stored(payload: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(payload).hexdigest()
    store_blob(sha256=digest, stream=io.BytesIO(payload))
    return {"sha256": digest, "bytes": len(payload)}
