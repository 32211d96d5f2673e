"""Milestones and their evidence; the plan is written before the review and frozen at launch."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from projects.errors import EvidenceRefused
from projects.models import WHOLE_BP, Milestone, MilestoneEvidence, Project

MOST_MILESTONES = 8
LONGEST_EVIDENCE = 4000
DEFAULT = (_("Everything"), _("That the project was funded, and what is done first."))


def ensure_plan(project: Project) -> None:
    """A project without a plan is paid in one tranche. Called at launch, inside its transaction."""
    if not project.milestones.exists():
        title, wanted = DEFAULT
        Milestone.objects.create(
            project=project, number=1, title=str(title), evidence_wanted=str(wanted), share_bp=WHOLE_BP
        )


def add_evidence(*, milestone: Milestone, author: User, text: str, url: str, now: datetime) -> MilestoneEvidence:
    """What shows that a milestone is reached. Raises EvidenceRefused."""
    text = text.strip()
    if not text:
        raise EvidenceRefused(gettext("Write what shows that the milestone is reached. Nothing was handed in."))
    return MilestoneEvidence.objects.create(
        milestone=milestone, author=author, text=text[:LONGEST_EVIDENCE], url=url, submitted_at=now
    )
