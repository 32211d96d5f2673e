"""Recording what staff does, in the transaction that does it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from accounts.models import User
from audit.models import StaffAction

LONGEST_REASON = 1000


class ReasonMissing(ValueError):
    """A deed of staff needs a reason."""


def record_action(
    *, actor: User, action: str, subject: str, reason: str, now: datetime, details: dict[str, Any] | None = None
) -> StaffAction:
    """Keep the deed for good. Raises ReasonMissing for an empty reason."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing(gettext("Say why: the reason is kept with the action."))
    return StaffAction.objects.create(
        actor=actor, action=action, subject=subject, reason=reason[:LONGEST_REASON], details=details or {},
        happened_at=now,
    )  # fmt: skip


def newest_action() -> int:
    """The number of the last deed, 0 before the first. In a kept page's key it makes each deed be seen at once."""
    return StaffAction.objects.values_list("pk", flat=True).first() or 0
