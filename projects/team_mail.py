"""Mailing invitations to a project's team. The address may have no account yet."""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.languages import speaking
from accounts.models import User
from notices.mail import Letter, compose
from projects.models import TeamInvitation

MAILS = 50
MOST_ATTEMPTS = 6
RETRY_AFTER = timedelta(minutes=10)
log = logging.getLogger(__name__)


def mail_invitations(*, now: datetime) -> int:
    """Mail every open invitation once; returns how many went out. One that fails stops no other, and is tried again."""
    due = TeamInvitation.objects.filter(_due(now)).order_by("invited_at").values_list("pk", flat=True)[:MAILS]
    return sum(_send(pk, now) for pk in list(due))


def _due(now: datetime) -> Q:
    fresh = Q(claimed_at=None) | Q(claimed_at__lt=now - RETRY_AFTER)
    return fresh & Q(sent_at=None, closed_at=None, attempts__lt=MOST_ATTEMPTS)


def _send(pk: UUID, now: datetime) -> bool:
    found = TeamInvitation.objects.filter(_due(now), pk=pk)
    if not found.update(claimed_at=now, attempts=F("attempts") + 1):
        return False
    invitation = TeamInvitation.objects.select_related("project", "invited_by").get(pk=pk)
    try:
        with speaking(_language(invitation)):
            mail = compose(letter=_letter(invitation), address=invitation.email)
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("team_mail_failed", extra={"invitation_id": str(pk), "reason": repr(error)})
        return False
    TeamInvitation.objects.filter(pk=pk).update(sent_at=now)
    return True


def _language(invitation: TeamInvitation) -> str:
    """That of the account which the address has, else that of the page on which it was invited."""
    known = User.objects.filter(email__iexact=invitation.email).values_list("language", flat=True).first()
    return known or invitation.language


def _letter(invitation: TeamInvitation) -> Letter:
    facts = {
        "name": invitation.invited_by.public_name, "title": invitation.project.title,
        "role": invitation.get_role_display(),
    }  # fmt: skip
    paragraphs = (
        _("%(name)s invites you to work on %(title)s as %(role)s.") % facts,
        _("Sign in with this mail address, or make an account with it, and answer there."),
        _("If you do not know why you got this, do nothing: nobody joins without accepting."),
    )
    return Letter(
        _("%(name)s invites you to the team of %(title)s") % facts, "\n\n".join(paragraphs),
        link=settings.SITE_URL + invitation.get_absolute_url(), action=_("Answer the invitation"),
    )  # fmt: skip
