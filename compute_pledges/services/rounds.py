"""What the anchor says of a round: which leases' work it merged, with which weight, and the held-out loss."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext

from compute_pledges.errors import RunRefused
from compute_pledges.models import Lease, Round, TrainingRun
from compute_pledges.services.blobs import has_blob
from compute_pledges.services.news import announce_runs
from projects.happenings import Happening, Kind, announce

_WEIGHTS = """
UPDATE compute_pledges_workresult r SET anchor_weight = told.weight, is_merged = %s
FROM unnest(%s::uuid[], %s::float8[]) AS told(lease_id, weight) WHERE r.lease_id = told.lease_id
"""


def bindings(*, run: TrainingRun, now: datetime) -> dict[str, dict[str, Any]]:
    """Peers that hold a live lease of the newest round: {peer_id: {lease_id, device_id, max_steps, seed}}."""
    newest = Round.objects.filter(run=run).order_by("-index").first()
    leases = Lease.objects.filter(round=newest, expires_at__gt=now).exclude(state=Lease.State.EXPIRED)
    return {
        lease.peer_id: {
            "lease_id": str(lease.pk),
            "device_id": str(lease.device_id),
            "max_steps": lease.max_steps,
            "seed": lease.seed,
        }
        for lease in leases
    }


def note_trouble(*, run: TrainingRun, message: str, now: datetime) -> None:
    """Why the run does not go on, as its anchor says it; the next round that opens takes it back."""
    TrainingRun.objects.filter(pk=run.pk).update(
        error=message.strip()[:500] or gettext("No reason was told."), error_at=now
    )
    announce_runs([run.pk])


def kept_name(sha256: str) -> str:
    """The name of a blob that is here, else an empty text."""
    return sha256 if has_blob(sha256) else ""


def close_round(
    *,
    run: TrainingRun,
    index: int,
    held_out_loss: float,
    contributions: list[dict[str, Any]],
    sample: str,
    is_rolled_back: bool,
    now: datetime,
    sample_sha256: str = "",
    state_sha256: str = "",
    rejected_loss: float | None = None,
    alike: list[Any] | None = None,
    first_losses: dict[str, Any] | None = None,
) -> Round:
    """Close a round once; the same close again changes nothing. Raises RunRefused for an unknown round."""
    picture, state = kept_name(sample_sha256), kept_name(state_sha256)
    with transaction.atomic():
        round_ = Round.objects.select_for_update().filter(run=run, index=index).first()
        if round_ is None:
            raise RunRefused(gettext("Round %(index)s was never registered.") % {"index": index})
        if round_.closed_at is not None:
            return round_
        round_.sample_sha256, round_.state_sha256, round_.rejected_loss = picture, state, rejected_loss
        round_.held_out_loss, round_.sample, round_.is_rolled_back = held_out_loss, sample[:4000], is_rolled_back
        note_alike(round_, alike or [])
        round_.first_losses = first_losses or {}
        _note_merged(round_, contributions, now)
        _tell(run, round_, now)
    announce_runs([run.pk])
    return round_


def _tell(run: TrainingRun, round_: Round, now: datetime) -> None:
    if not round_.is_rolled_back:
        data = {
            "run": str(run.pk), "round": round_.index,
            "held_out_loss": round_.held_out_loss,
        }  # fmt: skip
        announce(Happening(Kind.ROUND_MERGED, f"{run.pk}:{round_.index}", run.project_id, now, data))


def note_alike(round_: Round, pairs: list[Any]) -> None:
    """Keep the closest that each lease's update came to another's. Not saved. Raises RunRefused."""
    try:
        cosines = [(str(lease), float(cosine)) for a, b, cosine in pairs for lease in (a, b)]
    except (TypeError, ValueError) as error:
        raise RunRefused(gettext("What is alike is told as pairs of leases with their cosine.")) from error
    for lease, cosine in cosines:
        round_.alike[lease] = max(cosine, round_.alike.get(lease, cosine))


def _note_merged(round_: Round, contributions: list[dict[str, Any]], now: datetime) -> None:
    weights = {str(item["lease_id"]): float(item["weight"]) for item in contributions}
    leases = {str(pk): pk for pk in Lease.objects.filter(round=round_, pk__in=weights).values_list("pk", flat=True)}
    round_.merged_weights = {key: weight for key, weight in weights.items() if key in leases}
    hashes = {str(item["lease_id"]): str(item.get("update_sha256", ""))[:64] for item in contributions}
    round_.merged_hashes = {key: hashes[key] for key in round_.merged_weights if hashes[key]}
    round_.closed_at = now
    round_.save()
    with connection.cursor() as cursor:
        values = list(map(UUID, round_.merged_weights)), list(round_.merged_weights.values())
        cursor.execute(_WEIGHTS, [not round_.is_rolled_back, *values])
