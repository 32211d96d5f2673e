"""Reports of projects, comments and people, and appeals against a suspension."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project


class Report(models.Model):
    """What somebody says is wrong with a project, a comment or a person: open, acting, closed with an outcome."""

    class Target(models.TextChoices):
        PROJECT = "project", _("project")
        COMMENT = "comment", _("comment")
        PERSON = "person", _("person")

    class Reason(models.TextChoices):
        FRAUD = "fraud", _("it deceives people who pay")
        DATA = "data", _("data without right or consent")
        RIGHTS = "rights", _("somebody else's work or name")
        ABUSE = "abuse", _("abuse, threats or hate")
        SPAM = "spam", _("advertising")
        OTHER = "other", _("something else")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ACTING = "acting", _("being looked at")
        CLOSED = "closed", _("closed")

    class Outcome(models.TextChoices):
        NOTHING = "nothing", _("nothing was found")
        TALKED = "talked", _("the person was talked to")
        REMOVED = "removed", _("what was reported is gone")
        SUSPENDED = "suspended", _("the project or account was stopped")

    target = models.CharField(max_length=8, choices=Target)
    target_id = models.BigIntegerField()
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="reports")
    reason = models.CharField(max_length=8, choices=Reason)
    words = models.TextField(max_length=2000)
    reported_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    handler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    closing_words = models.TextField(max_length=1000, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        indexes = [models.Index(fields=("state", "id"), name="report_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=("target", "target_id", "reporter"), condition=~Q(state="closed"), name="one_open_report"
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(outcome="") & Q(closed_at__isnull=False), name="report_closed_with"
            ),
        ]

    def __str__(self) -> str:
        return f"report of {self.target} {self.target_id}"


class SuspensionAppeal(models.Model):
    """A creator's words against a suspension, decided by an admin who did not suspend."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="suspension_appeals")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    words = models.TextField(max_length=4000)
    opened_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    is_granted = models.BooleanField(default=False)
    answer = models.TextField(max_length=1000, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(fields=("project",), condition=Q(decided_at=None), name="one_open_appeal")
        ]

    def __str__(self) -> str:
        return f"appeal of {self.project_id}"
