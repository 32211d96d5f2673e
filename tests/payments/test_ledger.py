import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from payments.errors import UnbalancedEntries
from payments.models import LedgerEntry, LedgerTransaction
from payments.services import postings
from payments.services.ledger import Posting, Statement, balances, post
from payments.states import TRANSITIONS
from tests.factories.payments import started
from tests.factories.people import NOW, make_project

CURRENCIES = st.sampled_from(["EUR", "JPY"])


class LedgerProperties(TestCase):
    @settings(deadline=None, max_examples=40)
    @given(
        moves=st.lists(
            st.tuples(st.integers(50, 10**7), st.integers(0, 40), CURRENCIES, st.sampled_from(["charge", "settle"])),
            max_size=6,
        )
    )
    def test_whatever_is_posted_sums_to_zero_in_each_currency_and_a_replay_changes_nothing(self, moves):
        pledge = started(make_project())
        for _ in range(2):
            for number, (gross, fee, currency, kind) in enumerate(moves):
                statement = Statement(f"txn_{number}", currency, gross, fee)
                if kind == "charge":
                    presented = gross if currency == pledge.currency else 5000
                    post(postings.charge(pledge=pledge, presented=presented, statement=statement), now=NOW)
                else:
                    posting = postings.settlement(project_id=pledge.project_id, pledge_id=None, statement=statement)
                    post(posting, now=NOW)
        assert LedgerTransaction.objects.count() == len(moves)
        for currency in ("EUR", "JPY"):
            assert sum(n for (_, code), n in balances().items() if code == currency) == 0
        assert balances() == from_entries()


def from_entries():
    """The daily sums again, from the rows."""
    rows = LedgerEntry.objects.values_list("account", "currency").annotate(n=Sum("debit") - Sum("credit"))
    return {(account, currency): n for account, currency, n in rows.order_by() if n}


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
    lines = (("provider_pending", "EUR", 4), ("project_held", "EUR", -5))
    with pytest.raises(UnbalancedEntries):
        post(Posting("charge", "x", pledge.project_id, lines), now=NOW)


def test_every_state_can_be_reached_and_the_ends_are_ends():
    targets = set().union(*TRANSITIONS.values())
    assert targets == set(TRANSITIONS) - {"started"}
    assert {state for state, after in TRANSITIONS.items() if not after} == {"lost", "released"}
    assert TRANSITIONS["refunded"] == {"collected"}  # A refund that the bank sent back.
    # What ended is charged only by a call that was under way, and then goes back.
    assert {state for state in ("canceled", "dropped") if TRANSITIONS[state] == {"collected"}} == {
        "canceled",
        "dropped",
    }
