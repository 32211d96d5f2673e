"""What the agent and the platform tell each other besides work: the owner's limits, and blocks that did not count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from training_cluster import VERSION
from training_cluster.client import Api
from training_cluster.volunteer.limits import Limits


def refused_words(status: dict[str, Any]) -> str:
    """What the platform says of blocks that it refused or took back later; empty when there are none."""
    refused = status.get("refused")
    if not refused:
        return ""
    count = refused["blocks"]
    blocks = f"{count} block{'s'[: count != 1]} of the last seven days"
    return f"{blocks} did not count. Round {refused['round']}: {refused['reason']} All of them: {refused['page']}"


@dataclass(slots=True)
class Tidings:
    """What was told already."""

    limits: list[tuple[str, str]] = field(default_factory=list)
    refused: str = ""

    def tell_limits(self, api: Api, limits: Limits) -> None:
        """The owner's limits, whenever they changed, so that the platform's page shows them. Raises ApiError."""
        words = limits.words()
        if words != self.limits:
            api.post("/api/v1/device/report", {"limits": [list(pair) for pair in words], "version": VERSION})
            self.limits = words

    def tell_refused(self, status: dict[str, Any], say: Callable[[str], None]) -> None:
        """A block that the platform did not count, to the owner; once for each."""
        newest = str((status.get("refused") or {}).get("lease_id", ""))
        if newest and newest != self.refused:
            say(refused_words(status))
        self.refused = newest
