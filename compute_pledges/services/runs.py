"""Starting a run from a declarative configuration, and the rounds that its anchor registers."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import User
from compute_pledges.errors import RunRefused
from compute_pledges.models import Round, TrainingRun
from compute_pledges.services.corpus import standard_library_data
from compute_pledges.services.news import announce_runs
from projects.models import Project

MODEL_TYPES = ("gpt2", "llama")
ALLOWED_KEYS = {
    "gpt2": frozenset({"model_type", "n_layer", "n_embd", "n_head", "n_positions", "vocab_size"}),
    "llama": frozenset(
        {
            "model_type", "num_hidden_layers", "hidden_size", "num_attention_heads", "num_key_value_heads",
            "intermediate_size", "max_position_embeddings", "vocab_size", "tie_word_embeddings",
        }
    ),
}  # fmt: skip
MAX_PARAMETERS = 2_000_000_000
DEFAULT_HYPER: dict[str, float | int | str] = {
    "inner_lr": 0.001,
    "outer_lr": 0.7,
    "outer_momentum": 0.9,
    "batch": 16,
    "sequence": 64,
    "max_steps": 400,
    "segment_steps": 10,
    "round_seconds": 12,
    "exchange_seconds": 3,
    "compression": "float16",
}
HYPER_BOUNDS: dict[str, tuple[float, float]] = {
    "inner_lr": (1e-6, 0.1),
    "outer_lr": (0.01, 2),
    "outer_momentum": (0, 0.99),
    "batch": (1, 4096),
    "sequence": (8, 8192),
    "max_steps": (1, 10_000),
    "segment_steps": (1, 1000),
    "round_seconds": (6, 86_400),
    "exchange_seconds": (2, 3600),
}


def run_token(run_id: UUID | str) -> str:
    """The anchor's bearer token of one run, derived so that nothing secret is stored."""
    return hmac.new(settings.CLUSTER_TOKEN.encode(), f"run:{run_id}".encode(), hashlib.sha256).hexdigest()


def auditor_token() -> str:
    """The bearer token of the platform's auditors."""
    return hmac.new(settings.CLUSTER_TOKEN.encode(), b"auditor", hashlib.sha256).hexdigest()


def validate_config(config: dict[str, Any]) -> tuple[int, int, int]:
    """Layers, width and parameters of a configuration. Hostile input: an allow-list of types, keys and integers.

    Raises RunRefused with what is wrong.
    """
    kind = config.get("model_type")
    if kind not in MODEL_TYPES:
        raise RunRefused(f"model_type must be one of {', '.join(MODEL_TYPES)}.")
    if unknown := sorted(set(config) - ALLOWED_KEYS[kind]):
        raise RunRefused(f"These keys are not allowed: {', '.join(map(str, unknown))[:200]}.")
    for key, value in config.items():
        if key != "model_type" and not isinstance(value, int):
            raise RunRefused(f"{key} must be a whole number.")
    return _gpt2_size(config) if kind == "gpt2" else _llama_size(config)


def _positive(config: dict[str, Any], key: str, maximum: int) -> int:
    value = config.get(key)
    if not isinstance(value, int) or not 1 <= value <= maximum:
        raise RunRefused(f"{key} must be between 1 and {maximum:,}.")
    return value


def _checked(layers: int, width: int, heads: int, parameters: int) -> tuple[int, int, int]:
    if width % heads:
        raise RunRefused("The width must be a multiple of the number of heads.")
    if parameters > MAX_PARAMETERS:
        raise RunRefused(f"{parameters:,} parameters are more than the {MAX_PARAMETERS:,} that a run may have.")
    return layers, width, parameters


def _gpt2_size(config: dict[str, Any]) -> tuple[int, int, int]:
    layers, width = _positive(config, "n_layer", 200), _positive(config, "n_embd", 16_384)
    positions, vocabulary = _positive(config, "n_positions", 65_536), _positive(config, "vocab_size", 500_000)
    block = 12 * width * width + 13 * width
    parameters = layers * block + (vocabulary + positions) * width + 2 * width
    return _checked(layers, width, _positive(config, "n_head", 256), parameters)


