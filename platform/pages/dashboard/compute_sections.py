"""The compute half below its funnel: exceptions first, supply against demand, audits, runs. Each leads to its rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.matching.supply import ClassRow, supply_and_demand
from compute_pledges.models import Device, RentDuty, SponsorInvoice, TrainingRun
from compute_pledges.selectors_admin import (
    audit_costs,
    communication_words,
    health_words,
    percent_of,
    quarantine_queue,
    rejected_words,
    run_health,
    waiting_invoices,
)
from compute_pledges.sponsoring.duties import duties_until
from pages.dashboard.money_sections import FEW, Section
from pages.dashboard.rows import Link, narrowed
from projects.models import Project
from training_cluster.protocol_audit import (
    ACCEPT_LOSS_DIFFERENCE,
    ACCEPT_RELATIVE_L2,
    ACCEPT_SEGMENT_L2,
    REJECT_RELATIVE_L2,
    REJECT_SEGMENT_L2,
)
from values.gpu_time import format_gpu_time
from values.numbers import decimal_words, percent_words

COSTS_SECONDS = 60
State = Project.State
ASKS = (State.LIVE, State.COLLECTING, State.FUNDED, State.DELIVERING)
THRESHOLDS = format_lazy(
    _(
        "A replay passes up to a relative distance of {accept_relative_l2} and fails above "
        "{reject_relative_l2} (within a segment {accept_segment_l2} and {reject_segment_l2}); losses "
        "may differ by {accept_loss_difference}. One pass verifies, two failures condemn."
    ),
    accept_relative_l2=ACCEPT_RELATIVE_L2,
    reject_relative_l2=REJECT_RELATIVE_L2,
    accept_segment_l2=ACCEPT_SEGMENT_L2,
    reject_segment_l2=REJECT_SEGMENT_L2,
    accept_loss_difference=ACCEPT_LOSS_DIFFERENCE,
)


def supply_rows() -> list[ClassRow]:
    """Memory classes over all projects that take GPU time."""
    return supply_and_demand(projects=Project.objects.filter(state__in=ASKS))


def compute_sections(*, now: datetime, business: datetime) -> list[Section]:
    """At most fourteen queries. `now` is real time, as machines' work is; duties and bills go by business time."""
    by_machines = [replace(section, at=now) for section in (_quarantine(), _supply(), _audits(now), _runs(now))]
    return [*by_machines, _duties(business), _invoices(business)]


def _quarantine() -> Section:
    rows = list(quarantine_queue()[: FEW + 1])
    cells = [quarantine_cells(device) for device in rows[:FEW]]
    labels = (
        gettext("Device"),
        gettext("Owner"),
        gettext("Why"),
        gettext("Taken back"),
        gettext("Blocks"),
        gettext("Last block (UTC)"),
    )
    explains = gettext("They get no work until a person has looked at the evidence.")
    keys = (("devices", "quarantine"),)
    return Section(gettext("Quarantine"), explains, labels, cells, keys, gettext("No device waits."), len(rows) > FEW)


def quarantine_cells(device: Device) -> list[object]:
    """A row of the queue; `device` is one of `quarantine_queue`."""
    last = getattr(device, "last_block_at", None)
    return [
        Link(device.name, "pages:acting_device", device.pk),
        device.owner.email,
        device.quarantine_reason,
        format_gpu_time(getattr(device, "reversed_us", 0)),
        getattr(device, "reversed_blocks", 0),
        f"{last:%d %b %Y, %H:%M}" if last else "",
    ]


def _supply() -> Section:
    cells = [supply_cells(row) for row in supply_rows()]
    labels = ("Memory", "Machines", "Offers", "Hours a week", "Deliverable", "Needed", "Missing", "Runs")
    explains = gettext(
        "Of all projects that take GPU time, in H100-equivalents. A run can use its class and every larger one."
    )
    return Section(
        gettext("Supply against demand, by memory"), explains, labels, cells, (("classes", "compute-supply"),), ""
    )


def supply_cells(row: ClassRow) -> list[object]:
    """A memory class; each figure leads to what it is made of."""
    figures = (
        (row.devices, "class-machines"), (row.offers, "class-offers"), (row.hours_per_week, "class-pledges"),
        (format_gpu_time(row.supply_h100_us), "class-machines"), (format_gpu_time(row.demand_h100_us), "class-runs"),
    )  # fmt: skip
    linked = [narrowed(f"{text}", key, **{"class": str(row.index)}) for text, key in figures]
    runs = narrowed(f"{len(row.runs)}", "class-runs", **{"class": str(row.index)})
    return [row.words, *linked, format_gpu_time(row.missing_h100_us), runs]


