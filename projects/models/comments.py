"""What people say and ask about a project or one of its notes, and the questions that are answered for good."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models.notes import LabNote
from projects.models.project import Project


class Comment(models.Model):
    """A thread's first words, or an answer to them: threads are one level deep.

    What its author deletes leaves a mark without words. What a moderator hides is read by its author and moderators
    only. A locked thread takes no more answers.
    """

    class Kind(models.TextChoices):
        COMMENT = "comment", _("comment")
        QUESTION = "question", _("question")

    project = models.ForeignKey(Project, models.CASCADE, related_name="comments")
    note = models.ForeignKey(LabNote, models.CASCADE, null=True, related_name="comments")
    thread = models.ForeignKey("self", models.CASCADE, null=True, related_name="answers")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.COMMENT)
    body = models.TextField(max_length=4000)
    body_html = models.TextField()
    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    hidden_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    hidden_reason = models.CharField(max_length=500, blank=True)
    locked_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        indexes = [
            models.Index(fields=("project", "note", "-id"), condition=Q(thread=None), name="comment_threads"),
            models.Index(fields=("author", "-id"), name="comment_by_author"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(hidden_at=None) | ~Q(hidden_reason=""), name="hidden_for_a_reason"),
            models.CheckConstraint(condition=Q(thread=None) | Q(kind="comment"), name="answers_are_no_questions"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    @property
    def root_id(self) -> int:
        """The thread's first comment."""
        return self.thread_id or self.pk

    @property
    def is_question(self) -> bool:
        """Whether it asks something."""
        return self.kind == self.Kind.QUESTION

    def get_absolute_url(self) -> str:
        """Its place in its thread, on a page that shows nothing else."""
        return reverse("projects:thread", args=[self.project.slug, self.root_id]) + f"#comment-{self.pk}"


class FaqEntry(models.Model):
    """A question that is answered for good, in the team's order."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="faq")
    question = models.CharField(max_length=200)
    answer = models.TextField(max_length=4000)
    answer_html = models.TextField()
    position = models.PositiveSmallIntegerField()
    asked_in = models.ForeignKey(Comment, models.SET_NULL, null=True, related_name="+")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.question
