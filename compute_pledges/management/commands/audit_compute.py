"""Audit the GPU time: asks every named invariant of the database. Exit status 1 when one does not hold."""

from audit.invariants import AuditCommand
from compute_pledges.invariants import INVARIANTS


class Command(AuditCommand):
    help = __doc__
    invariants = INVARIANTS
