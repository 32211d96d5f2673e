"""Examples in the OpenAPI document: one believable project with its run, its backers and their machines."""

from __future__ import annotations

from typing import Any

_AT = "2026-10-01T09:00:00Z"
_ID = "0f2e5bb6-3c1d-4f7a-9d55-1f0a7c1f4d11"
_RUN = "9b9a2d0c-5a0e-4c43-8a49-6a4d1a9c7e21"
_SITE = "https://commonweave.example"
_PERSON = {"id": 7, "name": "Ada Weaver"}

METERS: dict[str, Any] = {
    "money": {
        "currency": "EUR", "pledged_minor": 1_250_000, "settled_minor": 0, "minimum_minor": 4_000_000,
        "stretch_minor": None, "pledges": 212,
    },
    "compute": {
        "pledged_us": 18_000_000_000_000, "verified_us": 7_200_000_000_000, "rented_us": 0,
        "minimum_us": 28_800_000_000_000, "stretch_us": None, "pledges": 64,
    },
}  # fmt: skip
PROJECT: dict[str, Any] = {
    "slug": "pocket-python", "page": f"{_SITE}/projects/pocket-python/", "title": "Pocket Python",
    "promise": "A code model that runs on a phone.", "kind": "language", "state": "live", "creator": _PERSON,
    "licenses": {"weights": "Apache-2.0", "data": "PSF-2.0", "code": "Apache-2.0"}, "tags": ["python", "education"],
    "languages": ["en"], "memory_gib": 8, "funding_model": "all_or_nothing", "meters": METERS,
    "deadline_at": "2026-11-30T18:00:00Z", "compute_ends_at": "2027-02-28T18:00:00Z", "launched_at": _AT,
    "created_at": "2026-09-12T09:00:00Z",
}  # fmt: skip
PROJECT_WHOLE: dict[str, Any] = {
    **PROJECT, "story": "# Why\n\nSmall models deserve to be open.", "charge_rule": "You are charged only if …",
    "shortfall_rule": "stay_funded", "compute_shortfall_rule": "train_less", "platform_fee_bp": 500,
    "reserve_bp": 1000,
    "milestones": [
        {"number": 1, "title": "Data is ready", "evidence_wanted": "The cleaned corpus, with its hash.",
         "share_bp": 4000, "due_on": "2026-12-31"}
    ],
    "history": [{"source": "approved", "target": "live", "happened_at": _AT}],
}  # fmt: skip
PICTURE: dict[str, Any] = {
    "url": f"{_SITE}/projects/pocket-python/rewards/31/{'c' * 64}.webp", "alt": "A mug with a woven pattern.",
    "width": 1200, "height": 800,
}  # fmt: skip
REWARD: dict[str, Any] = {
    "id": 31, "title": "Name on the model card", "description": "As you write it.", "threshold_minor": 2500,
    "threshold_gpu_us": None, "limit": 100, "claimed": 12, "is_add_on": False, "law_class": "gift",
    "available_until": None, "delivers_on": "2027-03-01", "needs_address": False, "benefits": ["card_name"],
    "pool": None, "picture": PICTURE,
}  # fmt: skip
NEW_NOTE: dict[str, Any] = {"title": "Week 3", "body": "The loss fell below 3.1."}
NOTE: dict[str, Any] = {
    "id": 90, **NEW_NOTE, "body_html": "<p>The loss fell below 3.1.</p>", "author": _PERSON, "published_at": _AT,
    "number": 3, "audience": "public", "page": f"{_SITE}/projects/pocket-python/notes/3/",
}  # fmt: skip
TOKEN_USE: dict[str, Any] = {"token": "cwi_one-that-a-backer-sent", "units": 250}
TOKEN_VERDICT: dict[str, Any] = {"may_serve": True, "remaining": 99_750}
LEDGER_LINE: dict[str, Any] = {
    "at": _AT, "what": "Pledge charged", "who": "a backer", "change_minor": 4820, "currency": "EUR",
    "parts": [{"label": "provider's fee", "minor": 180, "currency": "EUR"}],
}  # fmt: skip
TOTALS: dict[str, Any] = {
    "totals": [
        {"label": "Collected", "explains": "Charged to cards for this project, without tips.",
         "amounts": [{"minor": 1_250_000, "currency": "EUR"}]}
    ]
}  # fmt: skip
RUN: dict[str, Any] = {
    "id": _RUN, "page": f"{_SITE}/runs/{_RUN}/", "project": "pocket-python", "name": "first run", "state": "running",
    "task": "causal-lm", "parameters": 124_000_000, "closed_rounds": 412, "held_out_loss": 3.084,
    "released_at": None, "created_at": _AT,
}  # fmt: skip
RUN_WHOLE: dict[str, Any] = {
    **RUN, "config": {"model_type": "gpt2", "n_layer": 12}, "hyper": {"sequence": 1024}, "data": {"name": "corpus"},
    "planned_samples": None, "forked_from": None, "error": "",
}  # fmt: skip
ROUND: dict[str, Any] = {
    "index": 411, "opened_at": _AT, "closed_at": _AT, "theta_sha256": "a" * 64, "held_out_loss": 3.084,
    "tokens": 1_048_576, "is_rolled_back": False,
}  # fmt: skip
RELEASE: dict[str, Any] = {
    "run": _RUN, "page": f"{_SITE}/runs/{_RUN}/release/", "license": "Apache-2.0", "round": 900,
    "intended_use": "Completing Python.", "limitations": "It knows Python only.",
    "card": "---\nlicense: apache-2.0\n---\n# Pocket Python\n", "released_at": _AT,
    "files": [
        {"name": "model.safetensors", "size": 497_764_120, "sha256": "b" * 64,
         "url": f"{_SITE}/runs/{_RUN}/release/files/model.safetensors"}
    ],
}  # fmt: skip
ME: dict[str, Any] = {**_PERSON, "scopes": ["account:read"], "token": "notebook"}
CASH_PLEDGE: dict[str, Any] = {
    "id": _ID, "page": f"{_SITE}/pledges/{_ID}/", "project": "pocket-python", "state": "active",
    "amount_minor": 5000, "tip_minor": 0, "refunded_minor": 0, "currency": "EUR", "reward": 31,
    "card": "Visa ···· 4242", "is_anonymous": True, "created_at": _AT, "collected_at": None,
}  # fmt: skip
NEW_GPU_PLEDGE: dict[str, Any] = {
    "project": "pocket-python", "gpu": "rtx-4090", "pledged_us": 144_000_000_000,
    "hours": "Mon-Fri 18-24; Sat-Sun 10-24", "time_zone": "Europe/Berlin", "device": None, "reward": None,
    "on_failure": "return",
}  # fmt: skip
GPU_PLEDGE: dict[str, Any] = {
    "id": _ID, "page": f"{_SITE}/gpu/pledges/{_ID}/", "project": "pocket-python", "state": "delivering",
    "gpu": "rtx-4090", "device": _ID, "pledged_us": 144_000_000_000, "hours_per_week": 58,
    "counted_h100_us": 24_000_000_000, "reported_us": 39_600_000_000, "verified_us": 36_000_000_000,
    "settled_us": 28_800_000_000, "rejected_us": 0, "reversed_us": 0, "reward": None, "created_at": _AT,
    "ended_at": None, "end_reason": "",
}  # fmt: skip
DEVICE: dict[str, Any] = {
    "id": _ID, "page": f"{_SITE}/gpu/machines/{_ID}/", "name": "workshop", "gpu": "rtx-4090", "state": "active",
    "quarantine_reason": "", "is_calibrated": True, "has_record": True, "paired_at": _AT, "last_seen_at": _AT,
}  # fmt: skip
NOTICE: dict[str, Any] = {
    "id": 812, "kind": "lab_note", "title": "Pocket Python: Week 3", "body": "", "created_at": _AT, "read_at": None,
    "page": f"{_SITE}/projects/pocket-python/notes/3/",
}  # fmt: skip
COUNT: dict[str, Any] = {"count": 4}
FOLLOW: dict[str, Any] = {"project": "pocket-python", "is_followed": True}
