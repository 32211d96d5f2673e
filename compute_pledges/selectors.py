"""Reads for the compute pages. A pledge's figures come from the journal, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, DecimalField, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce

from accounts.models import User
from compute_pledges.catalog import CATALOG
from compute_pledges.models import ComputePledge, Device, GpuTimeEntry, PledgeWeek, WorkResult
from projects.models import Project

Account = GpuTimeEntry.Account
State = ComputePledge.State
# Microseconds times parts per billion do not fit 64 bits.
WIDE: DecimalField[int, int] = DecimalField(max_digits=40, decimal_places=0)
WEEKS_SHOWN = 26


@dataclass(slots=True)
class Figures:
    """Device microseconds, and H100-equivalent microseconds of what is verified."""

    promised_us: int
    delivered_us: int = 0
    verified_us: int = 0
    settled_us: int = 0
    rejected_us: int = 0
    reversed_us: int = 0
    verified_h100_us: int = 0

    @property
    def verified_share(self) -> int:
        """Thousandths of the promise that are verified, at most 1000."""
        return min(1000, self.verified_us * 1000 // max(self.promised_us, 1))

    @property
    def delivered_share(self) -> int:
        """Thousandths of the promise that arrived, at most 1000."""
        return min(1000, self.delivered_us * 1000 // max(self.promised_us, 1))


def figures_of(pledges: Iterable[ComputePledge]) -> dict[UUID, Figures]:
    """Figures by pledge from the journal, in one query. Verified includes what is settled."""
    found = {pledge.pk: Figures(pledge.pledged_us) for pledge in pledges}
    entries = GpuTimeEntry.objects.filter(pledge__in=found).values("pledge_id", "debit", "credit")
    for row in entries.annotate(device=Sum("device_us"), h100=Sum("h100_us")).order_by():
        _add(found[row["pledge_id"]], row["debit"], row["credit"], row["device"], row["h100"])
    return found


def _add(figures: Figures, debit: str, credit: str, device_us: int, h100_us: int) -> None:
    if credit == Account.REPORTED:
        figures.delivered_us += device_us
    elif credit == Account.VERIFIED:
        figures.verified_us += device_us
        figures.verified_h100_us += h100_us
        # An appeal that was granted brings back what was refused or taken back.
        figures.rejected_us -= device_us if debit == Account.REJECTED else 0
        figures.reversed_us -= device_us if debit == Account.REVERSED else 0
    elif credit == Account.SETTLED:
        figures.settled_us += device_us
    elif credit == Account.REJECTED:
        figures.rejected_us += device_us
    elif credit == Account.REVERSED:
        figures.reversed_us += device_us
        figures.verified_us -= device_us
        figures.verified_h100_us -= h100_us
        if debit == Account.SETTLED:
            figures.settled_us -= device_us


def pledge_figures(pledge: ComputePledge) -> Figures:
    """One pledge's figures."""
    return figures_of([pledge])[pledge.pk]


def pledge_weeks(pledge: ComputePledge) -> list[PledgeWeek]:
    """The reconciled weeks, newest first."""
    return list(pledge.weeks.order_by("-week_starts_at")[:WEEKS_SHOWN])


def with_figures(pledges: Iterable[ComputePledge]) -> list[tuple[ComputePledge, Figures]]:
    """Pledges of one page, each with its figures, in one query."""
    shown = list(pledges)
    figures = figures_of(shown)
    return [(pledge, figures[pledge.pk]) for pledge in shown]


def machines_for(pledge: ComputePledge) -> list[Device]:
    """Active machines of the backer that could back the pledge in place of its own."""
    found = Device.objects.filter(owner=pledge.backer_id, state=Device.State.ACTIVE, sponsored=None)
    return list(found.exclude(pk=pledge.device_id) if pledge.device_id else found)


def machines_of(user: User) -> QuerySet[Device]:
    """An account's machines with verified device time, H100-equivalents and the last block's arrival."""
    good = Q(results__state__in=("verified", "settled"))
    return (
        Device.objects.filter(owner=user)
        .select_related("report")
        .annotate(
            verified_us=Coalesce(Sum("results__device_us", filter=good), 0),
            verified_h100_us=Coalesce(Sum("results__h100_us", filter=good), 0),
            blocks=Count("results", filter=good),
            last_block_at=Max("results__received_at"),
            backs=Subquery(_open_pledges_of(OuterRef("pk"))),
        )
        .order_by(F("last_seen_at").desc(nulls_last=True), "paired_at")
    )


def _open_pledges_of(device: OuterRef) -> QuerySet[ComputePledge, int]:
    backed = ComputePledge.objects.filter(device=device, state__in=ComputePledge.OPEN_STATES)
    return backed.order_by().values("device").annotate(n=Count("pk")).values_list("n", flat=True)


def offered_h100_us(project: Project) -> int:
    """What is offered beyond what counts: by the catalog without a measured machine, and what no schedule fits."""
    offers = ComputePledge.objects.filter(project=project, state=State.OFFERED)
    sums = offers.values_list("catalog_slug").annotate(device=Sum("pledged_us")).order_by()
    unbacked = sum(CATALOG[slug].h100_equivalent_us(device_us) for slug, device_us in sums)
    backed = ComputePledge.objects.filter(project=project, state__in=(State.ACCEPTED, State.DELIVERING))
    whole = Sum(Cast("pledged_us", WIDE) * Cast("h100_per_device_ppb", WIDE), default=0, output_field=WIDE)
    found = backed.aggregate(whole=whole, counted=Sum("counted_h100_us", default=0))
    return unbacked + max(int(found["whole"]) // 10**9 - found["counted"], 0)


def refused_blocks(*, device: Device, since: datetime) -> QuerySet[WorkResult]:
    """Blocks of a machine that did not count or were taken back, the newest first, with their rounds."""
    refused = WorkResult.objects.filter(
        device=device, received_at__gt=since, state__in=(WorkResult.State.REJECTED, WorkResult.State.REVERSED)
    )
    return refused.select_related("lease__round").order_by("-received_at")
