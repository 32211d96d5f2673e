"""What machines uploaded for their leases and no receipt has named yet, so that nothing stays that nobody needs."""

from __future__ import annotations

from django.db import models

from compute_pledges.models.work import Lease


class Upload(models.Model):
    """Whole bytes of a machine, for one lease. Gone once the lease is over: named by its receipt, or deleted."""

    lease = models.ForeignKey(Lease, models.CASCADE, related_name="uploads")
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    finished_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("lease", "sha256"), name="uploaded_once_a_lease")]

    def __str__(self) -> str:
        return f"upload {self.sha256[:12]}"
