"""Statistics to take along: an account's own blocks, and a run's public figures by round. Streamed, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, Q, Sum

from compute_pledges.models import Round, TrainingRun, WorkResult

GOOD = Q(leases__result__state__in=("verified", "settled"))
BLOCK_FIELDS = (
    "lease", "project", "run", "round", "device", "kind", "state", "reason", "steps", "tokens", "flops", "device_us",
    "h100_us", "merged", "received_at", "verified_at", "update_sha256",
)  # fmt: skip
ROUND_FIELDS = (
    "round", "opened_at", "closed_at", "theta_sha256", "held_out_loss", "rolled_back", "verified_blocks",
    "verified_machines", "verified_tokens", "verified_device_us", "verified_h100_us",
)  # fmt: skip


def blocks_of(*, user_id: int) -> Iterator[tuple[object, ...]]:
    """Each block of the account's machines in the order of BLOCK_FIELDS, the oldest first."""
    rows = WorkResult.objects.filter(device__owner_id=user_id).select_related("lease__run__project", "lease__round")
    for row in rows.select_related("device").order_by("received_at", "pk").iterator(chunk_size=1000):
        lease = row.lease
        yield (
            str(row.pk), lease.run.project.slug, str(lease.run_id), lease.round.index, row.device.name, lease.kind,
            row.state, row.reason, row.steps, row.tokens, int(row.flops), row.device_us, row.h100_us, row.is_merged,
            row.received_at.isoformat(), row.verified_at.isoformat() if row.verified_at else None, row.update_sha256,
        )  # fmt: skip


def rounds_of(*, run: TrainingRun) -> Iterator[tuple[object, ...]]:
    """Each round with sums over its verified blocks, in the order of ROUND_FIELDS. Nobody is named."""
    rows = Round.objects.filter(run=run).annotate(
        blocks=Count("leases__result", filter=GOOD),
        machines=Count("leases__device", filter=GOOD, distinct=True),
        good_tokens=Sum("leases__result__tokens", filter=GOOD, default=0),
        device_us=Sum("leases__result__device_us", filter=GOOD, default=0),
        h100_us=Sum("leases__result__h100_us", filter=GOOD, default=0),
    )
    for row in rows.order_by("index").iterator(chunk_size=1000):
        yield (
            row.index, row.opened_at.isoformat(), row.closed_at.isoformat() if row.closed_at else None,
            row.theta_sha256, row.held_out_loss, row.is_rolled_back, row.blocks, row.machines, row.good_tokens,
            row.device_us, row.h100_us,
        )  # fmt: skip


def json_lines(fields: Iterable[str], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """One JSON array, an object a row, written as the rows come."""
    names = tuple(fields)
    first = True
    yield "["
    for row in rows:
        found: dict[str, Any] = dict(zip(names, row, strict=True))
        yield ("\n" if first else ",\n") + json.dumps(found)
        first = False
    yield "\n]\n"
