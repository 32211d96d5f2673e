"""Where the money is, as of any moment: sums of the days before it plus the rows of its own day; no pledge scan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from payments.models import CashPledge
from projects.models import Project

State = CashPledge.State
STAGES = ("pledged", "collectable", "collected", "settled", "released", "paid", "refunded", "disputed", "lost")
PLEDGED_STATES = (*CashPledge.COUNTED, State.REFUNDED, State.LOST)
COLLECTABLE_STATES = (State.ACTIVE, *CashPledge.COLLECTING)
REFUND_KINDS = ("refund", "refund_failure")

# Which rows make which stage: (kind of the ledger, account, sign of the debit).
LEDGER_STAGES: dict[str, tuple[tuple[str, ...], str, int]] = {
    "collected": (("charge",), "project_held", -1),
    "released": (("release",), "creator_payable", -1),
    "paid": (("transfer",), "creator_payable", 1),
    "refunded": (REFUND_KINDS, "project_held", 1),
    "lost": (("dispute_lost",), "project_held", 1),
}
PLEDGE_STAGES = {"pledged": PLEDGED_STATES, "collectable": COLLECTABLE_STATES}


def _values(rows: list[tuple[object, ...]]) -> str:
    """Constants of this module as SQL; nothing that a person typed comes here."""
    texts = [", ".join(str(value) if isinstance(value, int) else f"'{value}'" for value in row) for row in rows]
    return ", ".join(f"({text})" for text in texts)


_STATES = _values([(state.value, stage) for stage, states in PLEDGE_STAGES.items() for state in states])
_LEDGER = _values(
    [(kind, account, sign, stage) for stage, (kinds, account, sign) in LEDGER_STAGES.items() for kind in kinds]
)
# One row per (moment, project, currency, stage) and source: first the days before each moment, then disputes.
DAYS = f"""
WITH states(state, stage) AS (VALUES {_STATES}), books(kind, account, sign, stage) AS (VALUES {_LEDGER}),
moments AS (
    SELECT n, at, (at AT TIME ZONE 'UTC')::date AS day
    FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS m(at, n)
), moves AS (
    SELECT m.n, d.project_id, d.currency, s.stage, d.amount
    FROM moments m JOIN payments_pledgeday d ON d.day < m.day JOIN states s USING (state)
    UNION ALL
    SELECT m.n, d.project_id, d.currency, b.stage, b.sign * (d.debit - d.credit)
    FROM moments m JOIN payments_ledgerday d ON d.day < m.day JOIN books b USING (kind, account)
    UNION ALL
    SELECT m.n, d.project_id, d.currency, 'settled', d.amount
    FROM moments m JOIN payments_settledday d ON d.day < m.day
    UNION ALL
    SELECT m.n, p.project_id, d.currency, 'disputed', d.amount_minor
    FROM moments m JOIN payments_dispute d ON d.opened_at <= m.at AND (d.closed_at IS NULL OR d.closed_at > m.at)
    JOIN payments_cashpledge p ON p.id = d.pledge_id
"""  # noqa: S608 - only constants of this module are put in; values are parameters
# A moment's own day, from its rows, up to it. Each moment has its own branch, so that the planner sees how short it is.
OWN_DAY = """
    UNION ALL
    SELECT {n}, p.project_id, p.currency, s.stage, CASE WHEN s.state = t.target THEN t.amount_after ELSE 0 END
        - CASE WHEN s.state = t.source THEN t.amount_before ELSE 0 END
    FROM payments_cashpledgetransition t
    JOIN payments_cashpledge p ON p.id = t.pledge_id JOIN states s ON s.state IN (t.source, t.target)
    WHERE t.happened_at BETWEEN %(from{n})s AND %(to{n})s
    UNION ALL
    SELECT {n}, t.project_id, e.currency, b.stage, b.sign * (e.debit - e.credit)
    FROM payments_ledgertransaction t
    JOIN payments_ledgerentry e ON e.transaction_id = t.id JOIN books b ON b.kind = t.kind AND b.account = e.account
    WHERE t.kind IN ({kinds}) AND t.recorded_at BETWEEN %(from{n})s AND %(to{n})s
    UNION ALL
    SELECT {n}, t.project_id, p.currency, 'settled', p.amount_minor
    FROM payments_ledgertransaction t JOIN payments_cashpledge p ON p.id = t.pledge_id
    WHERE t.kind = 'settlement' AND t.recorded_at BETWEEN %(from{n})s AND %(to{n})s
"""
_KINDS = ", ".join(f"'{kind}'" for kinds, _, _ in LEDGER_STAGES.values() for kind in kinds)
_SUMS = ", ".join(f"coalesce(sum(amount) FILTER (WHERE stage = '{stage}'), 0)::bigint AS {stage}" for stage in STAGES)
TOTALS = f") SELECT currency, n, {_SUMS} FROM moves GROUP BY currency, n ORDER BY currency, n"  # noqa: S608 - as above
PROJECTS = f"""), sums AS (SELECT project_id, currency, {_SUMS} FROM moves GROUP BY project_id, currency)
SELECT project_id, currency, {", ".join(STAGES)} FROM (
    SELECT *, row_number() OVER (PARTITION BY currency ORDER BY collected DESC, pledged DESC, project_id) AS place
    FROM sums
) s WHERE place <= %(limit)s AND (%(currency)s = '' OR currency = %(currency)s) ORDER BY currency, place
"""  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class FundingSums:
    """Minor units of one currency by stage, cumulative but for collectable and disputed, which are what stands.

    pledged: promises that count or were charged; collectable: not charged yet, with a card; collected: charged,
    gross, without tips; settled: of that, available at the provider; released: booked for the creator; paid: sent;
    refunded: gone back; disputed: taken by banks, undecided; lost: disputes lost.
    """

    currency: str
    amounts: dict[str, int]


@dataclass(frozen=True, slots=True)
class FundingRow:
    """One project in one currency."""

    project: Project
    sums: FundingSums


def funding_totals(*moments: datetime) -> dict[str, list[FundingSums]]:
    """By currency, the sums over all projects at each of `moments`, in one query."""
    empty = dict.fromkeys(STAGES, 0)
    found: dict[str, list[FundingSums]] = {}
    for currency, number, *amounts in _ask(TOTALS, moments):
        row = found.setdefault(currency, [FundingSums(currency, empty) for _ in moments])
        row[number - 1] = FundingSums(currency, dict(zip(STAGES, amounts, strict=True)))
    return found


def funding_rows(*, at: datetime, limit: int, currency: str = "") -> list[FundingRow]:
    """The first `limit` projects of each currency (or of one) by what was collected, in two queries."""
    rows = _ask(PROJECTS, (at,), limit=limit, currency=currency)
    projects = Project.objects.in_bulk({project_id for project_id, *_ in rows})
    return [
        FundingRow(projects[project_id], FundingSums(code, dict(zip(STAGES, amounts, strict=True))))
        for project_id, code, *amounts in rows
    ]


def _ask(question: str, moments: tuple[datetime, ...], **values: int | str) -> list[Any]:
    times = [moment.astimezone(UTC) for moment in moments]
    found: dict[str, Any] = {"moments": times, **values}
    own_days = []
    for n, moment in enumerate(times, 1):
        found |= {f"from{n}": moment.replace(hour=0, minute=0, second=0, microsecond=0), f"to{n}": moment}
        own_days.append(OWN_DAY.format(n=n, kinds=_KINDS))
    with connection.cursor() as cursor:
        cursor.execute("".join((DAYS, *own_days, question)), found)
        return cursor.fetchall()
