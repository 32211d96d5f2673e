"""Downloads that can go on where they were cut: one range of bytes at a time (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})\Z")
CHUNK = 2**20


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


def ranged(request: HttpRequest, stream: IO[bytes], *, size: int, sha256: str, content_type: str) -> HttpResponseBase:
    """The file or the part of it that is asked for. The hash is its entity tag: the bytes never change."""
    tag = f'"{sha256}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "public, max-age=31536000, immutable"}
    if request.headers.get("If-None-Match") == tag:
        stream.close()
        return HttpResponse(status=304, headers=headers)
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
    pieces = _pieces(stream, end - start + 1)
    return StreamingHttpResponse(pieces, status=206 if part else 200, headers=headers, content_type=content_type)


def _pieces(stream: IO[bytes], length: int) -> Iterator[bytes]:
    with stream:
        while length and (piece := stream.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece
