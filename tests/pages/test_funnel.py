"""The money funnel equals the rows, at any moment, and asks the same questions whatever the size."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.selectors_funnel import COLLECTABLE_STATES, PLEDGED_STATES, STAGES, funding_rows, funding_totals
from payments.services import collecting, refunding
from payments.services.ledger import Account, Kind
from payments.services.pledging import cancel_pledge
from projects.closing import close_project
from tests.factories.payments import collected, funded_project, pledged, settle
from tests.factories.people import NOW, make_project
from tests.pages.money_rows import ledger_sum, state_sum

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def sums(at, currency="EUR"):
    found = funding_totals(at).get(currency)
    return found[0].amounts if found else dict.fromkeys(STAGES, 0)


def test_each_stage_equals_its_rows_at_every_moment(standin):
    project = make_project(funding_minimum=1)
    kept, gone = pledged(project, amount=60_07), pledged(project, amount=50_00, now=NOW + 2 * HOUR)
    cancel_pledge(pledge_id=gone.pk, now=NOW + timedelta(days=2))
    after = project.deadline_at
    close_project(project_id=project.pk, now=after)
    collecting.freeze_projects(now=after)
    collecting.collect_due(now=after)
    refunding.request_refund(pledge_id=kept.pk, amount=10_00, cause="staff", now=after + HOUR, reason="Asked.")
    refunding.send_refunds(now=after + HOUR)
    for at in (NOW - HOUR, NOW, NOW + HOUR, NOW + timedelta(days=1), NOW + timedelta(days=3), after, after + 2 * HOUR):
        found = sums(at)
        assert found["pledged"] == state_sum(at, PLEDGED_STATES)
        assert found["collectable"] == state_sum(at, COLLECTABLE_STATES)
        assert found["collected"] == -ledger_sum(at, Account.PROJECT_HELD, Kind.CHARGE)
        assert found["refunded"] == ledger_sum(at, Account.PROJECT_HELD, Kind.REFUND)
    assert sums(NOW + HOUR)["pledged"] == 60_07
    assert sums(NOW + 2 * HOUR)["pledged"] == 110_07
    assert sums(after + 2 * HOUR) | {"collected": 60_07, "refunded": 10_00, "collectable": 0} == sums(after + 2 * HOUR)


def test_settled_is_the_gross_that_became_available(standin):
    pledge = collected(funded_project(), amount=30_00, tip=2_00)
    at = settle()
    assert sums(at)["settled"] == pledge.amount_minor
    assert sums(at - HOUR)["settled"] == 0
    assert sums(at + timedelta(days=400))["settled"] == pledge.amount_minor


def test_currencies_stay_apart(standin):
    collected(funded_project(), amount=30_00)
    collected(funded_project(currency="JPY"), amount=3_000)
    at = NOW + timedelta(days=400)
    assert sums(at)["collected"] == 30_00
    assert sums(at, "JPY")["collected"] == 3_000


def test_several_moments_in_one_question(standin):
    pledged(make_project(), amount=20_00)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        (now, before) = funding_totals(NOW, NOW - HOUR)["EUR"]
    assert (now.amounts["pledged"], before.amounts["pledged"]) == (20_00, 0)
    assert len(asked) == 1


def test_projects_come_by_what_was_collected_and_stop_at_the_limit(standin):
    small, large = funded_project(), funded_project()
    collected(small, amount=10_00)
    collected(large, amount=90_00)
    assert [row.project for row in funding_rows(at=NOW, limit=1)] == [large]
    assert [row.project for row in funding_rows(at=NOW, limit=5, currency="EUR")] == [large, small]
    assert funding_rows(at=NOW, limit=5, currency="USD") == []
