"""Mail about pledges: a row written with its cause, sent once by the sweep."""

from __future__ import annotations

import logging
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.core.signing import TimestampSigner
from django.urls import reverse

from payments.models import CashPledge, PledgeMail

logger = logging.getLogger(__name__)
signer = TimestampSigner(salt="payments.repair")
SUBJECTS = {
    "saved": "Your pledge to {title} is recorded",
    "canceled": "Your pledge to {title} is canceled",
    "collected": "Your pledge to {title} was charged",
    "repair": "Your card was not charged for {title}: please look at it",
    "reminder": "Your pledge to {title} still waits for you",
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
    "reminder": "Your pledge of {amount} to {title} is not charged yet: {message} "
    "Confirm it or use another card: {repair}",
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
    """Send what is queued. Returns how many."""
    ids = list(PledgeMail.objects.filter(sent_at=None).order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(_send(pk, now) for pk in ids)


def _send(mail_id: int, now: datetime) -> bool:
    """Claimed before it is sent, so that two workers never send one mail; a mail that could not go is given back."""
    if not PledgeMail.objects.filter(pk=mail_id, sent_at=None).update(sent_at=now):
        return False
    mail = PledgeMail.objects.select_related("pledge__project", "pledge__backer").get(pk=mail_id)
    try:
        _deliver(mail)
    except OSError as error:
        logger.warning("mail_not_sent mail=%s error=%s", mail_id, error)
        PledgeMail.objects.filter(pk=mail_id).update(sent_at=None)
        return False
    return True


def _deliver(mail: PledgeMail) -> None:
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
