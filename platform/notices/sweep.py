"""Mailing what is due: instant notices one by one, digests one a person.

Digests leave at seven in the morning UTC, the weekly one on Mondays, with what was written before and not read since.
Each mail is claimed before it goes and marked once it went; one that fails stops no other and is tried again. Only a
crash between the mail server's answer and the mark could send one twice.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.languages import speaking
from accounts.models import User
from notices.attachments import attachments_of
from notices.kinds import DIGESTS, Delivery
from notices.links import unsubscribe_link
from notices.mail import Entry, Letter, compose
from notices.models import Notice, NoticeQuerySet
from notices.services import shortened

MAILS, MOST_ATTEMPTS = 200, 6
RETRY_AFTER = timedelta(minutes=10)
LONGEST_DIGEST = 50
HOUR_OF_DIGESTS = 7
log = logging.getLogger(__name__)


def send_due(*, now: datetime) -> int:
    """Mail what is due; returns how many mails went out."""
    instant = _due(Delivery.INSTANT, now).order_by("pk").values_list("pk", flat=True)[:MAILS]
    sent = sum(_send([pk], Delivery.INSTANT, now) for pk in list(instant))
    for digest in DIGESTS:
        due = _due(digest, now).order_by("person").values_list("person", flat=True).distinct()[:MAILS]
        sent += sum(_send_digest(person, digest, now) for person in list(due))
    return sent


def last_digest(digest: Delivery, now: datetime) -> datetime:
    """The latest moment at which this digest was to leave."""
    day = now.astimezone(UTC).replace(hour=HOUR_OF_DIGESTS, minute=0, second=0, microsecond=0)
    if day > now:
        day -= timedelta(days=1)
    return day - timedelta(days=day.weekday()) if digest == Delivery.WEEKLY else day


def _due(delivery: Delivery, now: datetime) -> NoticeQuerySet:
    fresh = Q(claimed_at=None) | Q(claimed_at__lt=now - RETRY_AFTER)
    rows = Notice.objects.unmailed().filter(fresh, delivery=delivery, attempts__lt=MOST_ATTEMPTS)
    if delivery == Delivery.INSTANT:
        return rows
    return rows.filter(created_at__lt=last_digest(delivery, now), read_at=None)


def _send_digest(person_id: int, digest: Delivery, now: datetime) -> bool:
    rows = _due(digest, now).filter(person=person_id).order_by("pk").values_list("pk", flat=True)
    return _send(list(rows), digest, now)


@transaction.atomic
def _claim(ids: list[int], delivery: Delivery, now: datetime) -> list[Notice]:
    """The rows of `ids` that are still due, now this sweep's."""
    rows = list(_due(delivery, now).filter(pk__in=ids).select_for_update(skip_locked=True, of=("self",)).order_by("pk"))
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(claimed_at=now, attempts=F("attempts") + 1)
    return rows


def _send(ids: list[int], delivery: Delivery, now: datetime) -> bool:
    rows = _claim(ids, delivery, now)
    if not rows:
        return False
    person = User.objects.get(pk=rows[0].person_id)
    if person.is_active:
        with speaking(person.language):
            mail = _instant(rows[0], person) if delivery == Delivery.INSTANT else _digest(rows, person, delivery)
        try:
            mail.send()
        except (OSError, smtplib.SMTPException) as error:
            log.warning("notice_not_mailed", extra={"notices": ids[:5], "reason": repr(error)})
            return False
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now)
    return person.is_active


def _instant(notice: Notice, person: User) -> EmailMessage:
    letter = Letter(
        subject=notice.title,
        body=notice.body,
        link=settings.SITE_URL + notice.path if notice.path else "",
        action=_("See it on Commonweave"),
        reason=notice.kind_label,
        unsubscribe=unsubscribe_link(person_id=person.pk, what=notice.kind),
    )
    mail = compose(letter=letter, address=person.email)
    for file in attachments_of(notice.key):
        mail.attach(*file)
    return mail


def _digest(notices: list[Notice], person: User, digest: Delivery) -> EmailMessage:
    entries = [
        Entry(row.title, shortened(row.body, 300), settings.SITE_URL + row.path if row.path else "", row.kind_label)
        for row in notices[-LONGEST_DIGEST:]
    ]
    count = len(notices)
    subject = (
        ngettext("Your day: %(count)s piece of news", "Your day: %(count)s pieces of news", count)
        if digest == Delivery.DAILY
        else ngettext("Your week: %(count)s piece of news", "Your week: %(count)s pieces of news", count)
    ) % {"count": count}
    rest = count - len(entries)
    letter = Letter(
        subject=subject,
        body=ngettext("%(rest)s more is on the page.", "%(rest)s more are on the page.", rest) % {"rest": rest}
        if rest
        else "",
        entries=entries,
        link=settings.SITE_URL + "/notifications/",
        action=_("See all notifications"),
        reason=str(digest.label),
        unsubscribe=unsubscribe_link(person_id=person.pk, what=digest),
    )
    return compose(letter=letter, address=person.email)
