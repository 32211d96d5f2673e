"""Customers."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin.errors import missing
from payments.stripe_standin.events import emit
from payments.stripe_standin.forms import metadata, text
from payments.stripe_standin.lists import Listing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {"email", "name", "description", "metadata", "phone", "expand"}


list_all = Listing("customer", ("email",))


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v1/customers."""
    customer = {
        "id": new_id("cus"), "object": "customer", "balance": 0, "created": store.now(), "currency": None,
        "default_source": None, "delinquent": False, "description": text(values, "description"),
        "email": text(values, "email"), "invoice_prefix": "STANDIN", "livemode": False, "metadata": metadata(values),
        "name": text(values, "name"), "phone": text(values, "phone"), "preferred_locales": [], "shipping": None,
        "tax_exempt": "none", "test_clock": None,
    }  # fmt: skip
    emit(store, "customer.created", store.put(customer))
    return customer


def find(store: Store, customer_id: str) -> Object:
    """The customer. Raises ApiError 404."""
    found = store.get(customer_id)
    if found is None or found["object"] != "customer":
        raise missing("customer", customer_id)
    return found


def retrieve(store: Store, values: dict[str, Any], customer_id: str) -> Object:
    """GET /v1/customers/{id}, also of a deleted one."""
    found = store.get(customer_id)
    if found is not None and found["object"] == "deleted_customer":
        return deleted(customer_id)
    return find(store, customer_id)


def update(store: Store, values: dict[str, Any], customer_id: str) -> Object:
    """POST /v1/customers/{id}."""
    customer = find(store, customer_id)
    for name in ("email", "name", "description", "phone"):
        if name in values:
            customer[name] = text(values, name)
    customer["metadata"] = metadata(values, customer["metadata"])
    emit(store, "customer.updated", store.put(customer))
    return customer


def deleted(customer_id: str) -> Object:
    """What is left of a deleted customer."""
    return {"id": customer_id, "object": "customer", "deleted": True}


def delete(store: Store, values: dict[str, Any], customer_id: str) -> Object:
    """DELETE /v1/customers/{id}: the personal data and the saved cards go, charges stay."""
    customer = find(store, customer_id)
    for method in store.newest("payment_method", customer=customer_id):
        store.put({**method, "customer": None})
        store.set_fact(f"detached:{method['id']}", value=True)
    store.rename_kind(customer_id, "deleted_customer")
    store.put({**deleted(customer_id), "object": "deleted_customer", "created": customer["created"]})
    emit(store, "customer.deleted", customer)
    return deleted(customer_id)
