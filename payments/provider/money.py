"""Money that moved: refunds, disputes, transfers, and the balance transactions that carry amounts and fees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from payments.provider.calls import Object, call, client, key, listed

BALANCE = {"expand": ["balance_transaction"]}


def refund(*, intent: str, amount: int, refund_id: object, idempotency: str) -> Object:
    """Part or all of a charge back to its card, with its balance transaction."""
    values: Any = {"payment_intent": intent, "amount": amount, "metadata": {"refund": str(refund_id)}, **BALANCE}
    return call(client().v1.refunds.create, values, key(idempotency))


def retrieve_refund(refund_id: str) -> Object:
    """The refund with its balance transaction, and with that of its failure where there is one."""
    found = call(client().v1.refunds.retrieve, refund_id, BALANCE)
    failure = found.get("failure_balance_transaction")
    if isinstance(failure, str):
        found["failure_balance_transaction"] = retrieve_balance_transaction(failure)
    return found


def refunds_of(intent: str) -> Iterator[Object]:
    """Every refund of a PaymentIntent."""
    return listed(client().v1.refunds.list, {"payment_intent": intent, "expand": ["data.balance_transaction"]})


def retrieve_dispute(dispute_id: str) -> Object:
    """The dispute with its balance transactions."""
    return call(client().v1.disputes.retrieve, dispute_id)


def send_evidence(*, dispute: str, text: str, idempotency: str) -> Object:
    """Evidence for the bank, handed in for good."""
    values: Any = {"evidence": {"uncategorized_text": text}, "submit": True}
    return call(client().v1.disputes.update, dispute, values, key(idempotency))


def create_transfer(
    *, account: str, amount: int, currency: str, group: str, payout_id: object, idempotency: str
) -> Object:
    """Available money to a recipient, with its balance transaction."""
    values: Any = {
        "amount": amount, "currency": currency.lower(), "destination": account, "transfer_group": group,
        "metadata": {"payout": str(payout_id)}, **BALANCE,
    }  # fmt: skip
    return call(client().v1.transfers.create, values, key(idempotency))


def transfers_of(group: str) -> Iterator[Object]:
    """Every transfer of a group."""
    return listed(client().v1.transfers.list, {"transfer_group": group, "expand": ["data.balance_transaction"]})


def retrieve_balance_transaction(transaction: str) -> Object:
    """Amount, fee, net and whether it is available."""
    return call(client().v1.balance_transactions.retrieve, transaction)


def balance_transactions(*, since: datetime | None = None) -> Iterator[Object]:
    """Balance transactions, newest first. Raises ProviderAway, ProviderRefused."""
    values = {"created": {"gte": int(since.timestamp())}} if since else {}
    return listed(client().v1.balance_transactions.list, values)
