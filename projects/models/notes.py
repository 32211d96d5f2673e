"""Lab notes: what a team reports, with every change that a published one has seen."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project


class LabNoteQuerySet(models.QuerySet["LabNote"]):
    """Reusable reads."""

    def published(self) -> LabNoteQuerySet:
        """What has a number and an address."""
        return self.exclude(published_at=None)

    def due(self, now: object) -> LabNoteQuerySet:
        """Scheduled notes whose moment has come."""
        return self.filter(published_at=None, publish_at__lte=now)


class LabNote(models.Model):
    """A draft, a scheduled or a published report. `number` counts a project's published notes and never changes."""

    class Audience(models.TextChoices):
        PUBLIC = "public", _("Everyone")
        BACKERS = "backers", _("Backers only")

    project = models.ForeignKey(Project, models.CASCADE, related_name="lab_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField(null=True)
    title = models.CharField(max_length=120)
    body = models.TextField(max_length=40_000)
    body_html = models.TextField()
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.PUBLIC)
    version = models.PositiveIntegerField(default=1)
    publish_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    objects = LabNoteQuerySet.as_manager()

    class Meta:
        ordering = ("-published_at", "-pk")
        constraints = [
            models.UniqueConstraint(fields=("project", "number"), name="lab_note_number_once"),
            models.CheckConstraint(
                condition=Q(published_at=None, number=None) | Q(published_at__isnull=False, number__isnull=False),
                name="lab_note_numbered_once_published",
            ),
        ]
        indexes = [
            models.Index(fields=("publish_at",), condition=Q(published_at=None), name="lab_note_scheduled"),
            models.Index(
                fields=("published_at",), condition=Q(told_at=None, published_at__isnull=False), name="lab_note_untold"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The address that is cited; a draft's is where it is written."""
        if self.number is None:
            return reverse("projects:edit_note", args=[self.project.slug, self.pk])
        return reverse("projects:note", args=[self.project.slug, self.number])

    @property
    def is_for_backers(self) -> bool:
        """Whether only backers and the team read it."""
        return self.audience == self.Audience.BACKERS


class LabNoteChange(models.Model):
    """What a published note said before it was changed, and why it was."""

    note = models.ForeignKey(LabNote, models.CASCADE, related_name="changes")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    title_before = models.CharField(max_length=120)
    body_before = models.TextField()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"change of note {self.note_id}"
