"""Making and changing a project before it is approved."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string
from django.utils.text import slugify
from django.utils.translation import gettext

from accounts.models import User
from projects.errors import TransitionRefused
from projects.models import Project
from projects.review.telling import tell_reviewers
from projects.roles import can
from projects.states import change_state
from projects.wizard.checklist import missing_for_review
from values.money import CURRENCIES

RESERVED_SLUGS = frozenset({"new", "mine"})  # Addresses of the site itself.
S = Project.State


USUAL_DAYS, TRAINING_DAYS = timedelta(days=30), timedelta(days=180)


@transaction.atomic
def create_project(*, creator: User, title: str, promise: str, model_kind: str, now: datetime) -> Project:
    """An incomplete draft. Two projects of the same title get different addresses."""
    slug = slugify(title)[:60] or "project"
    project = Project(
        slug=slug, creator=creator, title=title, promise=promise, model_kind=model_kind, currency=CURRENCIES[0],
        funding_model=Project.FundingModel.ALL_OR_NOTHING, deadline_at=now + USUAL_DAYS,
        compute_ends_at=now + USUAL_DAYS + TRAINING_DAYS, platform_fee_bp=settings.PLATFORM_FEE_BP,
        reserve_bp=settings.RESERVE_BP,
    )  # fmt: skip
    if slug in RESERVED_SLUGS or not _is_saved(project):
        project.slug = f"{slug}-{get_random_string(6).lower()}"
        project.save()
    return project


def _is_saved(project: Project) -> bool:
    """Whether the address was still free: asked of the constraint, so that two at the same moment cannot collide."""
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError:
        return False
    return True


@transaction.atomic
def submit(*, project: Project, actor: User, now: datetime) -> bool:
    """Hand the draft to the reviewers. Raises TransitionRefused."""
    if not can(actor, project, "submit"):
        raise TransitionRefused(gettext("Only the project's creator and co-creators submit it."))
    if missing := missing_for_review(project, now):
        raise TransitionRefused(gettext("Still missing: ") + "; ".join(str(check.sentence) for check in missing) + ".")
    if not change_state(project=project, target=S.IN_REVIEW, actor=actor, now=now):
        return False
    tell_reviewers(project=project, now=now)
    return True
