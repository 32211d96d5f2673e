"""Celery's part: each task calls one service. The rows are the queue; these run on a schedule and on hints."""

from celery import shared_task
from django.utils import timezone

from clock.services import business_now
from compute_pledges.dumps import services as dumps
from compute_pledges.releasing import services as releases
from compute_pledges.releasing.names import renew_names
from compute_pledges.services import (
    closing,
    drafts,
    endings,
    hub,
    leases,
    mails,
    rates,
    reconcile,
    retention,
    reveals,
    run_endings,
    screening,
    sweeps,
    verification,
)


@shared_task
def expire_leases() -> int:
    """Close leases past their time."""
    return leases.expire_leases(now=timezone.now())


@shared_task
def screen_blocks() -> int:
    """Screen reported blocks and draw audits."""
    return screening.screen_blocks(now=timezone.now())


@shared_task
def expire_reveals() -> int:
    """Audit whole what was not revealed in time."""
    return reveals.expire_reveals(now=timezone.now())


@shared_task
def forget_old_rates() -> int:
    """Price machines by what they showed within 30 days."""
    return rates.forget_old_rates(now=timezone.now())


@shared_task
def settle_verified() -> int:
    """Settle verified work past its dispute window."""
    return verification.settle_verified(now=business_now())


@shared_task
def reconcile_pledges() -> int:
    """Compare pledged with delivered and verified."""
    return reconcile.reconcile_pledges(now=timezone.now())


@shared_task
def close_days() -> int:
    """Sum the journal's days that are over."""
    return closing.close_days(now=timezone.now())


@shared_task
def end_pledges() -> int:
    """End pledges of failed projects and past training ends."""
    return endings.end_pledges(now=business_now())


@shared_task
def prune_blobs() -> int:
    """Delete the bytes of rounds that nothing needs any more."""
    return retention.prune_blobs(now=timezone.now())


@shared_task
def count_pledges() -> int:
    """Bring what counts of live projects to what the schedules still leave."""
    return sweeps.count_live_projects(now=business_now())


@shared_task
def look_ahead() -> int:
    """Missing hours: warn early, and offer them to others."""
    return sweeps.look_ahead(now=business_now())


@shared_task
def tend_pledges() -> int:
    """Rewards of settled hours, hours that roll over, reminders."""
    return sweeps.tend_pledges(now=business_now())


@shared_task
def send_gpu_mail() -> int:
    """Send what is queued."""
    return mails.send_due(now=business_now())


@shared_task
def fetch_data_sets() -> int:
    """Fetch what was asked for of the Hugging Face Hub."""
    return hub.fetch_waiting(now=timezone.now())


@shared_task
def end_runs() -> int:
    """Stop runs that trained what was planned, and those of projects that are over."""
    return run_endings.end_runs(now=business_now())


@shared_task
def forget_drafts() -> int:
    """Forget declared runs that nobody started."""
    return drafts.forget_drafts(now=timezone.now())


@shared_task
def prepare_releases() -> int:
    """Write the files of runs that are released, and bring the names on cards up to date."""
    return releases.prepare_releases(now=timezone.now()) + renew_names()


@shared_task
def write_statistics() -> int:
    """Write the day's files of statistics, again where somebody has left the lists."""
    return dumps.write_statistics(now=timezone.now())
