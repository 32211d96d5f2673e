"""Events: one per change, kept in the list and queued for delivery."""

from __future__ import annotations

import copy
import time
from typing import Any

from payments.stripe_standin import API_VERSION
from payments.stripe_standin.errors import missing
from payments.stripe_standin.lists import Listing, event_terms
from payments.stripe_standin.store import Object, Store, new_id


def emit(store: Store, kind: str, item: Object) -> None:
    """Record the event `kind` about `item` and queue its webhook (more than once when a test asked so)."""
    event = {
        "id": new_id("evt"), "object": "event", "api_version": API_VERSION, "created": store.now(),
        "data": {"object": copy.deepcopy(item)}, "livemode": False, "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None}, "type": kind,
    }  # fmt: skip
    # The client secret belongs to the browser alone and is in no webhook.
    event["data"]["object"].pop("client_secret", None)  # type: ignore[index]  # reason: built above
    store.put(event)
    delay = float(store.fact("webhook_delay", 0.0))
    for _ in range(1 + int(store.fact("webhook_duplicates", 0))):
        store.schedule(str(event["id"]), time.time() + delay)


list_all = Listing("event", ("type",), more=event_terms, more_names=frozenset({"types", "delivery_success"}))


def retrieve(store: Store, values: dict[str, Any], event_id: str) -> Object:
    """GET /v1/events/{id}."""
    found = store.get(event_id)
    if found is None or found["object"] != "event":
        raise missing("event", event_id)
    return found
