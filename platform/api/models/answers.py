"""Answers to writes, kept by the caller's Idempotency-Key."""

from __future__ import annotations

from django.db import models

from api.models.tokens import PersonalToken


class KeptAnswer(models.Model):
    """The answer to a key's first request. It is written in the transaction of what the request did."""

    token = models.ForeignKey(PersonalToken, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    # JSON as it was sent, in ASCII: jsonb refuses what an answer may quote, such as a null character.
    body = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("token", "key"), name="answer_once_a_key")]
        indexes = [models.Index(fields=("created_at",), name="kept_answer_age")]

    def __str__(self) -> str:
        return f"answer {self.status} to {self.key}"
