"""Named invariants of the database: each a sentence and one SQL statement that gives its breaches, asked in a snapshot.

A statement gives rows of (subject, detail). It holds at any moment between transactions: what settles a moment later (a
refund on its way, a charge not booked yet) is no breach.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

SAMPLES = 20
MOST = 1000


@dataclass(frozen=True, slots=True)
class Invariant:
    """`sql` selects breaches as (subject, detail)."""

    name: str
    says: str
    sql: str


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


def find_breaches(invariants: Iterable[Invariant]) -> list[Finding]:
    """One finding for each invariant. Reads one snapshot, so that what moves meanwhile is no breach."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if is_outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # Sums over millions of rows fit into memory so, and compiling them costs more than it brings.
        cursor.execute("SET LOCAL work_mem = '256MB'; SET LOCAL jit = off")
        return [_ask(cursor, invariant) for invariant in invariants]


def _ask(cursor: CursorWrapper, invariant: Invariant) -> Finding:
    began = time.monotonic()
    cursor.execute(invariant.sql)
    rows = [(str(subject), str(detail)) for subject, detail in cursor.fetchmany(MOST)]
    return Finding(invariant, len(rows), rows[:SAMPLES], time.monotonic() - began)


class AuditCommand(BaseCommand):
    """Asks its invariants. Exit status 1 when one does not hold."""

    invariants: ClassVar[tuple[Invariant, ...]]

    def add_arguments(self, parser: CommandParser) -> None:
        """`--json` for machines."""
        parser.add_argument("--json", action="store_true", help="one JSON object per invariant")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each invariant with its breaches."""
        findings = find_breaches(self.invariants)
        for finding in findings:
            self._print(finding, as_json=options["json"])
        broken = [finding for finding in findings if not finding.holds]
        if not options["json"]:
            seconds = sum(finding.seconds for finding in findings)
            self.stdout.write(f"{len(findings)} invariants in {seconds:.1f} s, {len(broken)} broken.")
        if broken:
            raise SystemExit(1)

    def _print(self, finding: Finding, *, as_json: bool) -> None:
        if as_json:
            facts = {"invariant": finding.invariant.name, "breaches": finding.breaches, "samples": finding.samples}
            self.stdout.write(json.dumps({**facts, "seconds": round(finding.seconds, 3)}))
            return
        mark = "ok    " if finding.holds else f"BROKEN {finding.breaches}"
        self.stdout.write(f"{mark} {finding.invariant.name}: {finding.invariant.says}")
        for subject, detail in finding.samples:
            self.stdout.write(f"       {subject}: {detail}")
