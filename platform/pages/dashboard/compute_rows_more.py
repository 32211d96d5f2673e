"""Rows behind the compute sections: supply, audits and their cost, runs, invoices, late withdrawals."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.models import ComputePledge, SweepFailure
from compute_pledges.selectors_admin import (
    audit_costs,
    communication_words,
    ended_audits,
    health_words,
    rejected_words,
    run_health,
    waiting_invoices,
)
from compute_pledges.selectors_trust import appeals_until, seats
from compute_pledges.sponsoring.duties import duties_until
from pages.dashboard.compute_sections import THRESHOLDS, supply_rows
from pages.dashboard.money_columns import time_text
from pages.dashboard.rows import Link, RowSource

SUPPLY_COLUMNS = (
    (_("Memory"), lambda row: row.words),
    (_("Machines"), lambda row: row.devices),
    (_("Offers"), lambda row: row.offers),
    (_("Hours a week"), lambda row: row.hours_per_week),
    ("Deliverable H100-equivalent µs", lambda row: row.supply_h100_us),
    (_("Usable with larger classes µs"), lambda row: row.usable_h100_us),
    ("Needed H100-equivalent µs", lambda row: row.demand_h100_us),
    ("Missing H100-equivalent µs", lambda row: row.missing_h100_us),
    (_("Runs"), lambda row: ", ".join(run.name for run in row.runs)),
)
AUDIT_COLUMNS = (
    ("Ended (UTC)", lambda row: time_text(row.finished_at)),
    (_("Project"), lambda row: row.result.lease.run.project.slug),
    (_("Device"), lambda row: Link(row.result.device.name, "pages:acting_device", row.result.device_id)),
    (_("Round"), lambda row: row.result.lease.round.index),
    (_("Lease"), lambda row: row.result.lease_id),
    (_("Attempt"), lambda row: row.attempt),
    (_("Looked at because"), lambda row: row.get_cause_display()),
    (_("Result"), lambda row: row.state),
    (_("Relative distance"), lambda row: row.relative_l2),
    (_("Largest difference of a loss"), lambda row: row.max_loss_difference),
    (_("Seconds"), lambda row: row.seconds),
    (_("Error"), lambda row: row.error),
)
COST_COLUMNS = (
    (_("Project"), lambda row: row.slug),
    (_("Audits"), lambda row: row.audits),
    (_("Passed"), lambda row: row.passed),
    (_("Failed"), lambda row: row.failed),
    (_("Unclear"), lambda row: row.unclear),
    (_("Computed again, H100-equivalent microseconds"), lambda row: row.audited_us),
    (_("Judged, H100-equivalent microseconds"), lambda row: row.judged_us),
    (_("Share in percent"), lambda row: row.share_percent),
    (_("Computed again of machines without a record"), lambda row: row.newcomers_us),
    (_("Judged of machines without a record"), lambda row: row.newcomers_judged_us),
    (_("Share of machines with a record, in percent"), lambda row: row.steady_percent),
    ("Auditors' seconds", lambda row: f"{row.seconds:.3f}"),
)
APPEAL_COLUMNS = (
    ("Opened (UTC)", lambda row: time_text(row.opened_at)),
    (_("Machine"), lambda row: Link(row.device.name, "pages:acting_device", row.device_id)),
    (_("Owner"), lambda row: row.device.owner.email),
    (_("About"), lambda row: row.get_kind_display()),
    (_("State"), lambda row: row.get_state_display()),
    (
        _("Fresh replay"),
        lambda row: row.evidence.get_state_display() if row.evidence else gettext("none: its bytes are gone"),
    ),
    ("Decided (UTC)", lambda row: time_text(row.decided_at) if row.decided_at else ""),
    (_("Blocks given back"), lambda row: row.restored_blocks),
)
SEAT_COLUMNS = (
    (_("Machine"), lambda row: Link(row.device.name, "pages:acting_device", row.device_id)),
    (_("Owner"), lambda row: row.device.owner.email),
    (_("State"), lambda row: row.get_state_display()),
    ("Since (UTC)", lambda row: time_text(row.since)),
    (_("Audits"), lambda row: row.done),
    (_("Planted blocks found"), lambda row: row.caught),
    (_("Planted blocks missed"), lambda row: row.missed),
    (_("Why"), lambda row: row.reason),
)
RUN_COLUMNS = (
    (_("Run"), lambda row: Link(row.name, "compute:run", row.pk)),
    (_("Project"), lambda row: row.project.slug),
    (_("State"), lambda row: row.state),
    (_("Health"), health_words),
    (_("Round"), lambda row: row.round_index),
    (_("Round opened (UTC)"), lambda row: time_text(row.round_opened_at)),
    (_("Loss"), lambda row: row.loss),
    (_("Best loss"), lambda row: row.best_loss),
    (_("Rounds rolled back"), lambda row: row.rolled_back),
    (_("Loss of the last merge taken back"), rejected_words),
    (_("Communication"), communication_words),
    (_("Machines of the last hour"), lambda row: row.machines),
)
INVOICE_COLUMNS = (
    ("Entered (UTC)", lambda row: time_text(row.entered_at)),
    (_("Invoice"), lambda row: Link(str(row), "pages:acting_invoice", row.pk)),
    (_("Project"), lambda row: row.project.slug),
    (_("State"), lambda row: row.state),
    (_("Amount in minor units"), lambda row: row.amount_minor),
    (_("Currency"), lambda row: row.currency),
    ("Billed µs", lambda row: row.billed_us),
    (_("From"), lambda row: row.starts_on.isoformat()),
    (_("Until"), lambda row: row.ends_on.isoformat()),
    (_("Decided by"), lambda row: row.decided_by.email if row.decided_by else ""),
    (_("Reason"), lambda row: row.decision_reason),
)
DUTY_COLUMNS = (
    ("Opened (UTC)", lambda row: time_text(row.opened_at)),
    (_("Project"), lambda row: Link(row.project.slug, "pages:sponsored_ledger", row.project.slug)),
    (_("State"), lambda row: row.state),
    (_("Owed at first, H100-equivalent µs"), lambda row: row.first_owed_us),
    (_("Still owed µs"), lambda row: row.owed_us),
    (_("First machine by (UTC)"), lambda row: time_text(row.start_by_at)),
    ("Began (UTC)", lambda row: time_text(row.started_at) if row.started_at else ""),
    (_("Verified by (UTC)"), lambda row: time_text(row.due_at)),
    ("Ended (UTC)", lambda row: time_text(row.ended_at) if row.ended_at else ""),
    (_("Backers were told"), lambda row: row.told_state),
)
FAILURE_COLUMNS = (
    ("Last (UTC)", lambda row: time_text(row.failed_at)),
    ("First (UTC)", lambda row: time_text(row.first_failed_at)),
    ("Times", lambda row: row.times),
    ("Sweep", lambda row: row.sweep),
    ("Item", lambda row: row.item),
    ("Error", lambda row: row.error),
)
LATE_COLUMNS = (
    ("Withdrawn (UTC)", lambda row: time_text(row.ended_at)),
    (_("Project"), lambda row: row.project.slug),
    (_("Backer"), lambda row: row.backer.email),
    ("Promised µs", lambda row: row.pledged_us),
    (_("Had counted, H100-equivalent µs"), lambda row: row.counted_h100_us),
)


def _late(at: datetime, project_id: int | None) -> QuerySet[ComputePledge]:
    found = ComputePledge.objects.filter(is_late_withdrawal=True, ended_at__lte=at)
    if project_id is not None:
        found = found.filter(project_id=project_id)
    return found.select_related("project", "backer").order_by("-ended_at", "pk")


MORE_COMPUTE_SOURCES = {
    "compute-supply": RowSource(
        _("Supply against demand"),
        _("By memory class, over all projects that take GPU time."),
        SUPPLY_COLUMNS,
        lambda _at, _project: supply_rows(),
        of_now=True,
        in_real_time=True,
    ),
    "appeals": RowSource(
        _("Appeals"),
        _("Of volunteers against a verdict or a rate; those that wait first."),
        APPEAL_COLUMNS,
        appeals_until,
        in_real_time=True,
    ),
    "auditors": RowSource(
        _("Auditors on volunteers' machines"),
        _("Planted blocks say whether they look."),
        SEAT_COLUMNS,
        seats,
        in_real_time=True,
    ),
    "audits": RowSource("Audits", THRESHOLDS, AUDIT_COLUMNS, ended_audits, (("result", "state"),), in_real_time=True),
    "audit-costs": RowSource(
        _("Cost of auditing"),
        _("Work computed again as a share of the work judged, over the 30 days before."),
        COST_COLUMNS,
        lambda at, project: [row for row in audit_costs(at=at) if project in (None, row.project_id)],
        in_real_time=True,
    ),
    "runs": RowSource(
        _("Runs"),
        _("Runs that are not stopped; those that do not go on first."),
        RUN_COLUMNS,
        run_health,
        in_real_time=True,
    ),
    "sponsor-invoices": RowSource(
        _("Invoices of rented machines"), _("Those that wait for a decision first."), INVOICE_COLUMNS, waiting_invoices
    ),
    "rent-duties": RowSource(
        _("Hours to be rented"),
        _("Those that stand first, the soonest to begin before others."),
        DUTY_COLUMNS,
        duties_until,
    ),
    "sweep-failures": RowSource(
        _("What sweeps failed on"),
        _("Each is tried again; it leaves this list once it succeeds."),
        FAILURE_COLUMNS,
        lambda _at, _project: SweepFailure.objects.all(),
        of_now=True,
    ),
    "late-withdrawals": RowSource(
        _("Late withdrawals"), _("GPU pledges taken back after they had counted at a deadline."), LATE_COLUMNS, _late
    ),
}
