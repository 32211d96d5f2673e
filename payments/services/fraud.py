"""Signals of fraud: questions that only read, each answered with pledges and the reason in words.

A signal is a reason for a person to look. Nothing is held or refused by itself; staff sets the hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from payments.models import CashPledge, Hold

LOOK_BACK = timedelta(days=30)
LIMIT = 500
ORIGIN_PLEDGES, ORIGIN_ACCOUNTS = 5, 3
LARGE_TIMES, MEDIAN_OF, MEDIAN_NEEDS = 20, 1000, 5
REFUSALS = 6
RULES = (
    format_lazy(
        _("At least {origin_pledges} pledges of {origin_accounts} accounts from one origin within an hour."),
        origin_pledges=ORIGIN_PLEDGES,
        origin_accounts=ORIGIN_ACCOUNTS,
    ),
    _("One card on several accounts."),
    _("An account that lost a dispute about another pledge."),
    format_lazy(
        _(
            "The first pledge of an account, over {large_times} times the median of the project's newest "
            "{median_of} pledges."
        ),
        large_times=LARGE_TIMES,
        median_of=MEDIAN_OF,
    ),
    format_lazy(_("At least {refusals} refused attempts of one account."), refusals=REFUSALS),
)
WORDS = {
    "origin": _("{0} pledges of {1} accounts from one origin within an hour"),
    "card": _("its card is on {0} accounts"),
    "lost": _("the account lost {0} earlier dispute(s)"),
    "large": _("first pledge of the account, {0} times the project's median"),
    "refused": _("{0} refused attempts of the account"),
}
# Ended pledges are left out: a hold would change nothing.
SIGNALS = """
WITH recent AS (
    SELECT id, origin, card_fingerprint, backer_id, project_id, amount_minor, created_at FROM payments_cashpledge
    WHERE created_at > %(since)s AND created_at <= %(now)s
      AND state NOT IN ('canceled', 'released', 'dropped', 'refunded', 'lost')
), origins AS (
    SELECT origin FROM recent WHERE origin <> '' GROUP BY origin
    HAVING count(*) >= %(pledges)s AND count(DISTINCT backer_id) >= %(accounts)s
), medians AS (
    SELECT f.project_id, m.median FROM (SELECT DISTINCT project_id FROM recent) f CROSS JOIN LATERAL (
        SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY amount_minor) AS median, count(*) AS n
        FROM (SELECT amount_minor FROM payments_cashpledge p WHERE p.project_id = f.project_id
              ORDER BY created_at DESC LIMIT %(median_of)s) newest
    ) m WHERE m.n >= %(median_needs)s
)
SELECT id, kind, a, b FROM (
    SELECT r.id, r.created_at, 'origin' AS kind, count(*) AS a, count(DISTINCT o.backer_id) AS b
    FROM recent r JOIN origins USING (origin)
    JOIN recent o ON o.origin = r.origin
        AND o.created_at BETWEEN r.created_at - interval '30 minutes' AND r.created_at + interval '30 minutes'
    GROUP BY r.id, r.created_at HAVING count(*) >= %(pledges)s AND count(DISTINCT o.backer_id) >= %(accounts)s
    UNION ALL
    SELECT r.id, r.created_at, 'card', c.accounts, 0 FROM recent r CROSS JOIN LATERAL (
        SELECT count(DISTINCT p.backer_id) AS accounts FROM payments_cashpledge p
        WHERE p.card_fingerprint = r.card_fingerprint AND p.card_fingerprint <> ''
    ) c WHERE r.card_fingerprint <> '' AND c.accounts > 1
    UNION ALL
    SELECT r.id, r.created_at, 'lost', count(*), 0 FROM payments_dispute d
    JOIN payments_cashpledge p ON p.id = d.pledge_id JOIN recent r ON r.backer_id = p.backer_id AND r.id <> p.id
    WHERE d.state = 'lost' AND d.closed_at <= %(now)s GROUP BY r.id, r.created_at
    UNION ALL
    SELECT r.id, r.created_at, 'large', r.amount_minor / m.median, 0
    FROM recent r JOIN medians m USING (project_id)
    WHERE r.amount_minor > %(times)s * m.median AND NOT EXISTS (
        SELECT 1 FROM payments_cashpledge p WHERE p.backer_id = r.backer_id AND p.created_at < r.created_at)
    UNION ALL
    SELECT r.id, r.created_at, 'refused', f.n, 0 FROM recent r JOIN (
        SELECT p.backer_id, count(*) AS n FROM payments_payment y JOIN payments_cashpledge p ON p.id = y.pledge_id
        WHERE y.state = 'refused' AND y.finished_at > %(since)s GROUP BY p.backer_id
    ) f USING (backer_id) WHERE f.n >= %(refusals)s
) s ORDER BY created_at DESC, id, kind LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Signal:
    """A pledge, why it should be looked at, and whether staff holds it, its backer or its project."""

    kind: str
    words: str
    pledge: CashPledge
    is_held: bool


def signals(*, now: datetime) -> list[Signal]:
    """Of the last 30 days, the newest pledge first, 500 at most; two queries whatever the number of pledges."""
    values: dict[str, Any] = {
        "since": now - LOOK_BACK, "now": now, "pledges": ORIGIN_PLEDGES, "accounts": ORIGIN_ACCOUNTS,
        "median_of": MEDIAN_OF, "median_needs": MEDIAN_NEEDS, "times": LARGE_TIMES, "refusals": REFUSALS,
        "limit": LIMIT,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(SIGNALS, values)
        rows = cursor.fetchall()
    pledges = _pledges({pk for pk, *_ in rows})
    return [
        Signal(kind, WORDS[kind].format(a, b), pledges[pk], bool(getattr(pledges[pk], "is_held", False)))
        for pk, kind, a, b in rows
    ]


def _pledges(ids: set[Any]) -> dict[Any, CashPledge]:
    covers = Q(pledge=OuterRef("pk")) | Q(user=OuterRef("backer")) | Q(project=OuterRef("project"))
    held = Exists(Hold.objects.filter(covers, lifted_at=None))
    rows = CashPledge.objects.filter(pk__in=ids).annotate(is_held=held).select_related("backer", "project")
    return {pledge.pk: pledge for pledge in rows}