def _audits(now: datetime) -> Section:
    rows = cache.get_or_set("dashboard:audit-costs", lambda: audit_costs(at=now), COSTS_SECONDS) or []
    cells = [
        [
            row.title,
            row.audits,
            row.passed,
            row.failed,
            row.unclear,
            percent_words(row.share_percent),
            percent_words(row.steady_percent),
            f"{decimal_words(row.seconds, 0)} s",
        ]
        for row in sorted(rows, key=lambda row: -row.failed)[:FEW]
    ]
    share = percent_of(sum(row.audited_us for row in rows), sum(row.judged_us for row in rows))
    steady = percent_of(sum(row.steady_us for row in rows), sum(row.steady_judged_us for row in rows))
    explains = gettext(
        "%(thresholds)s Of the work judged in 30 days, %(share)s was computed again; of "
        "machines with a record, %(steady)s (read once a minute)."
    ) % {"thresholds": THRESHOLDS, "share": percent_words(share), "steady": percent_words(steady)}
    labels = (
        gettext("Project"),
        gettext("Audits"),
        gettext("Passed"),
        gettext("Failed"),
        gettext("Unclear"),
        gettext("Cost as a share"),
        gettext("With a record alone"),
        gettext("Time of auditors"),
    )
    keys = (("audits", "audits"), ("costs", "audit-costs"), ("auditors", "auditors"), ("appeals", "appeals"))
    return Section(
        gettext("Audits"), explains, labels, cells, keys, gettext("None has ended in 30 days."), len(rows) > FEW
    )


def _runs(now: datetime) -> Section:
    rows = list(run_health(now, None)[: FEW + 1])
    cells = [run_cells(run, now) for run in rows[:FEW]]
    labels = (
        gettext("Run"),
        gettext("Project"),
        gettext("Health"),
        gettext("Round"),
        gettext("Since"),
        gettext("Loss"),
        gettext("Best"),
        gettext("Rolled back"),
        gettext("Refused loss"),
        gettext("Communication"),
        gettext("Machines, last hour"),
    )
    explains = gettext("Runs that are not stopped; those that do not go on first.")
    return Section(
        gettext("Runs"), explains, labels, cells, (("runs", "runs"),), gettext("None is running."), len(rows) > FEW
    )


def run_cells(run: TrainingRun, at: datetime) -> list[object]:
    """A row of `run_health`."""
    opened = getattr(run, "round_opened_at", None)
    index, loss, best = (getattr(run, name, None) for name in ("round_index", "loss", "best_loss"))
    return [
        Link(run.name, "compute:run", run.pk), run.project.title, health_words(run),
        "" if index is None else index, _age(at - opened) if opened else "",
        "" if loss is None else decimal_words(loss, 4), "" if best is None else decimal_words(best, 4),
        getattr(run, "rolled_back", 0), rejected_words(run), communication_words(run), getattr(run, "machines", 0),
    ]  # fmt: skip


def _age(time: timedelta) -> str:
    seconds = max(int(time.total_seconds()), 0)
    units = ((2 * 86_400, 86_400, "days"), (7200, 3600, "h"), (120, 60, "min"), (0, 1, "s"))
    unit, name = next((unit, name) for least, unit, name in units if seconds >= least)
    return f"{seconds // unit} {name}"


def _duties(now: datetime) -> Section:
    rows = list(duties_until(now, None).filter(state__in=RentDuty.STANDING)[: FEW + 1])
    cells = [duty_cells(row, now) for row in rows[:FEW]]
    labels = (
        gettext("Project"),
        gettext("State"),
        gettext("Still owed"),
        gettext("First machine by"),
        gettext("Verified by"),
        gettext("Creator"),
    )
    explains = gettext(
        "Promised at the launch: rented machines make up for hours that stay away, as far as the plan goes."
    )
    keys = (("duties", "rent-duties"),)
    return Section(
        gettext("Hours to be rented"), explains, labels, cells, keys, gettext("Nobody owes any."), len(rows) > FEW
    )


def duty_cells(row: RentDuty, at: datetime) -> list[object]:
    """A row of `duties_until`."""
    return [
        Link(row.project.title, "pages:sponsored_ledger", row.project.slug),
        "late" if row.is_overdue(at) else row.get_state_display(), format_gpu_time(row.owed_us),
        f"{row.start_by_at:%d %b %Y}", f"{row.due_at:%d %b %Y}", row.project.creator.email,
    ]  # fmt: skip


def _invoices(now: datetime) -> Section:
    rows = list(waiting_invoices(now, None).filter(state=SponsorInvoice.State.ENTERED)[: FEW + 1])
    cells = [
        [Link(str(row), "pages:acting_invoice", row.pk), row.project.title, row.amount, format_gpu_time(row.billed_us),
         f"{row.starts_on:%d %b %Y} to {row.ends_on:%d %b %Y}", row.entered_by.email]
        for row in rows[:FEW]
    ]  # fmt: skip
    labels = (
        gettext("Invoice"),
        gettext("Project"),
        gettext("Amount"),
        gettext("Billed"),
        gettext("Period"),
        gettext("Entered by"),
    )
    explains = gettext("Rented machines: an invoice is public and counts once another admin has confirmed it.")
    keys = (("invoices", "sponsor-invoices"),)
    return Section(
        gettext("Invoices of rented machines"), explains, labels, cells, keys, gettext("None waits."), len(rows) > FEW
    )
