"""What a draft lacks before it is handed in. Saving asks for none of it; handing in for all that is not advice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import WHOLE_BP, DataSource, Project
from values.money import Money
from values.numbers import share_words


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist; `step` is where it is mended. Advice does not stop the hand-in."""

    step: str
    sentence: str | Promise
    is_done: bool
    is_advice: bool = False


def checklist(project: Project, now: datetime) -> list[Check]:
    """Every line, in the order of the steps."""
    return [check for make in _CHECKS for check in make(project, now)]


def missing_for_review(project: Project, now: datetime) -> list[Check]:
    """What must be done before the project is handed in; empty when it may go."""
    return [check for check in checklist(project, now) if not check.is_done and not check.is_advice]


def _basics(project: Project, now: datetime) -> list[Check]:
    return [
        Check("basics", _("A title and a promise in one sentence"), bool(project.title and project.promise)),
        Check("basics", _("A story: what is made, how it is judged"), bool(project.story.strip())),
    ]


def _goals(project: Project, now: datetime) -> list[Check]:
    goals = (
        project.funding_minimum, project.funding_stretch, project.compute_minimum_us, project.compute_stretch_us,
    )  # fmt: skip
    return [
        Check("goals", _("At least one goal, in money or in compute"), any(goals)),
        Check("goals", _("A deadline that is ahead"), project.deadline_at > now),
        Check(
            "goals", _("The size of the model and of its training, for the estimate"),
            bool(project.planned_parameters and project.planned_tokens), is_advice=True,
        ),
    ]  # fmt: skip


def _budget(project: Project, now: datetime) -> list[Check]:
    checks = [Check("budget", _("Budget lines: where the money and the hours go"), project.budget_lines.exists())]
    total = project.budget_lines.aggregate(total=Sum("amount_minor"))["total"] or 0
    if total and project.funding_minimum:
        words = gettext("Money in the budget that makes the minimum: %(total)s of %(minimum)s") % {
            "total": Money(total, project.currency), "minimum": project.minimum,
        }  # fmt: skip
        checks.append(Check("budget", words, total == project.funding_minimum, is_advice=True))
    return checks


def _milestones(project: Project, now: datetime) -> list[Check]:
    if not (project.funding_minimum or project.funding_stretch):
        return []
    whole = project.milestones.aggregate(whole=Sum("share_bp"))["whole"] or 0
    if not whole:
        return [
            Check("milestones", _("Milestones; without any you are paid in one tranche"), is_done=False, is_advice=True)
        ]
    words = gettext("Shares of the milestones that make %(whole)s; they make %(share)s") % {
        "whole": share_words(WHOLE_BP), "share": share_words(whole),
    }  # fmt: skip
    return [Check("milestones", words, whole == WHOLE_BP)]


def _rewards(project: Project, now: datetime) -> list[Check]:
    return [Check("rewards", _("At least one reward"), project.rewards.exists())]


def _openness(project: Project, now: datetime) -> list[Check]:
    licenses = (project.weights_license, project.data_license, project.code_license)
    consents = set(project.data_sources.values_list("consent", flat=True))
    return [
        Check("openness", _("Licences of weights, data and code"), all(licenses)),
        Check("openness", _("What is released, and by when"), project.promised_outputs.exists()),
        Check("openness", _("The sources of the data"), bool(consents)),
        Check(
            "openness",
            _("Every source cleared for this use"),
            bool(consents) and DataSource.Consent.UNCLEAR not in consents,
            is_advice=True,
        ),
    ]


def _risks(project: Project, now: datetime) -> list[Check]:
    return [Check("risks", _("At least one risk, and what you do about it"), project.risks.exists())]


_CHECKS: tuple[Callable[[Project, datetime], list[Check]], ...] = (
    _basics, _goals, _budget, _milestones, _rewards, _openness, _risks,
)  # fmt: skip
