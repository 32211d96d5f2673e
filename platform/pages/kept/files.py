"""Small files of a form that was sent after its session had ended.

They wait as bytes beside what was typed, are handed to the same form until it takes them, and judged by it like any
upload. A page names them by a signed ticket, so that a second session which ends keeps them as well. Whatever is not
sent within the time of the form is erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db.models.functions import Length
from django.http import HttpRequest

from pages.models import KeptFile

MOST_BYTES, MOST_FILES, SECONDS = 10 * 2**20, 5, 7200
TICKET, SALT = "kept_files", "pages.kept"
# (number, name, bytes) of a file that is kept
Kept = tuple[str, str, int]


def keep_files(request: HttpRequest, now: datetime) -> tuple[list[Kept], list[str]]:
    """Those that are kept, and the names of those that are too large or too many."""
    kept: list[Kept] = []
    left: list[str] = []
    for field, file in _sent(request):
        room = MOST_BYTES - sum(size for _, _, size in kept)
        if len(kept) < MOST_FILES and file.size is not None and file.size <= room:
            row = KeptFile.objects.create(
                field=field[:100], name=(file.name or "")[:255], content_type=(file.content_type or "")[:100],
                content=file.read(), kept_at=now,
            )  # fmt: skip
            kept.append((str(row.pk), row.name, file.size))
        else:
            left.append(file.name or "")
    return kept, left


def names_of(request: HttpRequest) -> list[str]:
    """Of every file that was sent."""
    return [file.name or "" for _, file in _sent(request)]


def _sent(request: HttpRequest) -> Iterable[tuple[str, UploadedFile[bytes]]]:
    return ((field, file) for field, group in request.FILES.lists() for file in group)


def ticket_for(kept: Sequence[Kept]) -> str:
    """What a page carries for them."""
    return signing.dumps([number for number, _, _ in kept], salt=SALT)


def carried(request: HttpRequest) -> list[Kept]:
    """Those that the form names by its ticket, and that are still there."""
    try:
        numbers = signing.loads(request.POST.get(TICKET, ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return []
    rows = KeptFile.objects.filter(pk__in=numbers).annotate(size=Length("content")).order_by("kept_at")
    return [(str(pk), name, size) for pk, name, size in rows.values_list("pk", "name", "size")]


def hand_over(request: HttpRequest, kept: Sequence[Kept]) -> None:
    """Put them where the view looks for uploads, unless another file was chosen."""
    chosen = set(request.FILES)
    for row in KeptFile.objects.filter(pk__in=[number for number, _, _ in kept]).order_by("kept_at"):
        if row.field in chosen:
            continue
        file = SimpleUploadedFile(row.name, bytes(row.content), row.content_type)
        request.FILES.appendlist(row.field, file)


def hold_longer(kept: Sequence[Kept], now: datetime) -> None:
    """They wait again from now on."""
    KeptFile.objects.filter(pk__in=[number for number, _, _ in kept]).update(kept_at=now)


def erase_files(kept: Sequence[Kept]) -> None:
    """They were sent, or are not wanted. Hardly any form has some, so that each is not made to open a transaction."""
    if kept:
        KeptFile.objects.filter(pk__in=[number for number, _, _ in kept]).delete()


def erase_old(*, now: datetime, seconds: int) -> int:
    """Those that nobody sent in time. Returns how many."""
    return KeptFile.objects.filter(kept_at__lt=now - timedelta(seconds=seconds)).delete()[0]
