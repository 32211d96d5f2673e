"""The audit: it finds nothing where nothing is wrong, and each invariant finds the damage that it is named after."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from payments.invariants import INVARIANTS
from payments.services import disputing, paying_out, refunding
from payments.services.auditing import audit
from projects.models import Reward
from tests.factories.payments import able_to_be_paid, collected, funded_project, order, pledged, settle
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(standin):
    """Something of everything: charges with tip and reward, a refund in part, a lost dispute, a paid tranche."""
    project = funded_project()
    able_to_be_paid(project)
    reward = Reward.objects.create(project=project, title="Name", threshold_minor=10_00, limit=9)
    kept = collected(project, amount=60_00, tip=3_00, reward=reward)
    part = collected(project, amount=50_00)
    refunding.request_refund(pledge_id=part.pk, amount=20_00, cause="creator", now=NOW)
    refunding.send_refunds(now=NOW)
    lost = collected(project, card="pm_card_createDispute", amount=40_00)
    found = disputing.provider.client().v1.disputes.list({"payment_intent": lost.payment_intent_id}).data[0]
    disputing.refresh_dispute(provider_id=found.id, now=NOW)
    disputing.submit_evidence(dispute_id=lost.disputes.get().pk, text="losing_evidence", by=make_user(), now=NOW)
    disputing.refresh_open(now=NOW)
    order(standin, clock_offset=10 * 86_400)
    now = settle(days=10)
    payout = paying_out.request_payout(
        milestone_id=project.milestones.get().pk, by=project.creator, text="Done.", url="", now=now
    )
    paying_out.release_payout(payout_id=payout.pk, by=make_user(is_staff=True), reason="Seen.", now=now)
    assert paying_out.send_payouts(now=now) == 1
    order(standin, clock_offset=0)
    pledged(make_project(), amount=20_00)
    return {"project": project, "kept": kept, "part": part, "lost": lost, "payout": payout}


def broken():
    return {finding.invariant.name for finding in audit() if not finding.holds}


def damage(sql):
    """As someone with the database's own rights would: no trigger and no constraint in the way."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica")
        for statement in sql.split(";"):
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = DEFAULT")


def test_nothing_is_found_where_nothing_is_wrong(story):
    assert len(INVARIANTS) >= 20
    assert broken() == set()
    out = StringIO()
    call_command("audit_ledger", stdout=out)
    assert f"{len(INVARIANTS)} invariants in" in out.getvalue()
    assert "0 broken" in out.getvalue()


CHARGE = "SELECT min(id) FROM payments_ledgertransaction WHERE kind = 'charge'"
HURTS = {
    "zero_sum_by_transaction": "UPDATE payments_ledgerentry SET debit = debit + 1"
    " WHERE id = (SELECT min(id) FROM payments_ledgerentry WHERE credit = 0)",
    "zero_sum_by_currency": "UPDATE payments_ledgerday SET debit = debit + 1"
    " WHERE id = (SELECT min(id) FROM payments_ledgerday)",
    "transactions_have_entries": f"DELETE FROM payments_ledgerentry WHERE transaction_id = ({CHARGE})",
    "ledger_days_equal_entries": "UPDATE payments_ledgerday SET debit = debit + 1, credit = credit + 1",
    "pledge_days_equal_pledges": "UPDATE payments_pledgeday SET amount = amount + 1",
    "contribution_days_equal_contributions": "UPDATE projects_contributionday SET amount = amount + 1",
    "state_is_the_last_transition": "UPDATE payments_cashpledge SET state = 'canceled' WHERE state = 'active'",
    "charged_pledges_have_one_charge": "UPDATE payments_cashpledge SET state = 'locked' WHERE state = 'collected'",
    "one_successful_attempt_a_pledge": """
        INSERT INTO payments_payment (pledge_id, number, idempotency_key, payment_method_id, state, code, decline_code,
            message, sent_at)
        SELECT min(id::text)::uuid, n, 'k' || n, '', 'succeeded', '', '', '', now()
        FROM payments_cashpledge, generate_series(7, 8) n GROUP BY n""",
    "charge_is_the_pledge": "UPDATE payments_cashpledge SET amount_minor = amount_minor + 1 WHERE state = 'collected'",
    "refunded_minor_is_the_refunds": "UPDATE payments_cashpledge SET refunded_minor = 1 WHERE state = 'collected'",
    "refunds_never_pass_the_charge": "UPDATE payments_cashpledge SET refunded_minor = 1 WHERE state = 'active'",
    "booked_refunds_are_in_the_ledger": "UPDATE payments_refund SET amount_minor = amount_minor + 1",
    "realized_is_the_ledger": "UPDATE projects_contribution SET amount = amount + 1 WHERE stage = 'realized'",
    "pledged_is_what_stands": "UPDATE projects_contributionday SET amount = amount - 1 WHERE stage = 'pledged'",
    "settled_days_equal_pledges": "UPDATE payments_settledday SET amount = amount + 1",
    "settled_is_booked": "UPDATE payments_cashpledge SET settled_at = NULL WHERE state = 'collected'",
    "no_payout_above_settled": "UPDATE payments_payout SET gross_minor = gross_minor + 100000,"
    " amount_minor = amount_minor + 100000",
    "payouts_are_booked": "UPDATE payments_payout SET state = 'requested'",
    "payable_is_what_is_being_sent": "UPDATE payments_payout SET state = 'released'",
    "disputed_is_what_banks_hold": "UPDATE payments_ledgerentry SET account = 'disputed'"
    " WHERE account = 'project_held'",
    "shared_stock_is_what_its_rewards_claim": """
        INSERT INTO projects_stockpool (project_id, name, "limit", claimed)
        SELECT id, 'Shirts', 5, 3 FROM projects_project LIMIT 1""",
    "rewards_are_what_is_claimed": "UPDATE projects_reward SET claimed = claimed + 1",
    "dead_projects_charge_nobody": """
        INSERT INTO projects_projecttransition (project_id, source, target, reason, happened_at)
        SELECT id, 'live', 'failed', '', '2020-01-01' FROM projects_project;
        INSERT INTO payments_payment (pledge_id, number, idempotency_key, payment_method_id, state, code, decline_code,
            message, sent_at)
        SELECT id, 9, 'late', '', 'succeeded', '', '', '', now() FROM payments_cashpledge
        WHERE collected_at IS NOT NULL LIMIT 1""",
    "tips_are_tips": "UPDATE payments_cashpledge SET tip_minor = tip_minor + 1 WHERE tip_minor > 0",
}


@pytest.mark.parametrize("name", [invariant.name for invariant in INVARIANTS])
def test_each_invariant_finds_its_own_damage(story, name):
    damage(HURTS[name])
    assert name in broken()


def test_the_command_ends_with_1_and_names_the_breach(story):
    damage(HURTS["rewards_are_what_is_claimed"])
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit_ledger", "--json", stdout=out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert ended.value.code == 1
    wrong = [line for line in lines if line["breaches"]]
    assert [line["invariant"] for line in wrong] == ["rewards_are_what_is_claimed"]
    assert wrong[0]["samples"][0][1] == "2 claimed, 1 held"
