"""Audit the money: asks every named invariant of the database. Exit status 1 when one does not hold."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments.services.auditing import Finding, audit


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """`--json` for machines."""
        parser.add_argument("--json", action="store_true", help="one JSON object per invariant")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each invariant with its breaches."""
        findings = audit()
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
