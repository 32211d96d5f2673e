"""The weave on the pages of projects, which know nothing of runs themselves."""

from __future__ import annotations

from django import template
from django.db.models import Exists, OuterRef
from django.utils import timezone

from compute_pledges.live import Weave, weave_of
from compute_pledges.models import HoursOffer, Round, TrainingRun
from compute_pledges.project_runs import ProjectRuns, newest_runs
from compute_pledges.selectors import offered_h100_us
from compute_pledges.services.size_estimates import SizeEstimate, estimate_size
from projects.models import Project
from values.gpu_time import format_gpu_time

register = template.Library()


@register.simple_tag
def project_weave(project: Project) -> Weave | None:
    """The project's newest run that has closed a round as a weave, else its newest; None where no machine worked."""
    closed = Exists(Round.objects.filter(run=OuterRef("pk"), closed_at__isnull=False))
    runs = TrainingRun.objects.filter(project=project).annotate(is_woven=closed).select_related("project")
    return _drawn(runs.order_by("-is_woven", "-created_at").first())


@register.simple_tag
def project_runs(project: Project) -> ProjectRuns:
    """The project's newest runs and releases."""
    return newest_runs(project)


@register.simple_tag
def liveliest_weave() -> Weave | None:
    """The public run whose newest round is the newest of all, or None."""
    runs = TrainingRun.objects.filter(rounds__closed_at__isnull=False).select_related("project")
    return _drawn(runs.exclude(project__state__in=Project.PRIVATE_STATES).order_by("-rounds__closed_at").first())


def _drawn(run: TrainingRun | None) -> Weave | None:
    weave = weave_of(run, now=timezone.now()) if run is not None else None
    return weave if weave and (weave.machines or weave.thread) else None


@register.simple_tag
def open_offer(project: Project) -> HoursOffer | None:
    """Hours that a funded project lacks and offers to other volunteers, or None."""
    return HoursOffer.objects.filter(project=project, closed_at=None).first()


@register.simple_tag
def offered_time(project: Project) -> str:
    """H100-equivalent time that is offered but does not count towards the goal; empty when there is none."""
    offered_us = offered_h100_us(project)
    return format_gpu_time(offered_us) if offered_us else ""


@register.simple_tag
def size_estimate(parameters: int, tokens: int) -> SizeEstimate:
    """What a model of this size takes to train on so many tokens."""
    return estimate_size(parameters=parameters, tokens=tokens)
