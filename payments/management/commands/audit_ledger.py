"""Audit the money: asks every named invariant of the database. Exit status 1 when one does not hold."""

from audit.invariants import AuditCommand
from payments.invariants import INVARIANTS


class Command(AuditCommand):
    help = __doc__
    invariants = INVARIANTS
