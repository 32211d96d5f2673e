"""What tests and the demo's clock can order at `/standin/control`: lasting facts, and things that happen at once.

Facts: `clock_offset` seconds; `faults` (see `faults`) and its older form `fail_next`; `rate_limits`
`{"overall", "endpoint"}` calls a second; `webhooks` (see `events`), with the older `webhook_delay` and
`webhook_duplicates`; `refund_seconds` that refunds stay pending; `booking_seconds` until
a charge has its balance transaction; `record`, the file that keeps every request.

Actions: `dispute` `{"charge", "reason"?, "amount"?}`; `resolve_dispute` `{"dispute", "won"}`; `fail_refund`
`{"refund", "reason"?}`; `fail_payout` `{"payout", "code"?}`; `capability` `{"account", "status"}`; `capability_off`
`{"account"}`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payments.stripe_standin import accounts, disputes, due_work, events, payouts, refunds
from payments.stripe_standin.errors import ApiError, invalid
from payments.stripe_standin.faults import read_rules
from payments.stripe_standin.store import Object, Store

FACTS: dict[str, Any] = {
    "booking_seconds": 0,
    "clock_offset": 0,
    "faults": [],
    "rate_limits": {},
    "record": "",
    "refund_seconds": None,
    "webhook_delay": 0,
    "webhook_duplicates": 0,
    "webhooks": {},
}
REFUND_FAILURES = {"declined", "expired_or_canceled_card", "insufficient_funds", "lost_or_stolen_card", "unknown"}


def dispute(store: Store, order: Object) -> Object:
    """The holder goes to the bank."""
    return disputes.open_dispute(store, order["charge"], order.get("reason", "fraudulent"), order.get("amount"))


def resolve_dispute(store: Store, order: Object) -> Object:
    """The bank decides."""
    return (disputes.win if order["won"] else disputes.lose)(store, order["dispute"])


def fail_refund(store: Store, order: Object) -> Object:
    """The refund comes back."""
    reason = order.get("reason", "unknown")
    if reason not in REFUND_FAILURES:
        raise invalid(f"Unknown reason of a failed refund: {reason}", "reason")
    return refunds.fail(store, order["refund"], reason)


def fail_payout(store: Store, order: Object) -> Object:
    """The payout comes back."""
    return payouts.fail(store, order["payout"], order.get("code", "account_closed"))


def capability(store: Store, order: Object) -> Object:
    """The provider changes what a recipient may receive."""
    return accounts.set_transfers(store, order["account"], order.get("status", "restricted"))


ACTIONS: dict[str, Callable[[Store, Object], Object]] = {
    "capability": capability,
    "capability_off": capability,
    "dispute": dispute,
    "fail_payout": fail_payout,
    "fail_refund": fail_refund,
    "resolve_dispute": resolve_dispute,
}


def shown(store: Store) -> Object:
    """Everything that is set, and what waits."""
    return {
        "now": store.now(), "open_deliveries": store.open_deliveries(), "actions": sorted(ACTIONS),
        "facts": {name: store.fact(name, default) for name, default in FACTS.items()},
    }  # fmt: skip


def set_fact(store: Store, name: str, value: Any) -> None:
    """Keep one fact. Raises ApiError 400 for an unknown one."""
    if name == "fail_next":
        name, value = "faults", [{"count": 1, **rule} for rule in value]
    if name not in FACTS:
        raise invalid(f"The stand-in has no control {name}.", name, "parameter_unknown")
    if name == "faults":
        value = read_rules(value)
    if name == "webhooks":
        value = events.read_plan(value)
    store.set_fact(name, FACTS[name] if value is None else value)


def order(store: Store, orders: Object) -> Object:
    """Set the facts, do the actions, then what became due. Raises ApiError 400 or 404."""
    did: Object = {}
    for name, value in orders.items():
        if name not in ACTIONS:
            set_fact(store, name, value)
            continue
        try:
            did[name] = ACTIONS[name](store, value)
        except (KeyError, TypeError) as error:
            raise ApiError(400, f"{name} needs {error}.", param=name) from error
    due_work.run(store)
    return {**shown(store), "did": did}
