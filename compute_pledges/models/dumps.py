"""Files of statistics that everyone may fetch. There is one of each name: the newest."""

from __future__ import annotations

from django.db import models


class StatisticsFile(models.Model):
    """Its bytes lie in content-addressed storage; those of the writing before stay until the next one."""

    name = models.CharField(max_length=40, primary_key=True)
    content_type = models.CharField(max_length=60)
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField()
    rows = models.BigIntegerField()
    # Work that was verified until then is in it.
    as_of = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
