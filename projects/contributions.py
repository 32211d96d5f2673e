"""Recording what counts towards a goal: the one function that pledge apps call, inside their own transaction."""

from __future__ import annotations

from datetime import datetime

from projects.models import Contribution, Project


def record_contribution(
    *, project: Project, source: str, stage: str, event: str, kind: str, amount: int, now: datetime
) -> bool:
    """Add a signed amount (minor units, or H100-equivalent microseconds). A replay returns False, changing nothing."""
    _, created = Contribution.objects.get_or_create(
        source=source,
        stage=stage,
        event=event,
        defaults={"project": project, "kind": kind, "amount": amount, "recorded_at": now},
    )
    return created
