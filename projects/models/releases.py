"""What a project releases: the files or links that keep its promises, each with its SHA-256."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outward.fetching import reason_words
from projects.models.project import Project
from projects.models.promises import PromisedOutput


class OutputReleaseQuerySet(models.QuerySet["OutputRelease"]):
    """Reusable reads."""

    def public(self, now: object) -> OutputReleaseQuerySet:
        """What everyone may fetch by now."""
        return self.filter(public_at__lte=now)

    def to_check(self, now: object) -> OutputReleaseQuerySet:
        """Links whose turn it is to be read."""
        return self.filter(check_at__lte=now)

    def untold(self, now: object) -> OutputReleaseQuerySet:
        """What became public since, and followers do not know of."""
        return self.filter(is_told=False, public_at__lte=now)


class OutputRelease(models.Model):
    """One release. Until `public_at` it is for backers and the team; its name and its day are public at once.

    `source` names what made it ("run:<id>" for a run's own release, which keeps its files itself).
    """

    class Verdict(models.TextChoices):
        OWN = "own", _("kept here")
        WAITING = "waiting", _("not checked yet")
        SAME = "same", _("checked")
        DIFFERS = "differs", _("differs")
        UNREACHED = "unreached", _("could not be checked")

    project = models.ForeignKey(Project, models.PROTECT, related_name="output_releases")
    promise = models.ForeignKey(PromisedOutput, models.SET_NULL, null=True, blank=True, related_name="releases")
    kind = models.CharField(max_length=12, choices=PromisedOutput.Kind)
    title = models.CharField(_("title"), max_length=120)
    url = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=64)
    card = models.TextField(blank=True)
    license = models.CharField(max_length=120)
    source = models.CharField(max_length=80, unique=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    released_at = models.DateTimeField()
    public_at = models.DateTimeField()
    is_told = models.BooleanField(default=False)
    # Of a link: whether what it leads to has the hash, as last read, and when it is read again.
    verdict = models.CharField(max_length=9, choices=Verdict, default=Verdict.OWN)
    checked_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveSmallIntegerField(default=0)
    # Why it could not be read, as a code, with what its words need; or the hash that it has instead.
    check_reason = models.CharField(max_length=12, blank=True)
    check_facts = models.JSONField(default=dict, blank=True)

    objects = OutputReleaseQuerySet.as_manager()

    class Meta:
        ordering = ("-released_at", "-pk")
        constraints = [
            models.CheckConstraint(condition=Q(public_at__gte=models.F("released_at")), name="release_public_after")
        ]
        indexes = [
            models.Index(fields=("check_at",), condition=Q(check_at__isnull=False), name="release_to_check"),
            models.Index(fields=("public_at",), condition=Q(is_told=False), name="release_untold"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def why_unreached(self) -> str:
        """In the language of whoever reads it."""
        return reason_words(self.check_reason, self.check_facts)


class OutputFile(models.Model):
    """A small file of a release, kept with its row; larger ones are linked with their hash."""

    release = models.OneToOneField(OutputRelease, models.CASCADE, primary_key=True, related_name="file")
    name = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name
