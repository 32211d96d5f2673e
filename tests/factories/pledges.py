"""Machines that promise hours, and blocks that are verified or settled without a cluster."""

from datetime import timedelta
from uuid import uuid4

from compute_pledges.models import ComputePledge, GpuTimeEntry, Lease, WorkResult
from compute_pledges.services.journal import move
from compute_pledges.services.pledges import Week, create_pledge
from compute_pledges.sponsoring.marking import mark_sponsored
from tests.factories.compute import Agent
from tests.factories.people import NOW

HOUR_US = 3_600_000_000
EVERY_HOUR = frozenset(range(168))
# A machine of the H100's rate, so that device time and H100-equivalent time are the same figure.
H100_RATE = 395_600_000_000_000


def machine(*, valid=10, rate=H100_RATE, **fields):
    """A calibrated device; with ten valid blocks it has a record."""
    fields = {"calibrated_at": NOW, "last_seen_at": NOW, "catalog_slug": "h100-sxm", **fields}
    return Agent(calibrated_flops_per_second=rate, consecutive_valid=valid, **fields).device


def promise(project, hours, *, device=None, slots=EVERY_HOUR, now=NOW, zone="UTC", **fields):
    """A pledge of `hours`, accepted at once where the device is calibrated."""
    device = device or machine()
    pledge = create_pledge(
        project=project, backer=device.owner, catalog_slug=device.catalog_slug, pledged_us=int(hours * HOUR_US),
        hours_per_week=len(slots), device=device, reward=fields.pop("reward", None), client_token=uuid4(), now=now,
        week=Week(frozenset(slots), zone), **fields,
    )  # fmt: skip
    pledge.refresh_from_db()
    return pledge


def worked(run, round_, device, hours, *, pledge=None, now=NOW, state="verified", is_merged=True):
    """A block of `hours` in `state`, with the journal's movements up to it."""
    lease = Lease.objects.create(
        kind="training", run=run, round=round_, device=device, peer_id=f"peer-{uuid4()}", seed=1, nonce="n", batch=1,
        sequence=1, max_steps=1, segment_steps=1, state="answered", issued_at=now - timedelta(hours=hours),
        expires_at=now,
    )  # fmt: skip
    amount = int(hours * HOUR_US)
    result = WorkResult.objects.create(
        lease=lease, device=device, pledge=pledge, receipt={}, signature=b"", update_sha256="b" * 64, steps=1,
        tokens=1, flops=1, device_us=amount, h100_us=amount, is_merged=is_merged, state=state, received_at=now,
        verified_at=now,
    )  # fmt: skip
    account = GpuTimeEntry.Account
    move(result=result, debit=account.PROMISED, credit=account.REPORTED, now=now)
    if state in ("verified", "settled"):
        move(result=result, debit=account.REPORTED, credit=account.VERIFIED, now=now)
    if state == "settled":
        move(result=result, debit=account.VERIFIED, credit=account.SETTLED, now=now)
    return result


def state_of(pledge):
    return ComputePledge.objects.get(pk=pledge.pk).state


def rented(project, vendor="Halls", now=NOW, **fields):
    """A machine that the project pays for, marked before its first block."""
    device = machine(owner=project.creator, **fields)
    mark_sponsored(project=project, device_id=device.pk, vendor=vendor, by=project.creator, now=now)
    return device
