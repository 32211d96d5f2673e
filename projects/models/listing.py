"""What lists find and sort a project by, kept beside it so that reading a project does not carry it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from projects.models.project import Project


class ProjectListing(models.Model):
    """One row a project: the words by a trigger on the project, the figures by `projects.discovery.ranking`.

    `trend` is explained in docs/discovery.md. Shares are thousandths of the minimum (of the stretch goal where no
    minimum is set), null without such a goal.
    """

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True, related_name="listing")
    document = SearchVectorField()
    words = models.TextField()
    languages = ArrayField(models.CharField(max_length=20))
    trend = models.FloatField(default=0)
    money_permille = models.IntegerField(null=True)
    compute_permille = models.IntegerField(null=True)

    class Meta:
        indexes = [
            GinIndex(fields=("document",), name="listing_document"),
            GinIndex(OpClass("words", name="gin_trgm_ops"), name="listing_words"),
        ]

    def __str__(self) -> str:
        return f"listing of {self.project_id}"
