"""The accounting export of a project: each ledger entry as it stands, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch

from payments.models import LedgerEntry, LedgerTransaction
from payments.papers.amounts import major
from projects.models import Project

LABELS = ("date (UTC)", "transaction", "kind", "account", "debit", "credit", "currency", "pledge number")
CHUNK = 2000


def entry_rows(project: Project) -> Iterator[tuple[object, ...]]:
    """Oldest first, in major units, a chunk in memory at a time."""
    entries = Prefetch("entries", LedgerEntry.objects.order_by("pk"))
    rows = LedgerTransaction.objects.filter(project=project).order_by("pk").prefetch_related(entries)
    for row in rows.iterator(chunk_size=CHUNK):
        head = (row.recorded_at.isoformat(timespec="seconds"), row.pk, row.kind)
        for entry in row.entries.all():
            sides = (major(entry.debit, entry.currency), major(entry.credit, entry.currency))
            yield (*head, entry.account, *sides, entry.currency, str(row.pledge_id or ""))
