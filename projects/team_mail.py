"""Telling people of a project's team: who is invited, and the creator of who answered.

An account gets a notice, which comes as its owner chose; an address without one gets a mail.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.languages import speaking
from accounts.models import User
from notices.kinds import Kind
from notices.mail import Letter, compose
from notices.services import tell
from projects.models import TeamInvitation

MAILS = 50
MOST_ATTEMPTS = 6
RETRY_AFTER = timedelta(minutes=10)
log = logging.getLogger(__name__)


def tell_invited(*, invitation: TeamInvitation, now: datetime) -> bool:
    """Tell the account that the address has; False where it has none, so that a mail goes to it."""
    people = list(User.objects.filter(email__iexact=invitation.email, is_active=True).values_list("pk", flat=True))
    tell(
        kind=Kind.TEAM, people=people, key=f"invited:{invitation.pk}", title=lambda: _letter(invitation).subject,
        body=lambda: _offer(invitation), path=invitation.get_absolute_url(), now=now,
    )  # fmt: skip
    return bool(people)


def tell_answer(*, invitation: TeamInvitation, user: User, accepts: bool, now: datetime) -> None:
    """Tell the creator that somebody joined, or does not."""
    facts = {"name": user.public_name, "title": invitation.project.title}

    def title() -> str:
        joined, declined = _("%(name)s joined the team of %(title)s"), _("%(name)s does not join the team of %(title)s")
        return (joined if accepts else declined) % facts

    tell(
        kind=Kind.TEAM, people=[invitation.project.creator_id], key=f"answered:{invitation.pk}", title=title,
        path=reverse("projects:team", args=[invitation.project.slug]), now=now,
    )  # fmt: skip


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


def _facts(invitation: TeamInvitation) -> dict[str, str]:
    return {
        "name": invitation.invited_by.public_name, "title": invitation.project.title,
        "role": invitation.get_role_display(),
    }  # fmt: skip


def _offer(invitation: TeamInvitation) -> str:
    return _("%(name)s invites you to work on %(title)s as %(role)s.") % _facts(invitation)


def _letter(invitation: TeamInvitation) -> Letter:
    paragraphs = (
        _offer(invitation),
        _("Sign in with this mail address, or make an account with it, and answer there."),
        _("If you do not know why you got this, do nothing: nobody joins without accepting."),
    )
    return Letter(
        _("%(name)s invites you to the team of %(title)s") % _facts(invitation), "\n\n".join(paragraphs),
        link=settings.SITE_URL + invitation.get_absolute_url(), action=_("Answer the invitation"),
    )  # fmt: skip
