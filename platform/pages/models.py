"""The demo's mailbox."""

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
