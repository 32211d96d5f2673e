"""Events: one per change, kept in the list and queued for delivery as tests ordered it.

The plan of deliveries is `{"delay", "drop", "duplicate", "most", "shuffle", "seed"}`: seconds that every delivery
waits; the probability that it is withheld (the event stays undelivered in the list); the probability of 1 to `most`
further copies; the window in seconds over which copies are spread, which changes their order; the seed of it all.
"""

from __future__ import annotations

import copy
import random
import time
from typing import Any

from payments.stripe_standin import API_VERSION
from payments.stripe_standin.errors import invalid, missing
from payments.stripe_standin.lists import Listing, event_terms
from payments.stripe_standin.store import Object, Store, new_id

MOST_COPIES = 4
PLAN = {"delay": 0.0, "drop": 0.0, "duplicate": 0.0, "most": MOST_COPIES, "shuffle": 0.0, "seed": 0}

list_all = Listing("event", ("type",), more=event_terms, more_names=frozenset({"types", "delivery_success"}))


def read_plan(given: Any) -> Object:
    """A checked plan. Raises ApiError 400."""
    if not isinstance(given, dict) or set(given) - set(PLAN):
        raise invalid(f"webhooks takes {', '.join(PLAN)}.", "webhooks")
    if not 1 <= int(given.get("most", MOST_COPIES)) <= MOST_COPIES:
        raise invalid(f"most must be between 1 and {MOST_COPIES}.", "webhooks")
    return given


def emit(store: Store, kind: str, item: Object, **more: Any) -> None:
    """Record the event `kind` about `item` and queue its webhook."""
    event = {
        "id": new_id("evt"), "object": "event", "api_version": API_VERSION, "created": store.now(),
        "data": {"object": copy.deepcopy(item)}, "livemode": False, "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None}, "type": kind, **more,
    }  # fmt: skip
    # The client secret belongs to the browser alone and is in no webhook.
    event["data"]["object"].pop("client_secret", None)
    store.put(event)
    queue(store, str(event["id"]))


def queue(store: Store, event_id: str) -> None:
    """Queue the copies of one event."""
    ordered = store.fact("webhooks", {})
    plan = {**PLAN, **ordered}
    delay = float(plan["delay"]) + float(store.fact("webhook_delay", 0.0))
    copies = 1 + int(store.fact("webhook_duplicates", 0))
    dice = random.Random()  # noqa: S311  # reason: not a secret
    if ordered:
        number = store.fact("webhooks_planned", 0) + 1
        store.set_fact("webhooks_planned", number)
        dice.seed(f"{plan['seed']}:{number}")
        if dice.random() < float(plan["drop"]):
            return
        if dice.random() < float(plan["duplicate"]):
            copies += dice.randint(1, int(plan["most"]))
    for _ in range(copies):
        store.schedule(event_id, time.time() + delay + dice.random() * float(plan["shuffle"]))


def retrieve(store: Store, values: dict[str, Any], event_id: str) -> Object:
    """GET /v1/events/{id}."""
    found = store.get(event_id)
    if found is None or found["object"] != "event":
        raise missing("event", event_id)
    return found
