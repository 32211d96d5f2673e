"""What pages keep: mail to backers that is due, and the demo's mailbox."""

from django.conf import settings
from django.db import models

from projects.models import LabNote


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


class NoteMail(models.Model):
    """One lab note for one backer: due until it is sent; claimed while it is being sent."""

    note = models.ForeignKey(LabNote, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("note", "person"), name="note_mailed_once")]
        indexes = [models.Index(fields=("claimed_at",), condition=models.Q(sent_at=None), name="note_mail_due")]

    def __str__(self) -> str:
        return f"note {self.note_id} to {self.person_id}"
