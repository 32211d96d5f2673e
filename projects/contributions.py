"""Recording what counts towards a goal: the one function that pledge apps call, inside their own transaction."""

from __future__ import annotations

from datetime import datetime

from projects.models import Contribution, Project
from projects.pledge_news import tell_of_pledge


def record_contribution(
    *, project: Project, source: str, stage: str, event: str, kind: str, amount: int, now: datetime
) -> bool:
    """Add a signed amount (minor units, or H100-equivalent microseconds). A replay returns False, changing nothing."""
    row, created = Contribution.objects.get_or_create(
        source=source,
        stage=stage,
        event=event,
        defaults={"project": project, "kind": kind, "amount": amount, "recorded_at": now},
    )
    if created and stage == Contribution.Stage.PLEDGED:
        tell_of_pledge(row=row, now=now)
    return created
