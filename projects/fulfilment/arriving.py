"""Where a delivery's state is written: by hand, by its backer's word or by itself, it arrives in this one place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from projects.happenings import Happening, Kind, announce
from projects.models import Delivery

State = Delivery.State


def reach(delivery: Delivery, *, now: datetime, **values: Any) -> None:
    """Write the values of a locked delivery. Programs outside hear of each arrival: its backer's and the team's."""
    is_arrival = values["state"] == State.DELIVERED and delivery.delivered_at is None
    values["delivered_at"] = (delivery.delivered_at or now) if values["state"] == State.DELIVERED else None
    Delivery.objects.filter(pk=delivery.pk).update(**values)
    for name, value in values.items():
        setattr(delivery, name, value)
    if is_arrival:
        data = {"pledge": delivery.source.partition(":")[2].partition(":")[0], "reward": delivery.reward.title}
        key = f"{delivery.pk}:{now.isoformat()}"
        announce(Happening(Kind.REWARD_DELIVERED, key, delivery.project_id, now, data, delivery.person_id))
