"""Rows of GPU time behind the dashboard's figures. Times are integer microseconds, so that sums are exact."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from compute_pledges.funnel import promised_pledges
from compute_pledges.models import ComputePledge, Device, GpuTimeEntry
from compute_pledges.selectors_admin import quarantine_queue
from compute_pledges.services.reconcile import journal_differences
from pages.dashboard.rows import Link, RowSource

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
ENTRY_COLUMNS = (
    ("Recorded (UTC)", lambda entry: entry.recorded_at.isoformat()),
    ("Project", lambda entry: entry.project.slug),
    ("Pledge", lambda entry: entry.pledge_id),
    ("Device", lambda entry: entry.device.name),
    ("Lease", lambda entry: entry.lease_id),
    ("From", lambda entry: entry.debit),
    ("To", lambda entry: entry.credit),
    ("Device µs", lambda entry: entry.device_us),
    ("H100-equivalent µs", lambda entry: entry.h100_us),
)
PLEDGE_COLUMNS = (
    ("Made (UTC)", lambda pledge: pledge.created_at.isoformat()),
    (_("Project"), lambda pledge: pledge.project.slug),
    (_("Backer"), lambda pledge: pledge.backer.email),
    (_("State"), lambda pledge: pledge.state),
    ("GPU", lambda pledge: pledge.catalog_slug),
    ("Promised µs", lambda pledge: pledge.pledged_us),
    (_("Machine behind it since (UTC)"), lambda pledge: pledge.accepted_at.isoformat()),
    (_("Counted then, H100-equivalent µs"), lambda pledge: pledge.counted_then),
)
DEVICE_COLUMNS = (
    (_("Device"), lambda device: Link(device.name, "pages:acting_device", device.pk)),
    (_("Owner"), lambda device: device.owner.email),
    ("Paired (UTC)", lambda device: device.paired_at.isoformat()),
    (_("Why"), lambda device: device.quarantine_reason),
    (_("Taken back µs"), lambda device: device.reversed_us),
    (_("Blocks taken back"), lambda device: device.reversed_blocks),
    (_("Last block (UTC)"), lambda device: device.last_block_at.isoformat() if device.last_block_at else ""),
)
DIFFERENCE_COLUMNS = (
    (_("Lease"), lambda row: row["lease_id"]),
    (_("Stored state"), lambda row: row["state"]),
    ("Stored µs", lambda row: row["device_us"]),
    ("Journal µs", lambda row: row["journal_us"]),
)


def _entries(into: tuple[str, ...], out_of: tuple[str, ...] = ()) -> Any:
    def rows(at: datetime, project_id: int | None) -> QuerySet[GpuTimeEntry]:
        moved = Q(credit__in=into) | Q(debit__in=out_of, credit=GpuTimeEntry.Account.VERIFIED)
        found = GpuTimeEntry.objects.filter(moved, recorded_at__lte=at)
        if project_id is not None:
            found = found.filter(project_id=project_id)
        return found.select_related("project", "device").order_by("-pk")

    return rows


def _pledges(at: datetime, project_id: int | None) -> QuerySet[ComputePledge]:
    found = promised_pledges(at=at)
    if project_id is not None:
        found = found.filter(project_id=project_id)
    return found.select_related("project", "backer").order_by("-created_at", "pk")


def _quarantined(at: datetime, project_id: int | None) -> QuerySet[Device]:
    return quarantine_queue()


def _differences(at: datetime, project_id: int | None) -> list[dict[str, object]]:
    return journal_differences(since=BEGINNING, limit=1000)


COMPUTE_SOURCES = {
    "compute-promised": RowSource(
        _("Promised GPU time"),
        _(
            "GPU pledges that a working machine stood behind at that moment, and those that were "
            "kept, if only in part. Offers, and what was declined, withdrawn or had expired by then, "
            "are no promise."
        ),
        PLEDGE_COLUMNS,
        _pledges,
    ),
    "compute-delivered": RowSource(
        _("Delivered GPU time"),
        _("Movements into the account of reported work."),
        ENTRY_COLUMNS,
        _entries(("reported",)),
    ),
    "compute-verified": RowSource(
        _("Verified GPU time"),
        _("Movements into verified and, where work was taken back, out of it again: the figure is their difference."),
        ENTRY_COLUMNS,
        _entries(("verified", "reversed")),
    ),
    "compute-settled": RowSource(
        _("Settled GPU time"), _("Verified work past its dispute window."), ENTRY_COLUMNS, _entries(("settled",))
    ),
    "compute-rejected": RowSource(
        _("Refused GPU time"),
        _("Work that failed a check, and out of it again what an appeal brought back: the figure is their difference."),
        ENTRY_COLUMNS,
        _entries(("rejected",), ("rejected",)),
    ),
    "compute-reversed": RowSource(
        _("GPU time taken back"),
        _(
            "Work that had been verified before a later check failed, and out of it again what an "
            "appeal brought back: the figure is their difference."
        ),
        ENTRY_COLUMNS,
        _entries(("reversed",), ("reversed",)),
    ),
    "quarantine": RowSource(
        _("Devices in quarantine"),
        _("They get no work until a person decides."),
        DEVICE_COLUMNS,
        _quarantined,
        of_now=True,
    ),
    "compute-differences": RowSource(
        _("Differences in GPU time"),
        _("Blocks whose stored state and journal disagree."),
        DIFFERENCE_COLUMNS,
        _differences,
        of_now=True,
    ),
}
