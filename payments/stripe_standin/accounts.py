"""Accounts v2 as payout recipients: created, onboarded on a hosted page, then able to receive transfers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from payments.stripe_standin.errors import ApiError, invalid, missing
from payments.stripe_standin.store import Object, Store, new_id

CREATE = {
    "contact_email", "display_name", "configuration", "identity", "dashboard", "defaults", "include", "metadata",
}  # fmt: skip
LINK = {"account", "use_case"}
LINK_SECONDS = 300
STATUSES = {"active", "pending", "restricted", "unsupported"}


def stamp(seconds: int) -> str:
    """RFC 3339, as API v2 writes times."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def create(store: Store, values: dict[str, Any]) -> Object:
    """POST /v2/core/accounts with the recipient configuration."""
    if "recipient" not in values.get("configuration", {}):
        raise invalid("The stand-in makes recipients only.", "configuration.recipient")
    account: Object = {
        "id": new_id("acct"), "object": "v2.core.account", "applied_configurations": ["recipient"], "closed": False,
        "configuration": {"recipient": recipient("restricted")}, "contact_email": values.get("contact_email"),
        "created": stamp(store.now()), "dashboard": values.get("dashboard", "express"),
        "display_name": values.get("display_name"), "livemode": False, "metadata": values.get("metadata", {}),
    }  # fmt: skip
    return store.put({key: value for key, value in account.items() if value is not None})


def recipient(status: str) -> Object:
    """The recipient configuration with the status of its transfers."""
    details = [] if status == "active" else [{"code": "requirements_past_due", "resolution": "provide_info"}]
    return {
        "applied": True,
        "capabilities": {"stripe_balance": {"stripe_transfers": {"status": status, "status_details": details}}},
    }


def find(store: Store, account_id: str) -> Object:
    """The account. Raises ApiError 404."""
    found = store.get(account_id)
    if found is None or found["object"] != "v2.core.account":
        raise missing("account", account_id)
    return found


def retrieve(store: Store, values: dict[str, Any], account_id: str) -> Object:
    """GET /v2/core/accounts/{id}; parts appear when `include` asks for them."""
    include = values.get("include", [])
    wanted = set(include.split(",") if isinstance(include, str) else include)
    account = find(store, account_id)
    if "configuration.recipient" not in wanted:
        account.pop("configuration")
    return account


def link(store: Store, values: dict[str, Any]) -> Object:
    """POST /v2/core/account_links: the address of the hosted onboarding page, valid for five minutes."""
    account = find(store, str(values.get("account")))
    use_case = values.get("use_case") or {}
    onboarding = use_case.get("account_onboarding") or {}
    if use_case.get("type") != "account_onboarding" or not onboarding.get("refresh_url"):
        raise invalid("use_case.account_onboarding.refresh_url is required.", "use_case")
    token = new_id("alink")
    store.set_fact(token, [account["id"], onboarding.get("return_url") or onboarding["refresh_url"]])
    return {
        "object": "v2.core.account_link", "account": account["id"], "created": stamp(store.now()),
        "expires_at": stamp(store.now() + LINK_SECONDS), "livemode": False,
        "url": f"{store.fact('base_url')}/standin/onboarding/{token}", "use_case": use_case,
    }  # fmt: skip


def set_transfers(store: Store, account_id: str, status: str) -> Object:
    """What the hosted page or a test control decides. Raises ApiError 400 or 404."""
    if status not in STATUSES:
        raise invalid(f"Unknown status of a capability: {status}", "status")
    account = find(store, account_id)
    account["configuration"] = {"recipient": recipient(status)}
    return store.put(account)


def takes_transfers(store: Store, account_id: str) -> bool:
    """Whether the recipient's capability is active. Raises ApiError 400 for an unknown account."""
    try:
        account = find(store, account_id)
    except ApiError as error:
        raise invalid(f"No such destination: '{account_id}'", "destination", "resource_missing") from error
    capabilities = account["configuration"]["recipient"]["capabilities"]
    return bool(capabilities["stripe_balance"]["stripe_transfers"]["status"] == "active")
