"""Mailing lab notes to the people who back the project, with money or with GPU time.

A note first becomes one row for each backer, then each row is mailed by itself, outside any transaction: a mail that
fails stops no other one, and is tried again. Each person gets a note once; only a crash between the mail server's
answer and the row's mark could send it twice.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from compute_pledges.models import ComputePledge
from pages.models import NoteMail
from payments.models import CashPledge
from projects.models import LabNote

CLOSED_COMPUTE = (ComputePledge.State.WITHDRAWN, ComputePledge.State.EXPIRED)
NOTES, MAILS = 20, 100
MOST_ATTEMPTS = 6
RETRY_AFTER = timedelta(minutes=10)
log = logging.getLogger(__name__)


def backers_of(project_id: int) -> list[User]:
    """Everyone whose pledge stands, each once."""
    money = CashPledge.objects.filter(project_id=project_id, state__in=CashPledge.COUNTED).values("backer_id")
    compute = ComputePledge.objects.filter(project_id=project_id).exclude(state__in=CLOSED_COMPUTE).values("backer_id")
    return list(User.objects.filter(is_active=True, pk__in=money.union(compute)).order_by("pk"))


def mail_notes(*, now: datetime) -> int:
    """Mail what is due; returns how many mails went out."""
    for pk in list(LabNote.objects.filter(mailed_at=None).order_by("pk").values_list("pk", flat=True)[:NOTES]):
        _address(pk, now)
    due = NoteMail.objects.filter(_due(now)).order_by("pk").values_list("pk", flat=True)[:MAILS]
    return sum(_send(pk, now) for pk in list(due))


def _due(now: datetime) -> Q:
    fresh = Q(claimed_at=None) | Q(claimed_at__lt=now - RETRY_AFTER)
    return fresh & Q(sent_at=None, attempts__lt=MOST_ATTEMPTS)


@transaction.atomic
def _address(note_id: int, now: datetime) -> None:
    if LabNote.objects.filter(pk=note_id, mailed_at=None).update(mailed_at=now):
        note = LabNote.objects.get(pk=note_id)
        people = backers_of(note.project_id)
        NoteMail.objects.bulk_create(NoteMail(note=note, person=person) for person in people)


def _send(mail_id: int, now: datetime) -> bool:
    if not NoteMail.objects.filter(_due(now), pk=mail_id).update(claimed_at=now, attempts=F("attempts") + 1):
        return False
    mail = NoteMail.objects.select_related("note__project", "person").get(pk=mail_id)
    try:
        _message(mail.note, mail.person).send()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("note_mail_failed", extra={"note_mail_id": mail_id, "reason": repr(error)})
        return False
    NoteMail.objects.filter(pk=mail_id).update(sent_at=timezone.now())
    return True


def _message(note: LabNote, person: User) -> EmailMessage:
    link = settings.SITE_URL + note.project.get_absolute_url()
    body = f"{note.body}\n\nYou get this because you back {note.project.title}: {link}"
    return EmailMessage(f"{note.project.title}: {note.title}", body, settings.DEFAULT_FROM_EMAIL, [person.email])
