"""Mail about GPU time: a row written with its cause, sent once by the sweep.

What a person may switch off becomes a notice instead, which comes the way that they chose.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from accounts.languages import speaking
from accounts.models import User
from compute_pledges.models import ComputeMail, ComputePledge
from compute_pledges.services.mail_texts import ACTIONS, BODIES, NOTICE_KINDS, SUBJECTS
from notices.facts import Fact, hours, said
from notices.mail import Letter, compose
from notices.services import tell

logger = logging.getLogger(__name__)


def facts_of(pledge: ComputePledge, **more: Fact) -> dict[str, Fact]:
    """What a mail about a pledge says: project, hours, the pledge's page."""
    path = reverse("compute:pledge_detail", args=[pledge.pk])
    return {"title": pledge.project.title, "hours": hours(pledge.pledged_us), "path": path, **more}


def write_mail(*, user: User, kind: str, key: str, facts: dict[str, Fact], now: datetime) -> bool:
    """Queue a mail inside the caller's transaction; the same one again is ignored. Returns whether it is new."""
    _, created = ComputeMail.objects.get_or_create(
        user=user, kind=kind, key=key[:80], defaults={"facts": facts, "created_at": now}
    )
    return created


def write_mails(*, mails: list[ComputeMail]) -> None:
    """Queue many; those that are known are ignored."""
    ComputeMail.objects.bulk_create(mails, ignore_conflicts=True, batch_size=1000)


def send_due(*, now: datetime, limit: int = 200) -> int:
    """Send what is queued; returns how many. Claimed before sending, so that two workers never send one mail."""
    ids = list(ComputeMail.objects.filter(sent_at=None).order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(_send(pk, now) for pk in ids)


def _send(mail_id: int, now: datetime) -> bool:
    mail = _claim(mail_id, now)
    if mail is None or mail.kind in NOTICE_KINDS or not mail.user.is_active:
        return False
    try:
        message_of(mail).send()
    except (OSError, smtplib.SMTPException) as error:
        # Given back: the next sweep tries again.
        logger.warning("compute_mail_not_sent", extra={"mail": mail_id, "reason": repr(error)})
        ComputeMail.objects.filter(pk=mail_id).update(sent_at=None)
        return False
    return True


@transaction.atomic
def _claim(mail_id: int, now: datetime) -> ComputeMail | None:
    """The mail, now this sweep's; one that its reader may switch off goes the way that they chose."""
    if not ComputeMail.objects.filter(pk=mail_id, sent_at=None).update(sent_at=now):
        return None
    mail = ComputeMail.objects.select_related("user").get(pk=mail_id)
    if (kind := NOTICE_KINDS.get(mail.kind)) is not None:
        letter, path = letter_of(mail), mail.facts.get("path", "")
        people, key = [mail.user_id], f"gpu:{mail.kind}:{mail.key}"
        tell(kind=kind, people=people, key=key, title=letter.subject, body=letter.body, path=path, now=now)
    return mail


def letter_of(mail: ComputeMail) -> Letter:
    """What the mail says, in its reader's language."""
    with speaking(mail.user.language):
        facts = {name: said(fact) for name, fact in mail.facts.items()}
        facts["link"] = settings.SITE_URL + mail.facts.get("path", "/")
        subject, body = SUBJECTS[mail.kind].format(**facts), BODIES[mail.kind].format(**facts)
        action = str(ACTIONS.get(mail.kind, gettext("Look at it")))
    return Letter(subject, body, link=facts["link"], action=action)


def message_of(mail: ComputeMail) -> EmailMultiAlternatives:
    """The mail as text, with the same words as HTML beside it."""
    with speaking(mail.user.language):
        return compose(letter=letter_of(mail), address=mail.user.email)
