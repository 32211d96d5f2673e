"""Publishing a stopped run: asked for by the creator, prepared outside any transaction, released once."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterable
from datetime import datetime
from typing import IO
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import ComputeError, RunRefused
from compute_pledges.models import ModelRelease, ReleaseFile, Round, RunTensors, TrainingRun
from compute_pledges.releasing import side_files
from compute_pledges.releasing.card import write_card
from compute_pledges.releasing.figures import figures_of
from compute_pledges.releasing.weights import checked_shapes, named_weights
from compute_pledges.services.blobs import has_blob, open_blob, store_blob
from compute_pledges.services.s3 import StorageAway
from projects.openness.releasing import record_run_release
from projects.roles import can

logger = logging.getLogger(__name__)
State = ModelRelease.State
File = tuple[str, str, str, int]
JSON, OCTETS, TEXT = "application/json", "application/octet-stream", "text/plain; charset=utf-8"
CARD, SUMS = ("README.md", "text/markdown; charset=utf-8"), ("SHA256SUMS", TEXT)
SPOOLED_BYTES = 2**24


def record_tensors(*, run: TrainingRun, given: object) -> None:
    """What the anchor says of the model's weights, once. Another answer later is refused. Raises RunRefused."""
    shapes = checked_shapes(given, parameters=run.parameters)
    kept, is_new = RunTensors.objects.get_or_create(run=run, defaults={"shapes": shapes})
    if not is_new and [tuple(item) for item in kept.shapes] != [tuple(item) for item in shapes]:
        raise RunRefused(gettext("The tensors of a run do not change."))


def last_checkpoint(run: TrainingRun) -> Round | None:
    """The newest checkpoint after at least one round of training whose bytes are kept."""
    rounds = Round.objects.filter(run=run, index__gt=0, pruned_at=None).order_by("-index")[:3]
    return next((round_ for round_ in rounds if has_blob(round_.theta_sha256)), None)


@transaction.atomic
def ask_release(
    *, run_id: UUID, by: User, license_name: str, intended_use: str, limitations: str, now: datetime
) -> ModelRelease:
    """Ask for the files; one that is asked for or out stays as it is. Raises RunRefused."""
    run = TrainingRun.objects.select_for_update(of=("self",)).select_related("project").get(pk=run_id)
    if not can(by, run.project, "run"):
        raise RunRefused(gettext("Only the project's creator and trainers release its models."))
    if run.state != TrainingRun.State.STOPPED:
        raise RunRefused(gettext("A run is released once it is stopped for good."))
    known = ModelRelease.objects.filter(run=run).first()
    if known is not None and known.state != State.FAILED:
        return known
    checkpoint = last_checkpoint(run)
    if checkpoint is None:
        raise RunRefused(gettext("This run has no checkpoint yet that training has changed."))
    if not intended_use.strip() or not limitations.strip():
        raise RunRefused(gettext("Say what the model is for and what it cannot do: its card begins with that."))
    values = {
        "round": checkpoint, "state": State.PREPARING, "license": license_name, "intended_use": intended_use.strip(),
        "limitations": limitations.strip(), "released_by": by, "asked_at": now, "error": "",
    }  # fmt: skip
    return ModelRelease.objects.update_or_create(run=run, defaults=values)[0]


def prepare_releases(*, now: datetime, limit: int = 5) -> int:
    """Write the files of what was asked for; one that fails stops no other. Returns how many are out."""
    waiting = ModelRelease.objects.filter(state=State.PREPARING).select_related(
        "run__project", "run__data_set", "run__forked_from__project", "round", "released_by"
    )
    return sum(_prepare(release, now) for release in waiting.order_by("asked_at", "pk")[:limit])


def _prepare(release: ModelRelease, now: datetime) -> bool:
    try:
        files = _write_files(release)
    except StorageAway:
        logger.warning("release_waits run=%s: storage is away", release.pk)
        return False
    except (ComputeError, OSError, ValueError, KeyError) as error:
        logger.exception("release_failed run=%s", release.pk)
        ModelRelease.objects.filter(pk=release.pk).update(state=State.FAILED, error=str(error)[:300])
        return False
    figures = figures_of(release.run, release.round.index)
    release.facts = figures.facts
    card = write_card(release, [(name, sha256, size) for name, _, sha256, size in files], figures)
    return _publish(release, [*files, keep_file(*CARD, [card.encode()])], card, now)


@transaction.atomic
def _publish(release: ModelRelease, files: list[File], card: str, now: datetime) -> bool:
    waiting = ModelRelease.objects.filter(pk=release.pk, state=State.PREPARING)
    if not waiting.update(state=State.RELEASED, card=card, facts=release.facts, released_at=now):
        return False
    sums = side_files.sums(sorted((name, sha256) for name, _, sha256, _ in files))
    listed = [*files, keep_file(*SUMS, [sums])]
    ReleaseFile.objects.bulk_create(
        ReleaseFile(release=release, name=name, content_type=kind, sha256=sha256, size=size)
        for name, kind, sha256, size in listed
    )
    # The list of hashes stands for all files at once.
    _record(release, listed[-1][2], now)
    return True


def _record(release: ModelRelease, sha256: str, now: datetime) -> None:
    run = release.run
    record_run_release(
        project=run.project, run_id=str(run.pk), title=run.name, path=reverse("compute:release", args=[run.pk]),
        sha256=sha256, license_name=release.license, by=release.released_by, now=now,
    )  # fmt: skip


def _write_files(release: ModelRelease) -> list[File]:
    run = release.run
    tensors = RunTensors.objects.filter(run=run).first()
    files = [_weights(release, tensors), keep_file("config.json", JSON, [side_files.config_json(run.config)])]
    if run.is_language:
        files.append(keep_file("tokenizer.json", JSON, [_tokenizer(run)]))
        files.append(keep_file("tokenizer_config.json", JSON, [side_files.tokenizer_config_json()]))
    return sorted(files)


def _weights(release: ModelRelease, tensors: RunTensors | None) -> File:
    name = side_files.weights_name(release.run.config, named=tensors is not None)
    with open_blob(release.round.theta_sha256) as flat:
        if tensors is None:
            return keep_file(name, OCTETS, iter(lambda: flat.read(2**20), b""))
        return keep_file(name, OCTETS, named_weights(flat, [(name, sizes) for name, sizes in tensors.shapes]))


def _tokenizer(run: TrainingRun) -> bytes:
    if not isinstance(run.tokenizer, dict):
        return side_files.bytes_tokenizer_json()
    with open_blob(run.tokenizer["sha256"]) as file:
        return file.read()


def keep_file(name: str, content_type: str, chunks: Iterable[bytes]) -> File:
    """Spooled, hashed and stored under its hash."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED_BYTES) as spool:
        stream: IO[bytes] = spool
        digest, size = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            size += stream.write(chunk)
        stream.seek(0)
        store_blob(sha256=digest.hexdigest(), stream=stream)
    return name, content_type, digest.hexdigest(), size
