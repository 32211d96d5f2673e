"""The demo's mail: kept in the database and shown on a page that exists in demo and tests only."""

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage


class MailboxBackend(BaseEmailBackend):
    """Keeps each mail as one row per recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Store the mails; returns how many."""
        from pages.models import MailboxMessage

        rows = [
            MailboxMessage(
                recipient=recipient.lower(), subject=message.subject[:300], body=str(message.body), html=_html(message)
            )
            for message in email_messages
            for recipient in message.recipients()
        ]
        MailboxMessage.objects.bulk_create(rows)
        return len(email_messages)


def _html(message: EmailMessage) -> str:
    parts = getattr(message, "alternatives", [])
    return next((str(part.content) for part in parts if part.mimetype == "text/html"), "")
