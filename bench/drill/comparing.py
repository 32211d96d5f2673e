"""Ours against theirs, kind by kind. Each function gives sentences about what differs."""

from __future__ import annotations

from collections import defaultdict

from bench.drill.provider_side import ProviderSide, id_of
from payments.models import CashPledge, Dispute, LedgerTransaction, Payout, Refund
from payments.provider import Object
from payments.services.disputing import STATES

CHARGED = set(CashPledge.CHARGED)


def movements(theirs: ProviderSide) -> tuple[int, list[str]]:
    """Minor units that only one side knows, or knows otherwise, and a sentence for each such movement."""
    rows = LedgerTransaction.objects.exclude(provider_id="")
    fields = ("provider_amount_minor", "provider_fee_minor", "provider_currency", "kind")
    ours = {row[0]: row[1:] for row in rows.values_list("provider_id", *fields)}
    lost, said = 0, list[str]()
    for key in ours.keys() | theirs.movements.keys():
        mine, item = ours.get(key), theirs.movements.get(key)
        figures = (item["amount"], item["fee"], str(item["currency"]).upper()) if item else (0, 0, "")
        known = mine[:3] if mine else (0, 0, "")
        if mine and item and known == figures:
            continue
        lost += max(1, abs(figures[0] - known[0]), abs(figures[1] - known[1]))
        kind = item["type"] if item else mine[3] if mine else ""
        said.append(f"movement {key}, {kind}: ledger {known}, provider {figures}")
    return lost, said


def charges(theirs: ProviderSide, pledges: dict[str, CashPledge]) -> list[str]:
    """A pledge is charged here when, and only when, its own intent has one successful charge of its total."""
    paid: dict[str, list[Object]] = defaultdict(list)
    for charge in theirs.charges.values():
        if charge["paid"]:
            paid[id_of(charge["payment_intent"])].append(charge)
    said, known = list[str](), set[str]()
    for pledge in pledges.values():
        known.add(pledge.payment_intent_id)
        found = paid.get(pledge.payment_intent_id, []) if pledge.payment_intent_id else []
        amounts = [charge["amount"] for charge in found]
        expected = [pledge.total_minor] if pledge.state in CHARGED else []
        if amounts != expected:
            said.append(f"pledge {pledge.pk} is {pledge.state}: expected charges {expected}, provider {amounts}")
    orphans = [charge for intent, found in paid.items() if intent not in known for charge in found]
    return said + [f"charge {c['id']} of {c['amount']} {c['currency']} belongs to no pledge here" for c in orphans]


def refunds(theirs: ProviderSide) -> list[str]:
    """Every refund that left us is there with its amount and outcome, and no other."""
    ours = {row.provider_id: row for row in Refund.objects.exclude(provider_id="")}
    said = list[str]()
    for key in ours.keys() | theirs.refunds.keys():
        mine, item = ours.get(key), theirs.refunds.get(key)
        if mine is None or item is None:
            said.append(f"refund {key}: {'not here' if mine is None else 'not at the provider'}")
            continue
        failed = item["status"] in ("failed", "canceled")
        if mine.amount_minor != item["amount"] or failed != (mine.state == Refund.State.FAILED):
            said.append(f"refund {key}: {mine.state} {mine.amount_minor}, provider {item['status']} {item['amount']}")
    return said


def transfers(theirs: ProviderSide) -> list[str]:
    """Every payout that was paid is one transfer of its amount, and no other transfer exists."""
    ours = {row.provider_id: row for row in Payout.objects.exclude(provider_id="")}
    said = [f"transfer {key}: not here" for key in theirs.transfers.keys() - ours.keys()]
    for key, payout in ours.items():
        item = theirs.transfers.get(key)
        if item is None or (item["amount"], item["reversed"]) != (payout.amount_minor, False):
            said.append(f"payout {payout.pk}: {payout.amount_minor}, provider {item and item['amount']}")
    return said


def disputes(theirs: ProviderSide) -> list[str]:
    """Every dispute is known with its amount, and where the bank decided, with its outcome."""
    ours = {row.provider_id: row for row in Dispute.objects.all()}
    said = [f"dispute {key}: not at the provider" for key in ours.keys() - theirs.disputes.keys()]
    for key, item in theirs.disputes.items():
        mine = ours.get(key)
        if mine is None or mine.amount_minor != item["amount"] or mine.state != STATES[item["status"]]:
            said.append(f"dispute {key}: {mine.state if mine else 'not here'}, provider {item['status']}")
    return said
