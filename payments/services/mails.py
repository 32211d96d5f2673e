"""Mail about pledges: a row written with its cause, sent once by the sweep."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.core.signing import TimestampSigner
from django.db import transaction
from django.urls import reverse

from payments.models import CashPledge, PledgeMail

signer = TimestampSigner(salt="payments.repair")
SUBJECTS = {
    "saved": "Your pledge to {title} is recorded",
    "canceled": "Your pledge to {title} is canceled",
    "collected": "Your pledge to {title} was charged",
    "repair": "Your card was not charged for {title}: please look at it",
    "released": "{title} was not funded: your card was not charged",
    "dropped": "Your pledge to {title} has ended without a charge",
    "refunded": "Your money for {title} is on its way back",
}
BODIES = {
    "saved": "{amount} is promised to {title}. Your card is charged only if the project reaches its minimums by its "
    "deadline. Until then you can change or cancel it here: {link}",
    "canceled": "Your pledge of {amount} to {title} is canceled. Your card was not charged.",
    "collected": "{amount} was charged for {title}. This mail is your receipt; the pledge: {link}",
    "repair": "We could not charge {amount} for {title}: {message} Nothing was lost, and you were charged nothing. "
    "Confirm it or use another card within seven days of the deadline: {repair}",
    "released": "{title} did not reach its minimums. Your pledge of {amount} is released and your card was let go.",
    "dropped": "Your pledge of {amount} to {title} could not be charged in seven days and has ended. You owe nothing.",
    "refunded": "{amount} for {title} goes back to your card. Banks take up to ten days to show it.",
}


def repair_token(pledge: CashPledge) -> str:
    """A signed token for this pledge's repair page alone."""
    return signer.sign(str(pledge.pk))


def write_mail(*, pledge: CashPledge, kind: str, now: datetime, number: int = 0) -> None:
    """Queue a mail inside the caller's transaction; the same one again is ignored."""
    PledgeMail.objects.get_or_create(pledge=pledge, kind=kind, number=number, defaults={"created_at": now})


def send_due(*, now: datetime, limit: int = 200) -> int:
    """Send what is queued, each in its own transaction. Returns how many."""
    ids = list(PledgeMail.objects.filter(sent_at=None).order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(_send(pk, now) for pk in ids)


@transaction.atomic
def _send(mail_id: int, now: datetime) -> bool:
    waiting = PledgeMail.objects.select_for_update(skip_locked=True, of=("self",))
    mail = waiting.select_related("pledge__project", "pledge__backer").filter(pk=mail_id, sent_at=None).first()
    if mail is None:
        return False
    pledge = mail.pledge
    facts = {
        "title": pledge.project.title,
        "amount": str(pledge.amount),
        "message": pledge.last_message,
        "link": settings.SITE_URL + pledge.get_absolute_url(),
        "repair": settings.SITE_URL + reverse("payments:repair", args=[repair_token(pledge)]),
    }
    subject, body = SUBJECTS[mail.kind].format(**facts), BODIES[mail.kind].format(**facts)
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [pledge.backer.email])
    mail.sent_at = now
    mail.save(update_fields=["sent_at"])
    return True
