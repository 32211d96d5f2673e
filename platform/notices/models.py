"""What a person is told, and how they want to be told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from notices.kinds import Kind


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Reusable reads."""

    def unread(self) -> NoticeQuerySet:
        """What the bell counts."""
        return self.filter(read_at=None)

    def unmailed(self) -> NoticeQuerySet:
        """What some mail still has to carry."""
        return self.filter(mailed_at=None).exclude(delivery="page")


class Notice(models.Model):
    """One row per person and key. `delivery` is the person's choice when it was written, or changed since.

    A mail first claims the row, then goes, then marks it: `mailed_at` is set only once the mail server has it.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=24)
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=2000, blank=True)
    path = models.CharField(max_length=300, blank=True)
    delivery = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = [models.UniqueConstraint(fields=("person", "key"), name="notice_once")]
        indexes = [
            models.Index(fields=("person", "-id"), name="notice_by_person"),
            models.Index(fields=("person",), condition=Q(read_at=None), name="notice_unread"),
            models.Index(
                fields=("delivery", "created_at"),
                condition=Q(mailed_at=None) & ~Q(delivery="page"),
                name="notice_unmailed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"

    @property
    def kind_label(self) -> str:
        """The subject in words."""
        return str(Kind(self.kind).label)


class Preference(models.Model):
    """A choice that differs from the default, or was once made."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notice_preferences")
    kind = models.CharField(max_length=24)
    delivery = models.CharField(max_length=8)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("person", "kind"), name="preference_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id}: {self.delivery}"
