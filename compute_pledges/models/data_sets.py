"""Training data as a manifest of hashed shards with its license. The bytes lie in content-addressed storage."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from values.languages import language_words


class DataSet(models.Model):
    """`shards` and `held_out` list {sha256, bytes}; nothing of the held-out shard is ever trained on."""

    class Source(models.TextChoices):
        UPLOAD = "upload", _("uploaded to this platform")
        OPERATOR = "operator", _("provided by the operator")
        HUB = "hub", _("Hugging Face")

    class State(models.TextChoices):
        IMPORTING = "importing", _("being fetched")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be fetched")

    class Format(models.TextChoices):
        TEXT = "text", _("UTF-8 text")
        IMAGES = "images-u8", _("images as raw bytes of height, width, channel")
        AUDIO = "audio-s16", _("16-bit mono audio at 16 kHz without a header")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="data_sets")
    name = models.CharField(max_length=120)
    license = models.CharField(max_length=120)
    # BCP 47 tags, as `en, pt-BR`; empty where nobody said.
    language = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=10, choices=Format)
    source = models.CharField(max_length=10, choices=Source)
    # Where it came from: a repository, its commit and files, so that everyone can check the hashes.
    origin = models.JSONField(default=dict)
    shards = models.JSONField(default=list)
    held_out = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State)
    error = models.CharField(max_length=300, blank=True)
    # When a worker took the fetching on; one that went away is followed by another.
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "created_at")

    def __str__(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        """Bytes that are trained on."""
        return sum(int(shard["bytes"]) for shard in self.shards)

    @property
    def language_words(self) -> str:
        """Its languages in English."""
        return language_words(self.language)

    @property
    def manifest(self) -> dict[str, Any]:
        """What a run's specification carries."""
        return {
            "name": self.name,
            "license": self.license,
            "language": self.language,
            "format": self.format,
            "train": self.shards,
            "held_out": self.held_out,
        }
