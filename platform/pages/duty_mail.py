"""Telling all backers, of money and of GPU time, that hours are to be rented, and how that ended.

A duty is told once in each of these states: the mails and the mark are one transaction, and a mail is unique.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from compute_pledges.models import ComputeMail, RentDuty
from compute_pledges.services.mails import write_mails
from compute_pledges.services.sweeping import do_each
from compute_pledges.sponsoring.duties import facts_of_duty
from projects.backing import backers_of

TOLD = (RentDuty.State.OPEN, RentDuty.State.MET, RentDuty.State.BROKEN, RentDuty.State.LAPSED)
BATCH = 50


def tell_backers_of_duties(*, now: datetime) -> int:
    """Queue what is due; returns how many duties were told."""
    due = RentDuty.objects.filter(state__in=TOLD).exclude(told_state=F("state")).order_by("pk")[:BATCH]
    return do_each(sweep="telling of rent", items=due, deed=lambda duty: _tell(duty.pk, now), now=now)


@transaction.atomic
def _tell(duty_id: int, now: datetime) -> int:
    duty = RentDuty.objects.select_for_update(of=("self",)).select_related("project").get(pk=duty_id)
    if duty.told_state == duty.state:
        return 0
    facts = facts_of_duty(duty) | {"path": reverse("pages:sponsored_ledger", args=[duty.project.slug])}
    write_mails(
        mails=[
            ComputeMail(user_id=person, kind=f"rent_{duty.state}", key=str(duty.pk), facts=facts, created_at=now)
            for person in backers_of(duty.project_id)
        ]
    )
    RentDuty.objects.filter(pk=duty.pk).update(told_state=duty.state)
    return 1
