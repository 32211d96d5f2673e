"""Who may bring how many bytes: a device an update for its open lease and the states that an audit of its block asks
for, a run's own programs their run's files.

What a device uploaded and no receipt of its names is deleted once its lease is over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import IO

from django.utils.translation import gettext

from compute_pledges.models import Audit, DataSet, Device, Lease, ReleaseFile, Round, TrainingRun, Upload, WorkResult
from compute_pledges.services import blobs, uploads
from compute_pledges.services.blobs import BlobRefused
from compute_pledges.services.reveals import asked_lease
from values.numbers import number_words

# float16; weights and outer momentum in full precision, with the notes beside them.
UPDATE_BYTES_A_PARAMETER, STATE_BYTES_A_PARAMETER = 2, 8
NOTES_BYTES = 16 * 2**20
# An agent uploads one update for a lease; a second is bytes that changed after a crash.
MAX_UPLOADS_A_LEASE = 2
# A segment's ends: weights and moments of its start, weights of its end.
MAX_UPLOADS_A_REVEAL = 3
# Unfinished ones: of a device, what an interrupted lease left behind; of a run, one for each of its reducers.
MOST_OPEN = {"device": 2, "run": 64}
QUIET_TIME = timedelta(minutes=10)
BATCH = 500

Sender = Device | TrainingRun


def update_bytes(run: TrainingRun) -> int:
    """The size of an update of this run."""
    return run.parameters * UPDATE_BYTES_A_PARAMETER


def run_bytes(run: TrainingRun) -> int:
    """The largest file that a run's own programs bring: its full state."""
    return run.parameters * STATE_BYTES_A_PARAMETER + NOTES_BYTES


def store_for_run(*, run: TrainingRun, sha256: str, stream: IO[bytes]) -> bool:
    """A run's file in one piece; False when it was there. Raises BlobRefused."""
    return blobs.store_blob(sha256=sha256, stream=stream, max_bytes=run_bytes(run))


def offset_of(*, sender: Sender, sha256: str, size: int, now: datetime) -> int:
    """Where an upload stands that this sender may make. Raises BlobRefused."""
    lease, most = _require_room(sender, size, now)
    if lease is not None:
        _require_few(lease, sha256, most)
    return uploads.offset_of(uploader=_name(sender), sha256=sha256, size=size)


def receive(*, sender: Sender, sha256: str, size: int, offset: int, stream: IO[bytes], now: datetime) -> int:
    """The next bytes; returns where the upload stands. Raises OffsetMismatch, BlobRefused."""
    lease, most = _require_room(sender, size, now)
    if lease is not None:
        _require_few(lease, sha256, most)
    was_here, sender_name = blobs.has_blob(sha256), _name(sender)
    uploads.make_room(uploader=sender_name, sha256=sha256, most=MOST_OPEN["run" if lease is None else "device"])
    reached = uploads.append(uploader=sender_name, sha256=sha256, size=size, offset=offset, stream=stream)
    if lease is not None and reached == size and not was_here:
        Upload.objects.get_or_create(lease=lease, sha256=sha256, defaults={"size": size, "finished_at": now})
    return reached


def delete_orphans(*, now: datetime) -> int:
    """Uploads of leases that are over: those that no receipt names are deleted. Returns how many were."""
    over = Upload.objects.filter(lease__expires_at__lte=now - QUIET_TIME)
    due = list(over.exclude(lease__result__audits__state=Audit.State.REVEALING).order_by("pk")[:BATCH])
    names = {upload.sha256 for upload in due}
    orphans = names - _named(names, now)
    for sha256 in orphans:
        blobs.delete_blob(sha256)
    Upload.objects.filter(pk__in=[upload.pk for upload in due]).delete()
    return len(orphans)


def _require_room(sender: Sender, size: int, now: datetime) -> tuple[Lease | None, int]:
    """A device's lease and how many uploads it bears, or None for a run's program. Raises BlobRefused."""
    lease, most = None, MOST_OPEN["run"]
    if isinstance(sender, TrainingRun):
        run, limit = sender, run_bytes(sender)
    elif (asked := asked_lease(sender, size)) is not None:
        lease, run, limit, most = asked, asked.run, run_bytes(asked.run), MAX_UPLOADS_A_LEASE + MAX_UPLOADS_A_REVEAL
    else:
        open_leases = Lease.objects.filter(device=sender, state=Lease.State.OPEN, expires_at__gt=now)
        lease, most = open_leases.select_related("run").first(), MAX_UPLOADS_A_LEASE
        if lease is None:
            raise BlobRefused(gettext("An update is uploaded for an open lease; this machine has none."))
        run, limit = lease.run, update_bytes(lease.run)
    if size > limit:
        raise BlobRefused(
            gettext("%(size)s bytes are more than the %(limit)s that this run's files have (%(name)s).")
            % {"size": number_words(size), "limit": number_words(limit), "name": run.name}
        )
    return lease, most


def _require_few(lease: Lease, sha256: str, most: int) -> None:
    if lease.uploads.exclude(sha256=sha256).count() >= most:
        raise BlobRefused(gettext("Enough was uploaded for this lease; hand in its receipt."))


def _named(names: set[str], now: datetime) -> set[str]:
    """Those that something still refers to."""
    rounds, found = Round.objects.all(), set[str]()
    found |= set(WorkResult.objects.filter(update_sha256__in=names).values_list("update_sha256", flat=True))
    for field in ("theta_sha256", "state_sha256", "sample_sha256"):
        found |= set(rounds.filter(**{f"{field}__in": names}).values_list(field, flat=True))
    found |= set(TrainingRun.objects.filter(start_sha256__in=names).values_list("start_sha256", flat=True))
    still = Upload.objects.filter(sha256__in=names, lease__expires_at__gt=now - QUIET_TIME)
    found |= set(still.values_list("sha256", flat=True))
    found |= set(ReleaseFile.objects.filter(sha256__in=names).values_list("sha256", flat=True))
    revealed = Audit.objects.filter(result__lease__uploads__sha256__in=names).exclude(reveal={})
    found |= {name for reveal in revealed.values_list("reveal", flat=True) for name in reveal.values()}
    left = names - found
    return found | {name for name in left if _is_data(name)}


def _is_data(sha256: str) -> bool:
    shard = [{"sha256": sha256}]
    return (
        DataSet.objects.filter(shards__contains=shard).exists()
        or DataSet.objects.filter(held_out__contains=shard).exists()
        or TrainingRun.objects.filter(tokenizer__sha256=sha256).exists()
    )


def _name(sender: Sender) -> str:
    return f"{'run' if isinstance(sender, TrainingRun) else 'device'}:{sender.pk}"
