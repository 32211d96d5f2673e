"""The clock control: one offset row, in demo and tests only.

It shifts business time (deadlines, fix windows, dispute windows). Leases, rounds, signatures and tokens use real
time. Production never reads the row.
"""

from datetime import timedelta

from django.db import models


class ClockOffset(models.Model):
    """How far business time runs ahead of real time. There is one row, with primary key 1."""

    offset = models.DurationField(default=timedelta)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="clock_offset_single_row")]

    def __str__(self) -> str:
        return f"business time +{self.offset}"
