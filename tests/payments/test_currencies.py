"""A charge in one currency that the provider settles in another: both sides are kept, and each sums to zero."""

import pytest

from payments.services import postings
from payments.services.auditing import audit
from payments.services.ledger import Statement, balances, post
from payments.services.refunding import request_refund
from tests.factories.payments import started
from tests.factories.people import NOW, make_project

pytestmark = pytest.mark.django_db


def test_yen_settled_in_euro_keep_both_sides_and_the_fee_in_yen():
    project = make_project(currency="JPY", funding_minimum=1000)
    pledge = started(project, amount=10_000)
    statement = Statement("txn_1", "EUR", 6_150, 246)
    post(postings.charge(pledge=pledge, presented=10_000, statement=statement), now=NOW)
    assert balances(project_id=project.pk) == {
        ("project_held", "JPY"): -10_000,
        ("provider_fees", "JPY"): 400,
        ("exchange", "JPY"): 9_600,
        ("exchange", "EUR"): -5_904,
        ("provider_pending", "EUR"): 5_904,
    }


def test_what_goes_back_in_yen_costs_what_the_provider_says_in_euro():
    project = make_project(currency="JPY", funding_minimum=1000)
    pledge = started(project, amount=10_000)
    post(postings.charge(pledge=pledge, presented=10_000, statement=Statement("txn_1", "EUR", 6_150, 246)), now=NOW)
    type(pledge).objects.filter(pk=pledge.pk).update(state="collected")
    refund = request_refund(pledge_id=pledge.pk, amount=10_000, cause="creator", now=NOW)
    post(postings.refund(refund=refund, statement=Statement("txn_2", "EUR", -6_200, 0)), now=NOW)
    found = balances(project_id=project.pk)
    assert ("project_held", "JPY") not in found
    assert found["exchange", "EUR"] == -5_904 + 6_200
    sums = {}
    for (_, currency), amount in found.items():
        sums[currency] = sums.get(currency, 0) + amount
    assert sums == {"JPY": 0, "EUR": 0}
    broken = {finding.invariant.name for finding in audit() if not finding.holds}
    assert not broken & {"zero_sum_by_transaction", "zero_sum_by_currency", "ledger_days_equal_entries"}


@pytest.mark.parametrize(("presented", "amount", "fee"), [(1, 1, 0), (3, 2, 1), (99_999_999, 61_500_000, 922_525)])
def test_rounding_of_the_fee_loses_nothing(presented, amount, fee):
    project = make_project(currency="JPY", funding_minimum=1000)
    pledge = started(project, amount=10_000)
    post(postings.charge(pledge=pledge, presented=presented, statement=Statement("t", "USD", amount, fee)), now=NOW)
    found = balances(project_id=project.pk)
    assert sum(n for (_, currency), n in found.items() if currency == "JPY") == 0
    assert found.get(("project_held", "JPY"), 0) == -presented
