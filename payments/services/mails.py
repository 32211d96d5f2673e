"""Mail about money: a row written with its cause, sent once by the sweep."""

from __future__ import annotations

import logging
import smtplib
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.signing import TimestampSigner
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.formats import date_format

from accounts.languages import speaking
from accounts.models import User
from notices.facts import Fact, said
from notices.mail import Letter, compose
from payments.models import CashPledge, NoticeMail, PledgeMail
from payments.services.mail_texts import (
    ACTIONS,
    BODIES,
    NOTICE_ACTIONS,
    NOTICE_BODIES,
    NOTICE_SUBJECTS,
    SUBJECTS,
)

logger = logging.getLogger(__name__)
signer = TimestampSigner(salt="payments.repair")


def repair_token(pledge: CashPledge) -> str:
    """A signed token for this pledge's repair page alone."""
    return signer.sign(str(pledge.pk))


def write_mail(*, pledge: CashPledge, kind: str, now: datetime, number: int = 0) -> None:
    """Queue a mail to the backer inside the caller's transaction; the same one again is ignored."""
    PledgeMail.objects.get_or_create(pledge=pledge, kind=kind, number=number, defaults={"created_at": now})


def write_notice(*, user: User, kind: str, key: str, facts: dict[str, Fact], now: datetime) -> None:
    """Queue a mail to a creator or an admin inside the caller's transaction; the same one again is ignored."""
    NoticeMail.objects.get_or_create(
        user=user, kind=kind, key=key[:80], defaults={"facts": facts, "created_at": now}
    )  # fmt: skip


def send_due(*, now: datetime, limit: int = 200) -> int:
    """Send what is queued. Returns how many."""
    pledges = PledgeMail.objects.annotate(language=F("pledge__backer__language"))
    notices = NoticeMail.objects.annotate(language=F("user__language"))
    return _send_all(pledges, _pledge_mail, now, limit) + _send_all(notices, _notice_mail, now, limit)


def _send_all(rows: QuerySet[Any], write: Any, now: datetime, limit: int) -> int:
    due = list(rows.filter(sent_at=None).order_by("pk").values_list("pk", "language")[:limit])
    return sum(_send(rows, write, pk, language, now) for pk, language in due)


def _send(rows: QuerySet[Any], write: Any, mail_id: int, language: str, now: datetime) -> bool:
    """Claimed before it is sent, so that two workers never send one mail; a mail that could not go is given back."""
    if not rows.filter(pk=mail_id, sent_at=None).update(sent_at=now):
        return False
    try:
        with speaking(language):
            letter, address = write(mail_id)
            mail = compose(letter=letter, address=address)
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("mail_not_sent mail=%s error=%s", mail_id, error)
        rows.filter(pk=mail_id).update(sent_at=None)
        return False
    return True


def _day(moment: datetime | None) -> str:
    return f"{date_format(moment.astimezone(UTC), 'DATETIME_FORMAT')} UTC" if moment else ""


def _pledge_mail(mail_id: int) -> tuple[Letter, str]:
    mail = PledgeMail.objects.select_related("pledge__project", "pledge__backer").get(pk=mail_id)
    pledge = mail.pledge
    facts = {
        "title": pledge.project.title,
        "amount": str(pledge.total),
        "refunded": str(pledge.refunded),
        "message": pledge.last_message,
        "debit": _day(pledge.next_attempt_at),
        "link": settings.SITE_URL + pledge.get_absolute_url(),
        "repair": settings.SITE_URL + reverse("payments:repair", args=[repair_token(pledge)]),
        "support": settings.SITE_URL + reverse("payments:support", args=[pledge.support_id or pledge.pk]),
    }
    action, address = ACTIONS[mail.kind]
    subject, body = SUBJECTS[mail.kind].format(**facts), BODIES[mail.kind].format(**facts)
    return Letter(subject, body, link=facts[address], action=str(action)), pledge.backer.email


def _notice_mail(mail_id: int) -> tuple[Letter, str]:
    mail = NoticeMail.objects.select_related("user").get(pk=mail_id)
    facts = {name: said(fact) for name, fact in mail.facts.items()}
    facts["link"] = settings.SITE_URL + mail.facts.get("path", "/")
    subject, body = NOTICE_SUBJECTS[mail.kind].format(**facts), NOTICE_BODIES[mail.kind].format(**facts)
    return Letter(subject, body, link=facts["link"], action=str(NOTICE_ACTIONS[mail.kind])), mail.user.email
