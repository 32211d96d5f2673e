"""A hold: while it stands, nothing of what it covers is charged, refunded by a sweep, or paid out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.models.pledges import CashPledge
from projects.models import Project


class Hold(models.Model):
    """On a pledge (no charge), a project (no payout) or an account (no charge, no new pledge)."""

    pledge = models.ForeignKey(CashPledge, models.PROTECT, null=True, related_name="holds")
    project = models.ForeignKey(Project, models.PROTECT, null=True, related_name="holds")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="holds")
    reason = models.CharField(max_length=1000)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lift_reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(pledge__isnull=False, project=None, user=None)
                | Q(pledge=None, project__isnull=False, user=None)
                | Q(pledge=None, project=None, user__isnull=False),
                name="hold_covers_one_thing",
            ),
            *(
                models.UniqueConstraint(fields=(name,), condition=Q(lifted_at=None), name=f"one_hold_a_{name}")
                for name in ("pledge", "project", "user")
            ),
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"
