"""What the funding dashboard says, as of a moment: exceptions first, then the two funnels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from compute_pledges.exceptions import compute_counts
from compute_pledges.funnel import Funnel, compute_funnel
from compute_pledges.services.reconcile import journal_differences
from compute_pledges.sponsoring.duties import overdue_duties
from pages.dashboard.charts import Bar, bars
from projects.meters import Meter, meters_of
from projects.models import Project
from projects.totals import Totals, totals_of
from values.gpu_time import format_gpu_time

AT_RISK_DAYS = 14
STUCK_AFTER = timedelta(minutes=15)
PROJECTS_SHOWN = 50
# What moved before that is looked at by `audit_compute`.
DRIFT_SEEN = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should look at; `rows` is the key of its rows, or empty."""

    sentence: str
    count: int
    rows: str


@dataclass(frozen=True, slots=True)
class AtRisk:
    """A live project that would fail if it closed now."""

    project: Project
    meters: list[Meter]


def compute_findings(*, now: datetime, business: datetime) -> list[Finding]:
    """Exceptions of the compute side, those that are there; three queries. `now` is real time."""
    counts = compute_counts(now=now, waiting_since=now - STUCK_AFTER)
    drift = len(journal_differences(since=now - DRIFT_SEEN, limit=1000))
    late = overdue_duties(now=business)
    found = (
        (drift, gettext("block{s} whose state and journal disagree"), "compute-differences"),
        (counts.stuck_runs, gettext("run{s} that do{es} not go on: a silent anchor, or one that says why"), "runs"),
        (counts.quarantined, gettext("device{s} in quarantine"), "quarantine"),
        (counts.appeals, gettext("appeal{s} of volunteers waiting for a person"), "appeals"),
        (counts.missed, gettext("planted block{s} that the platform's own auditors passed"), "audits"),
        (late, gettext("project{s} whose creators owe rented hours and have not begun in time"), "rent-duties"),
        (counts.failures, gettext("item{s} that sweeps fail on"), "sweep-failures"),
        (counts.waiting, gettext("block{s} waiting for a check for over 15 minutes"), "blocks-waiting"),
    )
    return [
        Finding(f"{number} {words.format(s='s'[: number != 1], es='es'[: 2 * (number == 1)])}", number, key)
        for number, words, key in found
        if number
    ]


def projects_at_risk(*, now: datetime) -> list[AtRisk]:
    """Live projects within two weeks of their deadline with a minimum not yet pledged, the nearest deadline first."""
    near = Project.objects.filter(
        state=Project.State.LIVE, deadline_at__gt=now, deadline_at__lte=now + timedelta(days=AT_RISK_DAYS)
    )
    projects = list(near.order_by("deadline_at")[:PROJECTS_SHOWN])
    totals = totals_of(projects)
    missing = [project for project in projects if _is_short(project, totals[project.pk])]
    return [AtRisk(project, meters_of(project, totals[project.pk])) for project in missing]


def _is_short(project: Project, totals: Totals) -> bool:
    compute = max(totals.compute_pledged, totals.compute_realized)
    return totals.money_pledged < project.funding_minimum or compute < project.compute_minimum_us


@dataclass(frozen=True, slots=True)
class ComputeSummary:
    """The compute funnel with its sums in both units and its chart."""

    funnel: Funnel
    device: dict[str, int]
    h100: dict[str, int]
    chart: list[Bar]


def compute_summary(*, at: datetime) -> ComputeSummary:
    """Sums over all projects. Device time and H100-equivalents stay apart."""
    funnel = compute_funnel(at=at)
    device = {stage: amount.device_us for stage, amount in funnel.total.items()}
    h100 = {stage: amount.h100_us for stage, amount in funnel.total.items()}
    shown = ("promised", "delivered", "verified", "settled", "reversed")
    chart = bars([(stage, device[stage], format_gpu_time(device[stage]), stage != "promised") for stage in shown])
    return ComputeSummary(funnel, device, h100, chart)
