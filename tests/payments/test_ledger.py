import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from payments.errors import UnbalancedEntries
from payments.models import LedgerEntry, LedgerTransaction
from payments.services.ledger import balances, post, post_charge, post_refund, post_settlement
from payments.states import TRANSITIONS
from tests.factories.payments import started
from tests.factories.people import NOW, make_project


class LedgerProperties(TestCase):
    @settings(deadline=None, max_examples=40)
    @given(
        moves=st.lists(
            st.tuples(st.integers(50, 10**7), st.integers(0, 40), st.sampled_from(["charge", "settle", "refund"])),
            max_size=6,
        )
    )
    def test_whatever_is_posted_sums_to_zero_and_a_replay_changes_nothing(self, moves):
        pledge = started(make_project())
        for _ in range(2):
            for number, (gross, fee, kind) in enumerate(moves):
                balance = {"id": f"txn_{number}", "currency": "eur", "amount": gross, "fee": fee, "net": gross - fee}
                if kind == "refund":
                    balance["amount"] = -gross
                {"charge": post_charge, "settle": post_settlement, "refund": post_refund}[kind](
                    pledge=pledge, balance=balance, now=NOW
                )
        assert sum(balances().values()) == 0
        assert LedgerTransaction.objects.count() == len(moves)


def entries(transaction_, *rows):
    LedgerEntry.objects.bulk_create(
        LedgerEntry(transaction=transaction_, account=account, currency="EUR", **side) for account, side in rows
    )


@transaction.atomic
def post_unbalanced(fields):
    made = LedgerTransaction.objects.create(reference="a", **fields)
    entries(made, ("project_held", {"credit": 5}), ("provider_pending", {"debit": 4}))


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_what_does_not_sum_to_zero_and_every_change():
    pledge = started(make_project())
    fields = {"kind": "charge", "project": pledge.project, "pledge": pledge, "recorded_at": NOW}
    with pytest.raises(IntegrityError, match="does not sum to zero"):
        post_unbalanced(fields)
    with transaction.atomic():
        made = LedgerTransaction.objects.create(reference="b", **fields)
        entries(made, ("project_held", {"credit": 5}), ("provider_pending", {"debit": 5}))
    for change in (
        lambda: LedgerEntry.objects.update(debit=6),
        lambda: LedgerEntry.objects.all()._raw_delete("default"),
        lambda: LedgerTransaction.objects.update(reference="c"),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    assert connection.is_usable()


@pytest.mark.django_db
def test_the_service_refuses_before_the_database_does():
    pledge = started(make_project())
    with pytest.raises(UnbalancedEntries):
        post(
            kind="charge", reference="x", pledge=pledge, currency="EUR", debits=[("provider_pending", 4)],
            credits_=[("project_held", 5)], now=NOW,
        )  # fmt: skip


def test_every_state_can_be_reached_and_the_ends_are_ends():
    targets = set().union(*TRANSITIONS.values())
    assert targets == set(TRANSITIONS) - {"started"}
    assert {state for state, after in TRANSITIONS.items() if not after} == {"refunded", "released"}
    # What ended is charged only by a call that was under way, and then goes back.
    assert {state for state in ("canceled", "dropped") if TRANSITIONS[state] == {"collected"}} == {
        "canceled",
        "dropped",
    }
