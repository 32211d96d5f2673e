"""The accounting export of a project: each ledger entry as it stands, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from payments.models import LedgerEntry
from payments.papers.amounts import major
from projects.models import Project

LABELS = ("date (UTC)", "transaction", "kind", "account", "debit", "credit", "currency", "pledge number")
CHUNK = 2000


COLUMNS = (
    "transaction__recorded_at", "transaction_id", "transaction__kind", "account", "debit", "credit", "currency",
    "transaction__pledge_id",
)  # fmt: skip


def entry_rows(project: Project) -> Iterator[tuple[object, ...]]:
    """Oldest first, in major units, a chunk in memory at a time."""
    entries = LedgerEntry.objects.filter(transaction__project=project).order_by("transaction_id", "pk")
    for at, number, kind, account, debit, credit, currency, pledge in entries.values_list(*COLUMNS).iterator(CHUNK):
        sides = (major(debit, currency), major(credit, currency))
        yield (at.isoformat(timespec="seconds"), number, kind, account, *sides, currency, str(pledge or ""))
