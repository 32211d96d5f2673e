"""Monthly support: paid at once, told before each debit, charged once a month, paused and canceled with one click."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from payments import provider
from payments.errors import PledgeRefused
from payments.models import CashPledge, MonthlySupport
from payments.services import cards, collecting, endings, supporting
from payments.services.applying import refresh
from projects.states import change_state
from projects.totals import totals_of
from tests.factories.payments import chosen, funded_project
from tests.factories.people import NOW, make_user

pytestmark = pytest.mark.django_db


def begun(standin, *, project=None, backer=None, card="pm_card_visa", now=NOW, amount=10_00):
    project = project or funded_project(takes_monthly_support=True)
    pledge = supporting.start_support(
        project=project, backer=backer or make_user(), choice=chosen(project, amount, is_monthly=True),
        client_token=uuid4(), now=now,
    )  # fmt: skip
    facts = cards.browser_facts(pledge)
    provider.client().v1.payment_intents.confirm(facts["client_secret"].split("_secret_")[0], {"payment_method": card})
    refresh(pledge_id=pledge.pk, now=now)
    return MonthlySupport.objects.get(pk=pledge.support_id)


@pytest.mark.parametrize(
    ("moment", "anchor", "after"),
    [
        (datetime(2026, 1, 31, 9, tzinfo=UTC), 31, datetime(2026, 2, 28, 9, tzinfo=UTC)),
        (datetime(2026, 2, 28, 9, tzinfo=UTC), 31, datetime(2026, 3, 31, 9, tzinfo=UTC)),
        (datetime(2028, 1, 30, 9, tzinfo=UTC), 30, datetime(2028, 2, 29, 9, tzinfo=UTC)),
        (datetime(2026, 12, 5, 9, tzinfo=UTC), 5, datetime(2027, 1, 5, 9, tzinfo=UTC)),
    ],
)
def test_the_next_month_keeps_its_day_where_there_is_one(moment, anchor, after):
    assert supporting.month_after(moment, anchor) == after


def test_each_month_is_told_of_and_charged_once(standin):
    support = begun(standin)
    assert (support.state, support.next_debit_at) == ("active", datetime(2026, 7, 1, 12, tzinfo=UTC))
    seen = []
    for hours in range(0, 24 * 95, 12):
        now = NOW + timedelta(hours=hours)
        supporting.plan_months(now=now)
        if collecting.collect_due(now=now):
            seen.append(now.date().isoformat())
    assert seen == ["2026-07-01", "2026-08-01", "2026-09-01"]
    months = support.pledges.order_by("period")
    assert [month.state for month in months] == ["collected"] * 4
    assert len({month.payment_intent_id for month in months}) == 4
    notices = [month.mails.get(kind="notice").created_at for month in months if month.period.month > 6]
    charged = [month.collected_at for month in months if month.period.month > 6]
    assert all(at - told == timedelta(days=2) for told, at in zip(notices, charged, strict=True))


def test_pausing_stops_the_planned_month_and_resuming_gives_notice_again(standin):
    support = begun(standin)
    soon = support.next_debit_at - timedelta(days=1)
    supporting.plan_months(now=soon)
    supporting.pause_support(support_id=support.pk, now=soon)
    assert collecting.collect_due(now=support.next_debit_at + timedelta(days=5)) == 0
    assert support.pledges.get(period__month=7).state == "canceled"
    much_later = support.next_debit_at + timedelta(days=60)
    supporting.resume_support(support_id=support.pk, now=much_later)
    support.refresh_from_db()
    assert support.next_debit_at == much_later + timedelta(days=2)


def test_a_canceled_support_charges_nothing_more_and_cannot_be_resumed(standin):
    support = begun(standin)
    for _ in range(2):
        supporting.cancel_support(support_id=support.pk, now=NOW)
    assert supporting.plan_months(now=NOW + timedelta(days=40)) == 0
    with pytest.raises(PledgeRefused, match="cannot be resumed"):
        supporting.resume_support(support_id=support.pk, now=NOW)


def test_a_month_that_cannot_be_charged_pauses_the_support(standin):
    support = begun(standin)
    MonthlySupport.objects.filter(pk=support.pk).update(payment_method_id="pm_card_chargeDeclinedExpiredCard")
    debit = support.next_debit_at
    supporting.plan_months(now=debit - timedelta(days=2))
    collecting.collect_due(now=debit)
    month = support.pledges.get(period__month=7)
    assert month.state == "needs_action"
    endings.drop_expired(now=debit + timedelta(days=8))
    month.refresh_from_db()
    support.refresh_from_db()
    assert (month.state, support.state) == ("dropped", "paused")


def test_a_second_support_of_the_same_project_is_refused_and_the_same_token_is_the_same(standin):
    project, backer = funded_project(takes_monthly_support=True), make_user()
    begun(standin, project=project, backer=backer)
    with pytest.raises(PledgeRefused, match="You support this project already"):
        begun(standin, project=project, backer=backer)
    token, other = uuid4(), make_user()
    choice = chosen(project, 5_00, is_monthly=True)
    made = [
        supporting.start_support(project=project, backer=other, choice=choice, client_token=token, now=NOW)
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert CashPledge.objects.filter(client_token=token).count() == 1


def test_supports_end_with_their_project(standin):
    support = begun(standin)
    for state in ("delivering", "completed"):
        change_state(project=support.project, target=state, actor=None, now=NOW)
    assert supporting.plan_months(now=NOW + timedelta(days=40)) == 0
    support.refresh_from_db()
    assert (support.state, support.end_reason) == ("canceled", "The project is over.")


def test_a_project_that_takes_none_refuses(standin):
    project = funded_project()
    with pytest.raises(PledgeRefused, match="takes no monthly support"):
        supporting.start_support(
            project=project, backer=make_user(), choice=chosen(project, 5_00, is_monthly=True),
            client_token=uuid4(), now=NOW,
        )  # fmt: skip


def test_a_later_month_counts_as_pledged_and_as_realized(standin):
    support = begun(standin)
    now = NOW + timedelta(days=40)
    supporting.plan_months(now=now)
    collecting.collect_due(now=now + timedelta(days=3))
    totals = totals_of([support.project])[support.project_id]
    assert support.pledges.filter(state="collected").count() == 2
    assert (totals.money_pledged, totals.money_realized) == (20_00, 20_00)
