"""What a creator declared and has not started yet: checked and estimated first, started once."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from compute_pledges.models.data_sets import DataSet
from compute_pledges.models.runs import TrainingRun, bytes_tokenizer
from projects.models import Project


class RunDraft(models.Model):
    """`planned` counts tokens of text, else images or windows of audio. With `run` it is started and stays as it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="run_drafts")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    # As it was declared, so that what was left out of it can be said again.
    config = models.JSONField()
    hyper = models.JSONField()
    tokenizer = models.JSONField(default=bytes_tokenizer)
    data_set = models.ForeignKey(DataSet, models.PROTECT, null=True, related_name="+")
    planned = models.BigIntegerField(null=True)
    prompt = models.CharField(max_length=200, blank=True)
    run = models.OneToOneField(TrainingRun, models.PROTECT, null=True, related_name="draft")
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=("updated_at",), condition=models.Q(run=None), name="drafts_by_age")]

    def __str__(self) -> str:
        return self.name
