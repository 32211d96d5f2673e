"""Accounts v2 as payout recipients: created, onboarded on a hosted page, then able to receive transfers."""

from __future__ import annotations

from typing import Any

from payments.stripe_standin import events, thin_events
from payments.stripe_standin.errors import ApiError, invalid, missing
from payments.stripe_standin.forms import metadata
from payments.stripe_standin.store import Object, Store, new_id
from payments.stripe_standin.thin_events import stamp

CREATE = {
    "contact_email", "display_name", "configuration", "identity", "dashboard", "defaults", "include", "metadata",
}  # fmt: skip
UPDATE = {"contact_email", "display_name", "dashboard", "include", "metadata"}
LINK = {"account", "use_case"}
LINK_SECONDS = 300
CAPABILITY_CHANGED = "v2.core.account[configuration.recipient].capability_status_updated"
STATUSES = {"active", "pending", "restricted", "unsupported"}


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
    account = store.put({key: value for key, value in account.items() if value is not None})
    thin_events.emit(store, "v2.core.account.created", account)
    return shown(account, values)


def recipient(status: str) -> Object:
    """The recipient configuration with the status of its transfers."""
    details = [] if status == "active" else [{"code": "requirements_past_due", "resolution": "provide_info"}]
    return {
        "applied": True,
        "capabilities": {"stripe_balance": {"stripe_transfers": {"status": status, "status_details": details}}},
    }


def as_v1(account: Object) -> Object:
    """The same account as API v1 shows it in `account.updated`."""
    able = account["configuration"]["recipient"]["capabilities"]["stripe_balance"]["stripe_transfers"]["status"]
    return {
        "id": account["id"], "object": "account", "capabilities": {
            "transfers": {"active": "active", "pending": "pending"}.get(able, "inactive")},
        "charges_enabled": False, "details_submitted": able == "active", "email": account.get("contact_email"),
        "metadata": account["metadata"], "payouts_enabled": able == "active", "type": "none",
    }  # fmt: skip


def changed(store: Store, account: Object, kind: str) -> Object:
    """Keep an account and say in both ways what changed."""
    store.put(account)
    thin_events.emit(store, kind, account)
    events.emit(store, "account.updated", as_v1(account), account=account["id"])
    return account


def update(store: Store, values: dict[str, Any], account_id: str) -> Object:
    """POST /v2/core/accounts/{id}."""
    account = find(store, account_id)
    account |= {name: values[name] for name in ("contact_email", "display_name", "dashboard") if name in values}
    account["metadata"] = metadata(values, account["metadata"])
    return shown(changed(store, account, "v2.core.account.updated"), values)


def close(store: Store, values: dict[str, Any], account_id: str) -> Object:
    """POST /v2/core/accounts/{id}/close: nothing can be sent to it any more."""
    account = find(store, account_id)
    account |= {"closed": True, "configuration": {"recipient": recipient("unsupported")}}
    return shown(changed(store, account, "v2.core.account.closed"), values)


def find(store: Store, account_id: str) -> Object:
    """The account. Raises ApiError 404."""
    found = store.get(account_id)
    if found is None or found["object"] != "v2.core.account":
        raise missing("account", account_id)
    return found


def shown(account: Object, values: dict[str, Any]) -> Object:
    """The account with the parts that `include` asks for."""
    include = values.get("include", [])
    wanted = set(include.split(",") if isinstance(include, str) else include)
    hidden = set() if "configuration.recipient" in wanted else {"configuration"}
    return {name: value for name, value in account.items() if name not in hidden}


def retrieve(store: Store, values: dict[str, Any], account_id: str) -> Object:
    """GET /v2/core/accounts/{id}."""
    return shown(find(store, account_id), values)


def retrieve_v1(store: Store, values: dict[str, Any], account_id: str) -> Object:
    """GET /v1/accounts/{id}."""
    return as_v1(find(store, account_id))


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
    return changed(store, account, CAPABILITY_CHANGED)


def takes_transfers(store: Store, account_id: str) -> bool:
    """Whether the recipient's capability is active. Raises ApiError 400 for an unknown account."""
    try:
        account = find(store, account_id)
    except ApiError as error:
        raise invalid(f"No such destination: '{account_id}'", "destination", "resource_missing") from error
    capabilities = account["configuration"]["recipient"]["capabilities"]
    return bool(capabilities["stripe_balance"]["stripe_transfers"]["status"] == "active")
