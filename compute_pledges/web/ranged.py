"""Downloads of stored files: kept by caches, and going on where they were cut, one range of bytes at a time.

RFC 9110, sections 13 and 14. With object storage the bytes come from there, by an address that holds for minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from compute_pledges.services import blobs, s3

RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})\Z")
CHUNK = 2**20


FOR_EVER = "public, max-age=31536000, immutable"
# Less than an address of the object storage holds.
ELSEWHERE = "private, max-age=600"


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored file under the name by which it is asked for. The hash is its entity tag."""

    name: str
    sha256: str
    size: int
    content_type: str
    changed_at: datetime
    cache: str = FOR_EVER

    @property
    def tag(self) -> str:
        """As it stands in the header."""
        return f'"{self.sha256}"'

    @property
    def headers(self) -> dict[str, str]:
        """What caches go by."""
        changed = http_date(self.changed_at.timestamp())
        return {"ETag": self.tag, "Last-Modified": changed, "Cache-Control": self.cache}


class NoSuchRange(Exception):
    """The bytes that were asked for are not in the file."""


def wanted_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte, both included; None for the whole file. Raises NoSuchRange."""
    found = RANGE.match(header.strip())
    if found is None or found.groups() == ("", ""):
        return None  # No range, several, or another unit: a server may answer with the whole.
    first, last = found.groups()
    if first == "":
        if int(last) == 0 or size == 0:
            raise NoSuchRange
        return max(size - int(last), 0), size - 1
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if start >= size or (last and int(last) < start):
        raise NoSuchRange
    return start, end


def kept_file(request: HttpRequest, file: Kept) -> HttpResponseBase:
    """The file, a part of it, where it lies, or that it is known. Raises FileNotFoundError, StorageAway."""
    answer = get_conditional_response(request, file.tag, int(file.changed_at.timestamp()))
    if answer is not None:
        for name, value in file.headers.items():
            answer[name] = value
        return answer
    if s3.is_configured() and not blobs.blob_path(file.sha256).exists():
        return HttpResponseRedirect(s3.presigned_get(file.sha256), headers={"Cache-Control": ELSEWHERE})
    found = ranged(request, blobs.open_blob(file.sha256), file=file)
    found["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return found


def ranged(request: HttpRequest, stream: IO[bytes], *, file: Kept) -> HttpResponseBase:
    """The file or the part of it that is asked for."""
    size, tag, headers = file.size, file.tag, {**file.headers, "Accept-Ranges": "bytes"}
    asked = request.headers.get("Range", "")
    if request.headers.get("If-Range", tag) != tag:
        asked = ""
    try:
        part = wanted_range(asked, size)
    except NoSuchRange:
        stream.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = part or (0, size - 1)
    headers["Content-Length"] = str(end - start + 1)
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    stream.seek(start)
    pieces = _Pieces(stream, end - start + 1)
    return StreamingHttpResponse(pieces, status=206 if part else 200, headers=headers, content_type=file.content_type)


class _Pieces:
    """Bytes from where the stream stands; the server closes it even where nothing was read, as for HEAD."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self.stream, self.left = stream, length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self.stream.read(min(CHUNK, self.left)) if self.left else b""
        if not piece:
            self.close()
            raise StopIteration
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        """Once more does no harm."""
        self.stream.close()
        self.left = 0
