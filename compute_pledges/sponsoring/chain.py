"""From invoices to verified hours to checkpoints: what the public ledger shows of the machines that money paid for.

An invoice covers a vendor and a period of UTC days; its hours are what that vendor's machines had verified in them. A
day of a vendor is on one invoice, so that no hour is shown twice. Money and GPU time stand side by side and are never
converted into each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection

from compute_pledges.models import SponsorInvoice
from projects.models import Project

# Merged work names the checkpoint that it went into: the round after the one that it was leased for. One row for each
# invoice as a whole, and one for each run that it paid for.
_HOURS = """
SELECT i.id, l.run_id, t.name,
       coalesce(sum(r.device_us), 0)::bigint, coalesce(sum(r.h100_us), 0)::bigint, count(r.lease_id),
       count(DISTINCT l.device_id), count(DISTINCT CASE WHEN r.is_merged THEN l.round_id END),
       min(CASE WHEN r.is_merged THEN n.index END), max(CASE WHEN r.is_merged THEN n.index END)
FROM compute_pledges_sponsorinvoice i
LEFT JOIN compute_pledges_sponsoreddevice s ON s.vendor_id = i.vendor_id
LEFT JOIN compute_pledges_workresult r ON r.device_id = s.device_id AND r.state IN ('verified', 'settled')
     AND r.received_at >= i.starts_on::timestamp AT TIME ZONE 'UTC'
     AND r.received_at < (i.ends_on + 1)::timestamp AT TIME ZONE 'UTC'
LEFT JOIN compute_pledges_lease l ON l.id = r.lease_id
LEFT JOIN compute_pledges_round n ON n.id = l.round_id
LEFT JOIN compute_pledges_trainingrun t ON t.id = l.run_id
WHERE i.project_id = %s AND i.state <> 'refused'
GROUP BY GROUPING SETS ((i.id), (i.id, l.run_id, t.name))
HAVING grouping(l.run_id) = 1 OR l.run_id IS NOT NULL
ORDER BY i.id, grouping(l.run_id) DESC, min(r.received_at)
"""
_ALL = """
SELECT coalesce(sum(r.device_us), 0)::bigint, coalesce(sum(r.h100_us), 0)::bigint
FROM compute_pledges_sponsoreddevice s
JOIN compute_pledges_workresult r ON r.device_id = s.device_id AND r.state IN ('verified', 'settled')
WHERE s.project_id = %s
"""


@dataclass(frozen=True, slots=True)
class Hours:
    """Verified work of an invoice, of one run or of all. Microseconds; rounds by index."""

    run_id: UUID | None
    run_name: str | None
    device_us: int
    h100_us: int
    blocks: int
    devices: int
    checkpoints: int
    first_round: int | None
    last_round: int | None


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One invoice with the verified work of its vendor's machines in its period: together, and run by run."""

    invoice: SponsorInvoice
    whole: Hours
    runs: list[Hours] = field(default_factory=list)

    @property
    def verified_percent(self) -> int:
        """Verified of billed machine time, rounded down."""
        return self.whole.device_us * 100 // self.invoice.billed_us


def chain_of(project: Project) -> list[ChainRow]:
    """Confirmed and waiting invoices, in two queries."""
    invoices = SponsorInvoice.objects.filter(project=project).exclude(state=SponsorInvoice.State.REFUSED)
    known = {invoice.pk: invoice for invoice in invoices.select_related("vendor")}
    rows: dict[int, ChainRow] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [project.pk])
        for key, *values in cursor.fetchall():
            if key in rows:
                rows[key].runs.append(Hours(*values))
            elif key in known:
                rows[key] = ChainRow(known[key], Hours(*values))
    return [rows[key] for key in known if key in rows]


def sponsored_time(project: Project) -> tuple[int, int]:
    """All verified time of the project's rented machines: device and H100-equivalent microseconds."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL, [project.pk])
        device_us, h100_us = cursor.fetchone()
    return device_us, h100_us
