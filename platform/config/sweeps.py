"""When beat starts each sweep: seconds, or a time of the day. The demo's are short, so that one sees what they do.

What reads from other people's servers for minutes has a queue of its own, so that money, mail and leases never wait
for it. A worker without `-Q` serves both.
"""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

from config.environment import OUTWARD

QUEUES: dict[str, dict[str, Any]] = {"celery": {}, OUTWARD: {}}
ROUTES = {
    "projects.tasks.check_links": {"queue": OUTWARD},
    "compute_pledges.tasks.fetch_data_sets": {"queue": OUTWARD},
}


def beat_schedule(*, is_production: bool) -> dict[str, dict[str, Any]]:
    """By name, as Celery's `beat_schedule` has it."""
    quick, slow = (15.0, 300.0) if is_production else (2.0, 10.0)
    return {
        "expire-leases": {"task": "compute_pledges.tasks.expire_leases", "schedule": quick},
        "expire-reveals": {"task": "compute_pledges.tasks.expire_reveals", "schedule": slow},
        "forget-old-rates": {"task": "compute_pledges.tasks.forget_old_rates", "schedule": 3600.0},
        "screen-blocks": {"task": "compute_pledges.tasks.screen_blocks", "schedule": quick},
        "settle-verified": {"task": "compute_pledges.tasks.settle_verified", "schedule": slow},
        "prepare-releases": {"task": "compute_pledges.tasks.prepare_releases", "schedule": slow},
        "fetch-data-sets": _outward("compute_pledges.tasks.fetch_data_sets", slow),
        "end-runs": {"task": "compute_pledges.tasks.end_runs", "schedule": slow},
        "forget-drafts": {"task": "compute_pledges.tasks.forget_drafts", "schedule": 3600.0},
        "write-statistics": {
            "task": "compute_pledges.tasks.write_statistics",
            "schedule": 3600.0 if is_production else 60.0,
        },
        "prune-blobs": {"task": "compute_pledges.tasks.prune_blobs", "schedule": 300.0},
        "process-webhooks": {"task": "payments.tasks.process_webhooks", "schedule": quick},
        "collect-payments": {"task": "payments.tasks.collect_payments", "schedule": quick},
        "end-payments": {"task": "payments.tasks.end_payments", "schedule": quick},
        "send-money": {"task": "payments.tasks.send_money", "schedule": quick},
        "sweep-events": {"task": "payments.tasks.sweep_events", "schedule": 900.0 if is_production else 15.0},
        "settle-payments": {"task": "payments.tasks.settle_payments", "schedule": slow},
        "open-rewards": {"task": "payments.tasks.open_rewards", "schedule": quick},
        "ask-for-answers": {"task": "projects.tasks.ask_for_answers", "schedule": 900.0 if is_production else 15.0},
        "send-pledge-mail": {"task": "payments.tasks.send_pledge_mail", "schedule": quick},
        "reconcile-payments": {
            "task": "payments.tasks.reconcile_payments",
            "schedule": 900.0 if is_production else 20.0,
        },
        "reconcile-payments-whole": {
            "task": "payments.tasks.reconcile_payments_whole",
            "schedule": crontab(hour=3, minute=10),
        },
        "send-notices": {"task": "notices.tasks.send_notices", "schedule": quick},
        "check-links": _outward("projects.tasks.check_links", slow),
        "open-releases": {"task": "projects.tasks.open_releases", "schedule": quick},
        "write-visits": {"task": "projects.tasks.write_visits", "schedule": 60.0 if is_production else 10.0},
        "publish-notes": {"task": "projects.tasks.publish_notes", "schedule": quick},
        "tell-of-duties": {"task": "pages.tasks.tell_of_duties", "schedule": slow},
        "erase-kept-files": {"task": "pages.tasks.erase_kept_files", "schedule": 900.0},
        "mail-team-invitations": {"task": "projects.tasks.mail_team_invitations", "schedule": quick},
        "look-at-searches": {
            "task": "projects.tasks.look_at_searches",
            "schedule": 3600.0 if is_production else 60.0,
        },
        "watch-reviews": {"task": "projects.tasks.watch_reviews", "schedule": 900.0 if is_production else 30.0},
        "send-hooks": {"task": "api.tasks.send_hooks", "schedule": quick},
        "forget-old-answers": {"task": "api.tasks.forget_old", "schedule": 3600.0},
        "close-projects": {"task": "projects.tasks.close_due_projects", "schedule": quick},
        "rank-projects": {"task": "projects.tasks.rank_projects", "schedule": 600.0 if is_production else 15.0},
        "end-pledges": {"task": "compute_pledges.tasks.end_pledges", "schedule": slow},
        "count-gpu-pledges": {
            "task": "compute_pledges.tasks.count_pledges",
            "schedule": 300.0 if is_production else 30.0,
        },
        "look-ahead": {"task": "compute_pledges.tasks.look_ahead", "schedule": 3600.0 if is_production else 60.0},
        "tend-gpu-pledges": {"task": "compute_pledges.tasks.tend_pledges", "schedule": slow},
        "send-gpu-mail": {"task": "compute_pledges.tasks.send_gpu_mail", "schedule": quick},
        "close-days": {"task": "compute_pledges.tasks.close_days", "schedule": 1800.0},
        "reconcile-pledges": {"task": "compute_pledges.tasks.reconcile_pledges", "schedule": slow},
    }


def _outward(task: str, seconds: float) -> dict[str, Any]:
    """Messages that waited behind a long one say nothing new: the next of beat is there already."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}
