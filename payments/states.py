"""The life of a cash pledge as one table, changed by compare-and-swap with a row of history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from payments.errors import PledgeRefused
from payments.models import CashPledge, CashPledgeTransition
from projects.happenings import Happening, Kind, announce

S = CashPledge.State
TRANSITIONS: dict[str, frozenset[str]] = {
    # A month of a support is locked at once; its backer may still stop it before the first attempt.
    S.STARTED: frozenset({S.ACTIVE, S.LOCKED, S.COLLECTED, S.CANCELED}),
    S.ACTIVE: frozenset({S.LOCKED, S.CANCELED, S.RELEASED}),
    S.LOCKED: frozenset({S.COLLECTED, S.RETRYING, S.NEEDS_ACTION, S.DROPPED, S.CANCELED}),
    S.RETRYING: frozenset({S.COLLECTED, S.NEEDS_ACTION, S.DROPPED}),
    S.NEEDS_ACTION: frozenset({S.COLLECTED, S.RETRYING, S.DROPPED}),
    S.COLLECTED: frozenset({S.REFUNDED, S.DISPUTED}),
    S.DISPUTED: frozenset({S.COLLECTED, S.LOST}),
    S.LOST: frozenset(),
    # A refund that the bank sent back.
    S.REFUNDED: frozenset({S.COLLECTED}),
    # A charge that was under way when the pledge ended: it is booked, then refunded.
    S.DROPPED: frozenset({S.COLLECTED}),
    S.CANCELED: frozenset({S.COLLECTED}),
    S.RELEASED: frozenset(),
}
TOLD = {S.COLLECTED: Kind.PLEDGE_COLLECTED, S.CANCELED: Kind.PLEDGE_CANCELED}


@transaction.atomic
def change_state(*, pledge: CashPledge, target: str, now: datetime, reason: str = "", **fields: object) -> bool:
    """Move the pledge and set `fields` with it. A repeat of the reached state returns False. Raises PledgeRefused."""
    source = pledge.state
    if source == target:
        return False
    if target not in TRANSITIONS[source]:
        raise PledgeRefused(
            gettext("A pledge that is %(source)s cannot become %(target)s.")
            % {"source": S(source).label, "target": S(target).label}
        )
    if not CashPledge.objects.filter(pk=pledge.pk, state=source).update(state=target, **fields):
        raise PledgeRefused(gettext("The pledge changed in the meantime. Look again."))
    pledge.refresh_from_db()
    step = CashPledgeTransition.objects.create(
        pledge=pledge, source=source, target=target, amount_before=pledge.amount_minor,
        amount_after=pledge.amount_minor, reason=reason[:300], happened_at=now,
    )  # fmt: skip
    if target in TOLD:
        data = {
            "pledge": str(pledge.pk), "what": "money", "amount_minor": pledge.amount_minor,
            "currency": pledge.currency,
        }  # fmt: skip
        announce(Happening(TOLD[S(target)], f"cash:{step.pk}", pledge.project_id, now, data, pledge.backer_id))
    return True


def change_amount(*, pledge: CashPledge, amount: int, now: datetime, **fields: object) -> None:
    """Another amount in the same state, kept in the history. The caller holds the pledge's lock."""
    before = pledge.amount_minor
    CashPledge.objects.filter(pk=pledge.pk).update(amount_minor=amount, **fields)
    CashPledgeTransition.objects.create(
        pledge=pledge, source=pledge.state, target=pledge.state, amount_before=before, amount_after=amount,
        reason=gettext("Amount changed by the backer."), happened_at=now,
    )  # fmt: skip
    pledge.refresh_from_db()


@transaction.atomic
def change_many(*, ids: Iterable[object], source: str, target: str, now: datetime, **fields: object) -> int:
    """The same for many rows in two statements; rows that moved meanwhile are left alone. Returns how many moved."""
    assert target in TRANSITIONS[source]
    locked = CashPledge.objects.select_for_update(skip_locked=True).filter(pk__in=list(ids), state=source)
    moved = list(locked.values_list("pk", "amount_minor"))
    CashPledge.objects.filter(pk__in=[pk for pk, _ in moved]).update(state=target, **fields)
    CashPledgeTransition.objects.bulk_create(
        CashPledgeTransition(
            pledge_id=pk, source=source, target=target, amount_before=amount, amount_after=amount, happened_at=now
        )
        for pk, amount in moved
    )
    return len(moved)
