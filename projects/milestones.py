"""Milestones and their evidence; the plan is written before the review and frozen at launch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from projects.errors import EvidenceRefused, PlanRefused
from projects.models import WHOLE_BP, Milestone, MilestoneEvidence, Project

MOST_MILESTONES = 8
LONGEST_EVIDENCE = 4000
DEFAULT = ("Everything", "That the project was funded, and what is done first.")


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone as it was typed: its share in basis points."""

    title: str
    evidence_wanted: str
    share_bp: int
    due_on: date | None = None


@transaction.atomic
def write_plan(*, project: Project, steps: Sequence[Step], takes_late: bool, takes_monthly: bool) -> None:
    """Replace the plan of a project that is not handed in yet. Raises PlanRefused."""
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if locked.state not in Project.EDITABLE_STATES:
        raise PlanRefused("The money plan is fixed once the project is handed in. It is as it was.")
    if not 1 <= len(steps) <= MOST_MILESTONES:
        raise PlanRefused(f"A plan has one to {MOST_MILESTONES} milestones.")
    whole = sum(step.share_bp for step in steps)
    if whole != WHOLE_BP:
        raise PlanRefused(f"The shares make {whole / 100:g} % together; they must make 100 %.")
    locked.milestones.all().delete()
    Milestone.objects.bulk_create(
        Milestone(
            project=locked, number=number, title=step.title, evidence_wanted=step.evidence_wanted,
            share_bp=step.share_bp, due_on=step.due_on,
        )
        for number, step in enumerate(steps, 1)
    )  # fmt: skip
    Project.objects.filter(pk=project.pk).update(takes_late_pledges=takes_late, takes_monthly_support=takes_monthly)


def ensure_plan(project: Project) -> None:
    """A project without a plan is paid in one tranche. Called at launch, inside its transaction."""
    if not project.milestones.exists():
        title, wanted = DEFAULT
        Milestone.objects.create(project=project, number=1, title=title, evidence_wanted=wanted, share_bp=WHOLE_BP)


def add_evidence(*, milestone: Milestone, author: User, text: str, url: str, now: datetime) -> MilestoneEvidence:
    """What shows that a milestone is reached. Raises EvidenceRefused."""
    text = text.strip()
    if not text:
        raise EvidenceRefused("Write what shows that the milestone is reached. Nothing was handed in.")
    return MilestoneEvidence.objects.create(
        milestone=milestone, author=author, text=text[:LONGEST_EVIDENCE], url=url, submitted_at=now
    )
