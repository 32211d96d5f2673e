"""The provider's side of the books, read over its API as anyone with the key could."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from payments import provider
from payments.provider import Object
from payments.provider.calls import call, listed


@dataclass(frozen=True, slots=True)
class ProviderSide:
    """Every object of the kinds that move money, by id; `balance` is what it says it holds for us, by currency."""

    intents: dict[str, Object]
    charges: dict[str, Object]
    refunds: dict[str, Object]
    disputes: dict[str, Object]
    transfers: dict[str, Object]
    movements: dict[str, Object]
    balance: Counter[str]

    def pledge_of(self, charge: Object) -> str:
        """The pledge that a charge was made for, as written on its PaymentIntent when it was created."""
        intent = self.intents.get(id_of(charge["payment_intent"]), {})
        return str(intent.get("metadata", {}).get("pledge", ""))


def id_of(value: Any) -> str:
    """The id of an object that may be expanded."""
    return str(value["id"] if isinstance(value, dict) else value or "")


def read_provider() -> ProviderSide:
    """Everything, page by page. Raises ProviderAway, ProviderRefused."""
    client = provider.client().v1

    def everything(operation: Any) -> dict[str, Object]:
        return {item["id"]: item for item in listed(operation, {})}

    return ProviderSide(
        intents=everything(client.payment_intents.list),
        charges=everything(client.charges.list),
        refunds=everything(client.refunds.list),
        disputes=everything(client.disputes.list),
        transfers=everything(client.transfers.list),
        movements=everything(client.balance_transactions.list),
        balance=_balance(call(client.balance.retrieve)),
    )


def _balance(answer: Object) -> Counter[str]:
    sums: Counter[str] = Counter()
    for line in (*answer["available"], *answer["pending"]):
        sums[str(line["currency"]).upper()] += int(line["amount"])
    return sums
