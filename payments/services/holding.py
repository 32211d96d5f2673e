"""Holds that staff sets and lifts, each with a reason that is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts.models import User
from audit.services import record_action
from payments.errors import HoldRefused
from payments.models import Hold

KINDS = ("pledge", "project", "user")


def subject_of(hold: Hold) -> str:
    """`pledge:…`, `project:…` or `user:…`."""
    return next(f"{kind}:{pk}" for kind in KINDS if (pk := getattr(hold, f"{kind}_id")) is not None)


def set_hold(*, target: dict[str, Any], by: User, reason: str, now: datetime) -> Hold:
    """`target` is one of pledge, project, user. Raises HoldRefused, ReasonMissing."""
    try:
        with transaction.atomic():
            hold = Hold.objects.create(**target, reason=reason.strip()[:1000], set_by=by, set_at=now)
            record_action(actor=by, action="hold", subject=subject_of(hold), reason=reason, now=now)
    except IntegrityError as error:
        raise HoldRefused(gettext("It is on hold already.")) from error
    return hold


@transaction.atomic
def lift_hold(*, hold_id: int, by: User, reason: str, now: datetime) -> None:
    """What it covered goes on with the next sweep. Raises HoldRefused, ReasonMissing."""
    hold = Hold.objects.select_for_update().get(pk=hold_id)
    if hold.lifted_at:
        raise HoldRefused(gettext("It was lifted before."))
    record_action(actor=by, action="lift_hold", subject=subject_of(hold), reason=reason, now=now)
    Hold.objects.filter(pk=hold_id).update(lifted_by=by, lifted_at=now, lift_reason=reason.strip()[:1000])
