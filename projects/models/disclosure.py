"""What a creator lays open before anyone pledges: where the money and the hours go, the data, the risks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from values.money import Money


class BudgetLine(models.Model):
    """What a part of the funding pays for: money in minor units, or H100-equivalent microseconds."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="budget_lines")
    title = models.CharField(max_length=80)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    hours_us = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, hours_us=None) | Q(amount_minor=None, hours_us__gt=0),
                name="budget_line_is_money_or_hours",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def money(self) -> Money | None:
        """The amount, or None for a line of hours."""
        return None if self.amount_minor is None else Money(self.amount_minor, self.project.currency)


class Risk(models.Model):
    """What could go wrong, and what is done about it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="risks")
    title = models.CharField(max_length=120)
    answer = models.CharField(max_length=600)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title


class DataSource(models.Model):
    """One source of training data with its licence, the consent behind it, and whether it holds people's data."""

    class Consent(models.TextChoices):
        LICENSED = "licensed", _("its licence allows it")
        PUBLIC_DOMAIN = "public_domain", _("public domain")
        GIVEN = "given", _("people in it agreed")
        OWN = "own", _("made by the team")
        UNCLEAR = "unclear", _("not cleared yet")

    class PersonalData(models.TextChoices):
        NONE = "none", _("none")
        PSEUDONYMOUS = "pseudonymous", _("pseudonymous")
        YES = "yes", _("yes, people can be recognized")
        UNKNOWN = "unknown", _("not checked")

    project = models.ForeignKey(Project, models.CASCADE, related_name="data_sources")
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=300, blank=True)
    license = models.CharField(max_length=120)
    consent = models.CharField(max_length=14, choices=Consent)
    personal_data = models.CharField(max_length=14, choices=PersonalData)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name
