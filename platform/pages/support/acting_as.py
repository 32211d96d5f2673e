"""Seeing the site as a person: begun with a reason, read-only, over after half an hour, kept with what staff did."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import ActingSession
from audit.services import record_action

LASTS = timedelta(minutes=30)
SESSION_KEY = "acting_session"


class ActingRefused(Exception):
    """The person may not be seen as; the message is a sentence for the admin."""


@transaction.atomic
def begin(*, admin: User, person: User, reason: str, now: datetime) -> ActingSession:
    """Begin. Raises ActingRefused, ReasonMissing."""
    if not admin.is_admin or admin.pk == person.pk:
        raise ActingRefused(_("Only an admin sees the site as somebody else."))
    if not person.is_active or person.is_staff or person.is_reviewer:
        raise ActingRefused(_("Nobody is seen as who has rights over others, or as a closed account."))
    record_action(actor=admin, action="see_as", subject=f"user:{person.pk}", reason=reason, now=now)
    return ActingSession.objects.create(
        admin=admin, person=person, reason=reason.strip()[:1000], started_at=now, ends_at=now + LASTS
    )


@transaction.atomic
def end(*, session: ActingSession, now: datetime) -> None:
    """End, and keep when; again is quiet."""
    if ActingSession.objects.filter(pk=session.pk, ended_at=None).update(ended_at=now):
        words = _("Ended after seeing the site as this person.")
        record_action(
            actor=session.admin, action="see_as_ended", subject=f"user:{session.person_id}", reason=words, now=now
        )


def standing(*, session_id: object, admin: User, now: datetime) -> ActingSession | None:
    """The session where it still stands for this admin."""
    if not isinstance(session_id, int) or not admin.is_admin:
        return None
    found = ActingSession.objects.filter(pk=session_id, admin=admin, ended_at=None, ends_at__gt=now)
    return found.select_related("person", "admin").first()
