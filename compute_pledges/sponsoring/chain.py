"""From invoices to verified hours to checkpoints: what the public ledger shows of the machines that money paid for.

An invoice covers a vendor and a period of days; its hours are what that vendor's machines had verified in the period.
Money and GPU time stand side by side and are never converted into each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from compute_pledges.models import SponsorInvoice
from projects.models import Project

# Merged work names the checkpoint that it went into: the round after the one that it was leased for.
_HOURS = """
SELECT i.id,
       coalesce(sum(r.device_us), 0)::bigint, coalesce(sum(r.h100_us), 0)::bigint, count(r.lease_id),
       count(DISTINCT l.device_id), count(DISTINCT CASE WHEN r.is_merged THEN l.round_id END),
       min(CASE WHEN r.is_merged THEN n.index END), max(CASE WHEN r.is_merged THEN n.index END)
FROM compute_pledges_sponsorinvoice i
LEFT JOIN compute_pledges_sponsoreddevice s ON s.project_id = i.project_id AND s.vendor = i.vendor
LEFT JOIN compute_pledges_workresult r ON r.device_id = s.device_id AND r.state IN ('verified', 'settled')
     AND (r.received_at AT TIME ZONE 'UTC')::date BETWEEN i.starts_on AND i.ends_on
LEFT JOIN compute_pledges_lease l ON l.id = r.lease_id
LEFT JOIN compute_pledges_round n ON n.id = l.round_id
WHERE i.project_id = %s AND i.state <> 'refused'
GROUP BY i.id
"""
_ALL = """
SELECT coalesce(sum(r.device_us), 0)::bigint, coalesce(sum(r.h100_us), 0)::bigint
FROM compute_pledges_sponsoreddevice s
JOIN compute_pledges_workresult r ON r.device_id = s.device_id AND r.state IN ('verified', 'settled')
WHERE s.project_id = %s
"""


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One invoice with the verified work of its vendor's machines in its period. Microseconds; rounds by index."""

    invoice: SponsorInvoice
    device_us: int
    h100_us: int
    blocks: int
    devices: int
    checkpoints: int
    first_round: int | None
    last_round: int | None

    @property
    def verified_percent(self) -> int:
        """Verified of billed machine time, rounded down."""
        return self.device_us * 100 // self.invoice.billed_us


def chain_of(project: Project) -> list[ChainRow]:
    """Confirmed and waiting invoices, in two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_HOURS, [project.pk])
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    invoices = SponsorInvoice.objects.filter(project=project).exclude(state=SponsorInvoice.State.REFUSED)
    return [ChainRow(invoice, *found[invoice.pk]) for invoice in invoices if invoice.pk in found]


def sponsored_time(project: Project) -> tuple[int, int]:
    """All verified time of the project's rented machines: device and H100-equivalent microseconds."""
    with connection.cursor() as cursor:
        cursor.execute(_ALL, [project.pk])
        device_us, h100_us = cursor.fetchone()
    return device_us, h100_us
