"""The demo's mailbox, and what people's calendars hold."""

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
