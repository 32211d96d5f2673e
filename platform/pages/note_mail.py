"""Mailing lab notes to the people who back the project, with money or with GPU time. Once for each note."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from accounts.models import User
from compute_pledges.models import ComputePledge
from payments.models import CashPledge
from projects.models import LabNote

CLOSED_COMPUTE = (ComputePledge.State.WITHDRAWN, ComputePledge.State.EXPIRED)
BATCH = 20


def backers_of(project_id: int) -> list[str]:
    """Mail addresses of everyone whose pledge stands, each once."""
    money = CashPledge.objects.filter(project_id=project_id, state__in=CashPledge.COUNTED).values("backer_id")
    compute = ComputePledge.objects.filter(project_id=project_id).exclude(state__in=CLOSED_COMPUTE).values("backer_id")
    people = User.objects.filter(is_active=True).filter(pk__in=money.union(compute))
    return list(people.order_by("pk").values_list("email", flat=True))


def mail_notes(*, now: datetime) -> int:
    """Mail what is not mailed yet; returns how many notes."""
    ids = LabNote.objects.filter(mailed_at=None).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return sum(_mail(pk, now) for pk in list(ids))


@transaction.atomic
def _mail(note_id: int, now: datetime) -> bool:
    waiting = LabNote.objects.select_for_update(skip_locked=True, of=("self",)).select_related("project")
    note = waiting.filter(pk=note_id, mailed_at=None).first()
    if note is None:
        return False
    link = settings.SITE_URL + note.project.get_absolute_url()
    body = f"{note.body}\n\nYou get this because you back {note.project.title}: {link}"
    subject = f"{note.project.title}: {note.title}"
    mails = [EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [mail]) for mail in backers_of(note.project_id)]
    get_connection().send_messages(mails)
    LabNote.objects.filter(pk=note.pk).update(mailed_at=now)
    return True
