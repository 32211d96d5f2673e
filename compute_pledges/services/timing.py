"""What the platform sees of a run's communication: when updates arrived, how long machines fetched weights.

The anchor asks before each round, and waits and paces by it.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext

from compute_pledges.models import Round, TrainingRun, WorkResult

ROUNDS = 5
REFUSED = (WorkResult.State.REJECTED, WorkResult.State.REVERSED)
# Below this share of late updates nobody needs to do anything: machines sleep and lose their network.
TOLD_SHARE = 0.1
_MEASURED = """
WITH newest AS (
    SELECT id, opened_at, duration_seconds,
           coalesce(exchange_seconds, %(exchange)s) AS exchange_seconds
    FROM compute_pledges_round WHERE run_id = %(run)s ORDER BY index DESC LIMIT %(rounds)s
)
SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM w.received_at - o.opened_at)
                                                   - o.duration_seconds + o.exchange_seconds)
           FILTER (WHERE w.state NOT IN ('rejected', 'reversed')),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY l.fetch_seconds)
FROM newest o JOIN compute_pledges_lease l ON l.round_id = o.id
LEFT JOIN compute_pledges_workresult w ON w.lease_id = l.id
"""


def measured(run: TrainingRun) -> dict[str, float | None]:
    """{arrival_seconds, fetch_seconds} of the last rounds; None where nobody worked.

    `arrival_seconds`: when nine tenths of the receipts had arrived, counted from the end of training, those that came
    too late to be merged included. `fetch_seconds`: the median of what machines say of their last fetch.
    """
    values: dict[str, Any] = {"run": run.pk, "rounds": ROUNDS, "exchange": float(run.hyper["exchange_seconds"])}
    with connection.cursor() as cursor:
        cursor.execute(_MEASURED, values)
        arrival, fetch = cursor.fetchone()
    return {
        "arrival_seconds": None if arrival is None else float(arrival),
        "fetch_seconds": None if fetch is None else float(fetch),
    }


def lateness(run: TrainingRun) -> str:
    """For the creator: how many updates of the last rounds came too late to be merged, and what to do; else empty."""
    newest = Round.objects.filter(run=run, closed_at__isnull=False).order_by("-index").values("pk")[:ROUNDS]
    blocks = WorkResult.objects.filter(lease__round__in=newest).exclude(state__in=REFUSED)
    counts = blocks.aggregate(all=Count("pk"), late=Count("pk", filter=Q(anchor_weight=None)))
    if counts["late"] <= TOLD_SHARE * counts["all"]:
        return ""
    return gettext(
        "%(late)s of the last %(all)s updates came too late to be merged. They count for their "
        "volunteers, but the model does not learn from them: pause the run and give it a longer "
        "exchange_seconds."
    ) % {"late": counts["late"], "all": counts["all"]}
