"""Celery's part of projects: the sweep that finds what a lost hint left."""

import logging

from celery import shared_task
from django.db import DatabaseError

from clock.services import business_now
from projects.closing import close_project
from projects.community.telling import sweep_notes
from projects.discovery.ranking import rank_projects as rank
from projects.discovery.saved import look_again
from projects.errors import ProjectError
from projects.fulfilment.asking import remind_and_erase
from projects.models import Project
from projects.openness.checking import check_links as check_links_now
from projects.openness.releasing import open_to_everyone
from projects.referrals import write_down_visits
from projects.review.telling import watch_target_times
from projects.team_mail import mail_invitations

logger = logging.getLogger(__name__)


@shared_task
def close_due_projects() -> int:
    """Close every live project whose deadline is reached. One that fails is logged and never stops the others."""
    now = business_now()
    closed = 0
    for project_id in Project.objects.due(now).order_by("deadline_at").values_list("pk", flat=True)[:200]:
        try:
            close_project(project_id=project_id, now=now)
            closed += 1
        except (ProjectError, DatabaseError):
            logger.exception("project_closing_failed project=%s", project_id)
    return closed


@shared_task
def rank_projects() -> int:
    """Take the figures afresh that lists sort by."""
    return rank(now=business_now())


@shared_task
def publish_notes() -> int:
    """Publish scheduled lab notes, and tell backers and followers of what is new."""
    return sweep_notes(now=business_now())


@shared_task
def mail_team_invitations() -> int:
    """Mail what creators invited."""
    return mail_invitations(now=business_now())


@shared_task
def ask_for_answers() -> int:
    """Remind backers of what their rewards wait for, and erase addresses whose time is over."""
    return remind_and_erase(now=business_now())


@shared_task
def watch_reviews() -> int:
    """Tell reviewers of submissions whose target time is near or over."""
    return watch_target_times(now=business_now())


@shared_task
def look_at_searches() -> int:
    """Tell people of what their saved searches find anew."""
    return look_again(now=business_now())


@shared_task
def check_links() -> int:
    """Read what releases link to, and compare the hashes."""
    return check_links_now(now=business_now())


@shared_task
def open_releases() -> int:
    """Tell followers of what backers had first and everyone has by now."""
    return open_to_everyone(now=business_now())


@shared_task
def write_visits() -> int:
    """Add the visits that Redis counted to their days."""
    return write_down_visits()