def _llama_size(config: dict[str, Any]) -> tuple[int, int, int]:
    layers, width = _positive(config, "num_hidden_layers", 200), _positive(config, "hidden_size", 16_384)
    heads, inner = _positive(config, "num_attention_heads", 256), _positive(config, "intermediate_size", 65_536)
    shared = config.get("num_key_value_heads", heads)
    attention = 2 * width * width + 2 * width * width * shared // heads
    embeddings = _positive(config, "vocab_size", 500_000) * width * (1 if config.get("tie_word_embeddings") else 2)
    parameters = layers * (attention + 3 * width * inner + 2 * width) + embeddings + width
    return _checked(layers, width, heads, parameters)


def validate_hyper(hyper: dict[str, Any]) -> dict[str, Any]:
    """Hyper-parameters with defaults. Raises RunRefused for an unknown name or a value out of bounds."""
    if unknown := sorted(set(hyper) - set(DEFAULT_HYPER)):
        raise RunRefused(f"Unknown hyper-parameters: {', '.join(unknown)[:200]}.")
    merged = {**DEFAULT_HYPER, **hyper}
    for name, (low, high) in HYPER_BOUNDS.items():
        value = merged[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise RunRefused(f"{name} must be between {low:g} and {high:g}.")
    if merged["compression"] != "float16":
        raise RunRefused("compression must be float16.")
    return merged


@transaction.atomic
def start_run(
    *,
    project: Project,
    user: User,
    name: str,
    config: dict[str, Any],
    hyper: dict[str, Any],
    prompt: str,
    now: datetime,
) -> TrainingRun:
    """Record a run; the cluster manager starts its anchor. Raises RunRefused."""
    if project.creator_id != user.pk:
        raise RunRefused("Only the project's creator starts its runs.")
    if project.state not in ("live", "collecting", "funded", "delivering"):
        raise RunRefused("A run starts once the project is live.")
    layers, width, parameters = validate_config(config)
    try:
        with transaction.atomic():
            return TrainingRun.objects.create(
                project=project,
                started_by=user,
                name=name.strip()[:80] or project.title[:80],
                config=config,
                hyper=validate_hyper(hyper),
                data=standard_library_data(),
                prompt=prompt[:200] or "def main(",
                parameters=parameters,
                layers=layers,
                width=width,
                created_at=now,
            )
    except IntegrityError as error:
        raise RunRefused("This project has a run already. Stop it first.") from error


def change_run_state(*, run: TrainingRun, user: User, target: str) -> None:
    """Pause, resume or stop. A repeat of the reached state returns quietly. Raises RunRefused."""
    if run.project.creator_id != user.pk and not user.is_admin:
        raise RunRefused("Only the project's creator changes its runs.")
    allowed = {"paused": ("running",), "running": ("paused",), "stopped": ("running", "paused")}
    changed = TrainingRun.objects.filter(pk=run.pk, state__in=allowed[target]).update(state=target)
    if not changed and not TrainingRun.objects.filter(pk=run.pk, state=target).exists():
        raise RunRefused("A stopped run does not go on. Start a new one.")


def register_round(*, run: TrainingRun, index: int, theta_sha256: str, duration_seconds: float, now: datetime) -> Round:
    """Open round `index`. The same round with the same theta is returned; one that nobody leased begins anew.

    Raises RunRefused.
    """
    round_, created = Round.objects.get_or_create(
        run=run,
        index=index,
        defaults={"theta_sha256": theta_sha256, "duration_seconds": duration_seconds, "opened_at": now},
    )
    if not created and round_.theta_sha256 != theta_sha256:
        raise RunRefused(f"Round {index} is registered with another theta.")
    if created:
        announce_runs([run.pk])
    elif round_.closed_at is None and not round_.leases.exists():
        # Without volunteers a run waits in one round instead of closing an empty one every few seconds.
        round_.opened_at = now
        round_.save(update_fields=["opened_at"])
    return round_
