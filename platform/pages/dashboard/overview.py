"""What the funding dashboard says, as of a moment: exceptions first, then the two funnels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from compute_pledges.funnel import ComputeRow, compute_funnel, quarantined_devices, stuck_blocks
from compute_pledges.models import SweepFailure
from compute_pledges.selectors_trust import open_appeals, planted_counts
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


def compute_findings(*, now: datetime) -> list[Finding]:
    """Exceptions of the compute side, those that are there."""
    quarantined, drift = quarantined_devices(), len(journal_differences(since=now - DRIFT_SEEN, limit=1000))
    appeals, missed = open_appeals(), planted_counts(device=None)["missed"]
    late, failures = overdue_duties(now=now), SweepFailure.objects.count()
    stuck = stuck_blocks(before=now - STUCK_AFTER)
    found = [
        Finding(f"{quarantined} device{'s'[: quarantined != 1]} in quarantine", quarantined, "quarantine"),
        Finding(f"{appeals} appeal{'s'[: appeals != 1]} of volunteers waiting for a person", appeals, "appeals"),
        Finding(
            f"{missed} planted block{'s'[: missed != 1]} that the platform's own auditors passed", missed, "audits"
        ),
        Finding(
            f"{late} project{'s'[: late != 1]} whose creators owe rented hours and have not begun in time",
            late,
            "rent-duties",
        ),
        Finding(f"{failures} item{'s'[: failures != 1]} that sweeps fail on", failures, "sweep-failures"),
        Finding(f"{drift} block{'s'[: drift != 1]} whose state and journal disagree", drift, "compute-differences"),
        Finding(f"{stuck} block{'s'[: stuck != 1]} waiting for a check for over 15 minutes", stuck, ""),
    ]
    return [finding for finding in found if finding.count]


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

    rows: list[ComputeRow]
    device: dict[str, int]
    h100: dict[str, int]
    chart: list[Bar]


def compute_summary(*, at: datetime) -> ComputeSummary:
    """Sums over all projects. Device time and H100-equivalents stay apart."""
    rows = compute_funnel(at=at)
    device = {stage: sum(getattr(row, stage).device_us for row in rows) for stage in ComputeRow.STAGES}
    h100 = {stage: sum(getattr(row, stage).h100_us for row in rows) for stage in ComputeRow.STAGES}
    shown = ("promised", "delivered", "verified", "settled", "reversed")
    chart = bars([(stage, device[stage], format_gpu_time(device[stage]), stage != "promised") for stage in shown])
    return ComputeSummary(rows, device, h100, chart)
