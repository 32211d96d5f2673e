"""The ledger's audit: every invariant asked of the database in one statement each, in one snapshot."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from payments.invariants import INVARIANTS, Invariant

SAMPLES = 20
MOST = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """An invariant with its breaches: how many (up to a thousand), and the first of them."""

    invariant: Invariant
    breaches: int
    samples: list[tuple[str, str]]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether there is no breach."""
        return not self.breaches


def audit() -> list[Finding]:
    """One finding for each invariant. Reads one snapshot, so that what moves meanwhile is no breach."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # Sums over millions of rows fit into memory so, and compiling them costs more than it brings.
        cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL jit = off")
        return [_ask(cursor, invariant) for invariant in INVARIANTS]


def _ask(cursor: CursorWrapper, invariant: Invariant) -> Finding:
    began = time.monotonic()
    cursor.execute(invariant.sql)
    rows = [(str(subject), str(detail)) for subject, detail in cursor.fetchmany(MOST)]
    return Finding(invariant, len(rows), rows[:SAMPLES], time.monotonic() - began)
