"""The accounting export of a project: each ledger entry as it stands, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from payments.models import LedgerEntry
from projects.models import Project
from values.money import Money

LABELS = ("date (UTC)", "transaction", "kind", "account", "debit", "credit", "currency", "pledge number")
CHUNK = 2000


def entry_rows(project: Project) -> Iterator[tuple[object, ...]]:
    """Oldest first, in major units, a chunk in memory at a time."""
    entries = LedgerEntry.objects.filter(transaction__project=project).select_related("transaction")
    for entry in entries.order_by("transaction_id", "pk").iterator(chunk_size=CHUNK):
        row = entry.transaction
        yield (
            row.recorded_at.isoformat(timespec="seconds"), row.pk, row.kind, entry.account,
            Money(entry.debit, entry.currency).decimal, Money(entry.credit, entry.currency).decimal,
            entry.currency, str(row.pledge_id or ""),
        )  # fmt: skip
