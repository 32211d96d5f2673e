"""What happens to projects, told upward as it happens: receivers write it down in the same transaction.

A further happening is a member of `Kind`; whoever changes the state announces it where the change is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from projects.models import Project
from projects.signals import something_happened


class Kind(StrEnum):
    """Names that programs outside know: none is renamed."""

    STATE_CHANGED = "project.state_changed"
    NOTE_PUBLISHED = "note.published"
    PLEDGE_COLLECTED = "pledge.collected"
    PLEDGE_CANCELED = "pledge.canceled"
    REWARD_DELIVERED = "reward.delivered"
    ROUND_MERGED = "round.merged"
    RELEASE_PUBLISHED = "release.published"


@dataclass(frozen=True, slots=True)
class Happening:
    """`key` is unique to it. With a `person_id` it concerns them and the project's creator, and nobody else."""

    kind: Kind
    key: str
    project_id: int
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    person_id: int | None = None
    is_public: bool = True


def announce(happening: Happening) -> None:
    """Inside the transaction of what happened."""
    something_happened.send(sender=Project, happening=happening)
