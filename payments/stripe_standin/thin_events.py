"""Events of API v2: thin, they name an object and carry none of it. Listed, and delivered where an address is given.

Stripe sends them to event destinations of their own, never to an endpoint for snapshot events, so the stand-in
delivers them only to `--thin-webhook-url`. The endpoint for snapshots gets `account.updated` for the same change.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from payments.stripe_standin.errors import invalid, missing
from payments.stripe_standin.lists import COMPARISONS, MAX_LIMIT
from payments.stripe_standin.schema import field
from payments.stripe_standin.store import Object, Store, new_id

KIND = "v2.core.event"
LIST = {"created", "limit", "object_id", "page", "types"}


def stamp(seconds: int) -> str:
    """RFC 3339, as API v2 writes times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def emit(store: Store, kind: str, item: Object) -> None:
    """Record that `kind` happened to an object of API v2."""
    url = f"/v2/core/accounts/{item['id']}"
    event: Object = {
        "id": new_id("evt"), "object": KIND, "created": stamp(store.now()), "livemode": False, "type": kind,
        "related_object": {"id": item["id"], "type": item["object"], "url": url},
    }  # fmt: skip
    store.put(event)
    if store.fact("thin_webhook_url"):
        store.schedule(event["id"], time.time())


def read_limit(values: dict[str, Any]) -> int:
    """How many events the page shows. Raises ApiError 400."""
    limit = str(values.get("limit", 20))
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_LIMIT:
        raise invalid(f"limit must be between 1 and {MAX_LIMIT}.", "limit")
    return int(limit)


def terms_of(values: dict[str, Any]) -> tuple[list[str], list[Any]]:
    """The conditions of a list and what they compare with. Raises ApiError 400."""
    terms, bound = [f"kind = '{KIND}'"], list[Any]()
    if object_id := values.get("object_id"):
        terms.append(f"{field('related_object.id')} = ?")
        bound.append(object_id)
    types = values.get("types") or []
    types = list(types.values()) if isinstance(types, dict) else types
    if types:
        terms.append(f"{field('type')} IN ({','.join('?' * len(types))})")
        bound += types
    for name, value in dict(values.get("created") or {}).items():
        if name not in COMPARISONS:
            raise invalid(f"Received unknown parameter: created[{name}]", "created", "parameter_unknown")
        terms.append(f"{field('created')} {COMPARISONS[name]} ?")
        bound.append(value)
    return terms, bound


def list_all(store: Store, values: dict[str, Any]) -> Object:
    """GET /v2/core/events, newest first; `page` is the number of the last row that was seen."""
    limit = read_limit(values)
    terms, bound = terms_of(values)
    page = str(values.get("page") or "")
    if page:
        if not page.isdecimal():
            raise invalid("page is not one that was handed out.", "page")
        terms.append("seq < ?")
        bound.append(int(page))
    query = f"SELECT seq, body FROM objects WHERE {' AND '.join(terms)} ORDER BY seq DESC LIMIT {limit + 1}"  # noqa: S608  # reason: names are ours
    found = store.rows(query, bound)
    following = f"/v2/core/events?limit={limit}&page={found[limit - 1][0]}" if len(found) > limit else None
    data = [json.loads(row[1]) for row in found[:limit]]
    return {"data": data, "next_page_url": following, "previous_page_url": None}


def retrieve(store: Store, values: dict[str, Any], event_id: str) -> Object:
    """GET /v2/core/events/{id}."""
    found = store.get(event_id)
    if found is None or found["object"] != KIND:
        raise missing("event", event_id)
    return found
