"""When beat starts each sweep: seconds, or a time of the day. The demo's are short, so that one sees what they do.

What reads from other people's servers for minutes has a queue of its own, so that money, mail and leases never wait
for it. A worker without `-Q` serves both.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from celery.schedules import crontab

from config.environment import OUTWARD

QUEUES: dict[str, dict[str, Any]] = {"celery": {}, OUTWARD: {}}
ROUTES = {
    "projects.tasks.check_links": {"queue": OUTWARD},
    "compute_pledges.tasks.fetch_data_sets": {"queue": OUTWARD},
}
Every: TypeAlias = tuple[float, float] | crontab
# Seconds in production and in the demo.
QUICK, SLOW = (15.0, 2.0), (300.0, 10.0)
_NIGHTLY = crontab(hour=3, minute=10)
SWEEPS: dict[str, tuple[str, Every]] = {
    "expire-leases": ("compute_pledges.tasks.expire_leases", QUICK),
    "expire-reveals": ("compute_pledges.tasks.expire_reveals", SLOW),
    "forget-old-rates": ("compute_pledges.tasks.forget_old_rates", (3600.0, 3600.0)),
    "screen-blocks": ("compute_pledges.tasks.screen_blocks", QUICK),
    "settle-verified": ("compute_pledges.tasks.settle_verified", SLOW),
    "prepare-releases": ("compute_pledges.tasks.prepare_releases", SLOW),
    "fetch-data-sets": ("compute_pledges.tasks.fetch_data_sets", SLOW),
    "end-runs": ("compute_pledges.tasks.end_runs", SLOW),
    "forget-drafts": ("compute_pledges.tasks.forget_drafts", (3600.0, 3600.0)),
    "write-statistics": ("compute_pledges.tasks.write_statistics", (3600.0, 60.0)),
    "prune-blobs": ("compute_pledges.tasks.prune_blobs", (300.0, 300.0)),
    "process-webhooks": ("payments.tasks.process_webhooks", QUICK),
    "collect-payments": ("payments.tasks.collect_payments", QUICK),
    "end-payments": ("payments.tasks.end_payments", QUICK),
    "send-money": ("payments.tasks.send_money", QUICK),
    "sweep-events": ("payments.tasks.sweep_events", (900.0, 15.0)),
    "settle-payments": ("payments.tasks.settle_payments", SLOW),
    "open-rewards": ("payments.tasks.open_rewards", QUICK),
    "ask-for-answers": ("projects.tasks.ask_for_answers", (900.0, 15.0)),
    "send-pledge-mail": ("payments.tasks.send_pledge_mail", QUICK),
    "reconcile-payments": ("payments.tasks.reconcile_payments", (900.0, 20.0)),
    "reconcile-payments-whole": ("payments.tasks.reconcile_payments_whole", _NIGHTLY),
    "send-notices": ("notices.tasks.send_notices", QUICK),
    "check-links": ("projects.tasks.check_links", SLOW),
    "open-releases": ("projects.tasks.open_releases", QUICK),
    "write-visits": ("projects.tasks.write_visits", (60.0, 10.0)),
    "publish-notes": ("projects.tasks.publish_notes", QUICK),
    "tell-of-duties": ("pages.tasks.tell_of_duties", SLOW),
    "erase-kept-files": ("pages.tasks.erase_kept_files", (900.0, 900.0)),
    "mail-team-invitations": ("projects.tasks.mail_team_invitations", QUICK),
    "look-at-searches": ("projects.tasks.look_at_searches", (3600.0, 60.0)),
    "watch-reviews": ("projects.tasks.watch_reviews", (900.0, 30.0)),
    "send-hooks": ("api.tasks.send_hooks", QUICK),
    "forget-old-answers": ("api.tasks.forget_old", (3600.0, 3600.0)),
    "close-projects": ("projects.tasks.close_due_projects", QUICK),
    "rank-projects": ("projects.tasks.rank_projects", (600.0, 15.0)),
    "end-pledges": ("compute_pledges.tasks.end_pledges", SLOW),
    "count-gpu-pledges": ("compute_pledges.tasks.count_pledges", (300.0, 30.0)),
    "look-ahead": ("compute_pledges.tasks.look_ahead", (3600.0, 60.0)),
    "tend-gpu-pledges": ("compute_pledges.tasks.tend_pledges", SLOW),
    "send-gpu-mail": ("compute_pledges.tasks.send_gpu_mail", QUICK),
    "close-days": ("compute_pledges.tasks.close_days", (1800.0, 1800.0)),
    "reconcile-pledges": ("compute_pledges.tasks.reconcile_pledges", SLOW),
}


def beat_schedule(*, is_production: bool) -> dict[str, dict[str, Any]]:
    """By name, as Celery's `beat_schedule` has it."""
    return {name: _entry(task, every, is_production=is_production) for name, (task, every) in SWEEPS.items()}


def _entry(task: str, every: Every, *, is_production: bool) -> dict[str, Any]:
    schedule = every[0 if is_production else 1] if isinstance(every, tuple) else every
    # Messages that waited behind a long one say nothing new: the next of beat is there already.
    options = {"options": {"expires": schedule}} if task in ROUTES else {}
    return {"task": task, "schedule": schedule, **options}
