"""Cutting data into hashed shards by way of a file on disk: memory holds one chunk, whatever the data's size.

Of the whole, five pieces spread over it are held out and never trained on, so that both come from the same source.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext

from compute_pledges.errors import ComputeError
from compute_pledges.models import DataSet
from compute_pledges.services.blobs import store_blob
from values.numbers import number_words

CHUNK = 2**20
SHARD_BYTES = 4 * 2**20
HELD_OUT_EVERY, PIECES = 20, 100
# Anchors keep the held-out shard in memory; what is beyond this is trained on.
MAX_HELD_OUT_BYTES = 16 * 2**20
MIN_BYTES = 2048
MAX_RECORD_BYTES = 256 * 256 * 4
Span = tuple[int, int]
Listed = list[dict[str, Any]]


class DataRefused(ComputeError):
    code = "data_refused"


def chunks_of(stream: IO[bytes]) -> Iterator[bytes]:
    """A stream's bytes, a chunk at a time."""
    return iter(lambda: stream.read(CHUNK), b"")


def cut(chunks: Iterable[bytes], *, data_format: str, record_bytes: int, max_bytes: int) -> tuple[Listed, Listed]:
    """(shards, held-out shard) of the bytes, both stored. `record_bytes` is 1 for text. Raises DataRefused."""
    if data_format not in DataSet.Format.values or not 1 <= record_bytes <= MAX_RECORD_BYTES:
        raise DataRefused(gettext("The data's form or the size of a record is none that is trained here."))
    spool = Path(settings.BLOB_ROOT) / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=spool) as file:
        size = _spool(chunks, file, max_bytes, is_text=data_format == DataSet.Format.TEXT)
        if size < max(MIN_BYTES, HELD_OUT_EVERY * record_bytes):
            raise DataRefused(
                gettext("A data set has at least %(min_bytes)s bytes and %(held_out_every)s records.")
                % {"min_bytes": number_words(MIN_BYTES), "held_out_every": HELD_OUT_EVERY}
            )
        if size % record_bytes:
            raise DataRefused(
                gettext("%(size)s bytes are no whole number of records of %(record_bytes)s.")
                % {"size": number_words(size), "record_bytes": number_words(record_bytes)}
            )
        train, held_out = split(size, record_bytes)
        return [_stored(file, part) for part in even_parts(train, record_bytes)], [_stored(file, held_out)]


def _spool(chunks: Iterable[bytes], file: IO[bytes], max_bytes: int, *, is_text: bool) -> int:
    decoder, size = codecs.getincrementaldecoder("utf-8")(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise DataRefused(
                gettext("A data set has at most %(max_bytes)s bytes here.") % {"max_bytes": number_words(max_bytes)}
            )
        file.write(chunk)
        if is_text:
            _decode(decoder, chunk)
    if is_text:
        _decode(decoder, b"", final=True)
    return size


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        raise DataRefused(gettext("The data is no UTF-8 text.")) from error


def split(size: int, record_bytes: int) -> tuple[list[Span], list[Span]]:
    """Spans of training and of held-out bytes: of up to a hundred pieces of whole records, every twentieth begins with
    a held-out part.
    """
    piece = -(-(size // record_bytes) // PIECES) * record_bytes
    most = max(MAX_HELD_OUT_BYTES * HELD_OUT_EVERY // PIECES // record_bytes, 1) * record_bytes
    train: list[Span] = []
    held_out: list[Span] = []
    for index, start in enumerate(range(0, size, piece)):
        end = min(start + piece, size)
        kept = min(start + most, end) if index % HELD_OUT_EVERY == 0 else start
        held_out += [(start, kept)] if kept > start else []
        train += [(kept, end)] if end > kept else []
    return train, held_out


def even_parts(spans: list[Span], record_bytes: int) -> Iterator[list[Span]]:
    """The spans one after the other in parts of about SHARD_BYTES, of whole records, none much shorter than others."""
    size = sum(end - start for start, end in spans)
    parts = max(1, round(size / SHARD_BYTES))
    part = -(-(size // record_bytes) // parts) * record_bytes
    waiting: list[Span] = []
    room = part
    for start, end in spans:
        while end - start > room:
            yield [*waiting, (start, start + room)]
            start, waiting, room = start + room, [], part  # noqa: PLW2901  # reason: the span is eaten from its start
        waiting.append((start, end))
        room -= end - start
    yield waiting


@dataclass(eq=False)
class _Spliced(io.RawIOBase):
    """Reads spans of a file one after the other."""

    file: IO[bytes]
    spans: list[Span]
    done: int = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        place = self.done
        for start, end in self.spans:
            if place < end - start:
                self.file.seek(start + place)
                found = self.file.read(min(len(buffer), end - start - place))
                buffer[: len(found)] = found
                self.done += len(found)
                return len(found)
            place -= end - start
        return 0


def _stored(file: IO[bytes], spans: list[Span]) -> dict[str, Any]:
    digest = hashlib.file_digest(io.BufferedReader(_Spliced(file, spans), CHUNK), "sha256").hexdigest()
    store_blob(sha256=digest, stream=io.BufferedReader(_Spliced(file, spans), CHUNK))
    return {"sha256": digest, "bytes": sum(end - start for start, end in spans)}
