"""The demo's mailbox, what people's calendars hold, and files of forms whose session had ended."""

import uuid

from django.conf import settings
from django.db import models


class MailboxMessage(models.Model):
    """A mail that the demo kept instead of sending. Written in demo and tests only."""

    recipient = models.EmailField(db_index=True)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    html = models.TextField(blank=True, default="")
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"


class CalendarLink(models.Model):
    """How often a person made the address of their calendar anew: only the newest one opens."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    generation = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"calendar of {self.person_id}"


class KeptFile(models.Model):
    """A small file of a form that was sent after its session had ended.

    Its number is known to that session and to the page that shows it alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    field = models.CharField(max_length=100)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, blank=True)
    content = models.BinaryField()
    kept_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
