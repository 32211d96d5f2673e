"""What happens by itself when the clock reaches it: refunds, payouts, verdicts, due dates, expiring holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from payments.stripe_standin import captures, charges, disputes, payouts, refunds
from payments.stripe_standin.store import Store

WORK: dict[str, Callable[[Store, str], Any]] = {
    "charge_booked": charges.booked_later,
    "dispute_due": disputes.pass_due,
    "dispute_lost": partial(disputes.decide, won=False),
    "dispute_won": partial(disputes.decide, won=True),
    "hold_expires": captures.expire,
    "payout_arrives": payouts.arrive,
    "refund_fails": refunds.fail_later,
    "refund_succeeds": refunds.succeed,
}


def run(store: Store) -> None:
    """Do everything that is due now."""
    for name, object_id in store.due_timers():
        WORK[name](store, object_id)
