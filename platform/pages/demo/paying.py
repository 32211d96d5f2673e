"""Tranches of the demo: evidence, a release by an admin with whom nobody signs in, the transfer by the workers."""

from __future__ import annotations

from datetime import datetime

import requests
from django.conf import settings

from accounts.models import User
from pages.demo.reading import DemoProject
from payments.models import Payout, PayoutRecipient
from payments.services.paying_out import release_payout, request_payout
from payments.services.recipients import begin_onboarding, refresh_recipient
from payments.services.settling import settle_available
from projects.models import Project

PATIENCE_SECONDS = 10
REASON = "Looked at what was handed in: it is what the plan asks for."


def steward() -> User:
    """The admin of what came before, so that the demo's own admin may decide on what follows."""
    email = "steward@demo.example"
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, None, name="Steward", is_staff=True)


def pay(project: Project, demo: DemoProject, *, now: datetime) -> None:
    """Ask for a tranche for each evidence in the file, and release the first `paid` of them; once."""
    shown = demo.more.get("evidence", [])
    if not shown or Payout.objects.filter(project=project).exists():
        return
    _onboard(project.creator, now)
    settle_available(now=now)
    for milestone, text in zip(project.milestones.order_by("number"), shown, strict=False):
        payout = request_payout(milestone_id=milestone.pk, by=project.creator, text=text, url="", now=now)
        if milestone.number <= demo.more["paid"]:
            release_payout(payout_id=payout.pk, by=steward(), reason=REASON, now=now)


def _onboard(creator: User, now: datetime) -> None:
    """As the creator's browser would at the stand-in's page."""
    if PayoutRecipient.objects.filter(user=creator, is_active=True).exists():
        return
    link = begin_onboarding(user=creator, return_url=settings.SITE_URL)
    requests.post(link, timeout=PATIENCE_SECONDS, allow_redirects=False).raise_for_status()
    refresh_recipient(user=creator, now=now)
