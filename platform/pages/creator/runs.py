"""How a project's runs are, for its team: machines, the newest round, tokens a second, since when one stalls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from compute_pledges.models import TrainingRun, WorkResult
from compute_pledges.selectors_admin import health_words, run_health
from projects.models import Project

SHOWN, LOOKED_AT = 5, timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Health:
    """One run that is not stopped. `tokens` of a second are the mean of the last hour's reported work."""

    run: TrainingRun
    words: str
    machines: int
    round_index: int | None
    round_opened_at: datetime | None
    tokens: float
    stalled_since: datetime | None


def health_of(project: Project, at: datetime) -> list[Health]:
    """Those that stall first; two queries. `at` is real time, as rounds and leases are."""
    rows: list[Any] = list(run_health(at, project.pk)[:SHOWN])
    work = WorkResult.objects.filter(lease__run__in=rows, received_at__gt=at - LOOKED_AT, received_at__lte=at)
    sums = dict(work.order_by().values_list("lease__run").annotate(n=Sum("tokens"))) if rows else {}
    return [
        Health(
            run=row, words=health_words(row), machines=row.machines, round_index=row.round_index,
            round_opened_at=row.round_opened_at, tokens=sums.get(row.pk, 0) / LOOKED_AT.total_seconds(),
            stalled_since=(row.round_opened_at or row.created_at) if row.is_stuck else None,
        )
        for row in rows
    ]  # fmt: skip
