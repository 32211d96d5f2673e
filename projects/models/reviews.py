"""What a review consists of beside its decision: who has taken it on, the checklist, comments on paragraphs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project
from projects.models.writing import Review
from projects.review.points import POINTS


class ReviewClaim(models.Model):
    """A reviewer has taken a submission on, until the decision, the release, or the target time after the claim."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="review_claims")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="review_claims")
    claimed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("claimed_at",)
        constraints = [
            models.UniqueConstraint(
                fields=("project", "reviewer"), condition=models.Q(released_at=None), name="one_open_claim_a_reviewer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reviewer_id} on {self.project_id}"


class ReviewPoint(models.Model):
    """One line of the reviewer's checklist with what was looked at."""

    class Verdict(models.TextChoices):
        HOLDS = "holds", _("holds")
        CONCERN = "concern", _("a concern")
        NOT_NEEDED = "not_needed", _("does not apply")

    review = models.ForeignKey(Review, models.CASCADE, related_name="points")
    key = models.CharField(max_length=20)
    verdict = models.CharField(max_length=12, choices=Verdict)
    evidence = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=("review", "key"), name="review_point_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.verdict}"

    @property
    def label(self) -> str:
        """What was looked at, in words; the key where the list no longer has it."""
        return str({key: words for key, words, _hint in POINTS}.get(self.key, self.key))


class LineComment(models.Model):
    """A reviewer's words on one line of a part, such as a paragraph of the story; `quote` is the line as it was."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="line_comments")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submission = models.PositiveIntegerField()
    part = models.CharField(max_length=12, default="story")
    paragraph = models.PositiveIntegerField()
    quote = models.TextField(max_length=2000)
    words = models.TextField(max_length=2000)
    written_at = models.DateTimeField()
    answer = models.TextField(max_length=2000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("paragraph", "pk")

    def __str__(self) -> str:
        return f"on {self.part} {self.paragraph} of {self.project_id}"

    @property
    def anchor(self) -> str:
        """Where its line stood on the page of the review."""
        return f"p{self.paragraph}" if self.part == "story" else f"{self.part}-{self.paragraph}"
