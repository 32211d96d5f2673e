"""Checking what a creator declares before a run can start: architecture, settings, data and tokenizer together.

All of it is hostile input. Nothing is built here: the architecture is counted from its sizes alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from compute_pledges.errors import RunRefused
from compute_pledges.models import DataSet
from compute_pledges.services.blobs import store_blob
from training_cluster.protocol_hyper import DEFAULT_HYPER, EXCHANGE_BYTES_A_PARAMETER, HyperRefused, check_hyper
from training_cluster.protocol_models import AUDIO, CAUSAL, DIFFUSION, FORMATS, MASKED, ConfigRefused, Plan, plan_of
from values.numbers import decimal_words, number_words

MAX_TOKENIZER_BYTES = 20 * 2**20
BYTES_VOCABULARY = 256
# Texts have fewer tokens than bytes, in few languages an eighth: a shard of less may hold no whole sequence.
BYTES_OF_A_LONG_TOKEN = 8
TEXT_TASKS = (CAUSAL, MASKED)
# What an ordinary home line sends.
HOME_UPLINK_MBIT = 20


@dataclass(frozen=True, slots=True)
class CheckedPlan:
    """What may be trained. `tokenizer` is "bytes" or {sha256, bytes}."""

    model: Plan
    hyper: dict[str, Any]
    tokenizer: Any

    @property
    def flops_per_sample(self) -> Decimal | None:
        """None for language models, whose formula counts by tokens."""
        return None if self.model.task in TEXT_TASKS else Decimal(self.model.tally.flops)


def validate_config(config: dict[str, Any], sequence: int | None = None) -> Plan:
    """The checked configuration and what it costs. Raises RunRefused with what is wrong."""
    try:
        return plan_of(config, sequence or int(DEFAULT_HYPER["sequence"]))
    except ConfigRefused as error:
        raise RunRefused(str(error)) from error


def validate_hyper(hyper: dict[str, Any]) -> dict[str, Any]:
    """Hyper-parameters with defaults. Raises RunRefused for an unknown name or a value out of bounds."""
    try:
        return check_hyper(hyper)
    except HyperRefused as error:
        raise RunRefused(str(error)) from error


def require_time_to_upload(*, hyper: dict[str, Any], parameters: int) -> None:
    """An update must fit into the exchange on an ordinary home line. Raises RunRefused with what to set."""
    size = parameters * EXCHANGE_BYTES_A_PARAMETER[hyper["exchange"]]
    least = math.ceil(size * 8 / (HOME_UPLINK_MBIT * 10**6))
    if hyper["exchange_seconds"] >= least:
        return
    whole = math.ceil(least / float(hyper["communication_share"]))
    raise RunRefused(
        gettext(
            "A model of %(parameters)s parameters sends %(size)s MB in each round: %(least)s s at "
            "%(home_uplink_mbit)s Mbit/s. Set exchange_seconds to at least %(least)s; with "
            "round_seconds of %(whole)s communication stays at its share."
        )
        % {
            "parameters": number_words(parameters),
            "size": decimal_words(size / 10**6, 0),
            "least": number_words(least),
            "home_uplink_mbit": HOME_UPLINK_MBIT,
            "whole": number_words(whole),
        }
    )


def check_plan(
    *, config: dict[str, Any], hyper: dict[str, Any], data_set: DataSet | None, tokenizer: bytes
) -> CheckedPlan:
    """Everything that a run trains, checked against each other. Raises RunRefused."""
    merged = validate_hyper(hyper)
    model = validate_config(config, merged["sequence"])
    if model.task not in TEXT_TASKS:
        # An image or a spectrogram has the size that the architecture gives it.
        merged["sequence"] = model.positions
    require_time_to_upload(hyper=merged, parameters=model.tally.parameters)
    _check_data(model, merged, data_set, reads_bytes=not tokenizer)
    vocabulary = _vocabulary(tokenizer) if tokenizer else BYTES_VOCABULARY
    if model.task in TEXT_TASKS:
        _check_vocabulary(model, vocabulary)
    elif tokenizer:
        raise RunRefused(gettext("Only language models have a tokenizer."))
    return CheckedPlan(model, merged, _store(tokenizer) if tokenizer else "bytes")


def _check_data(model: Plan, hyper: dict[str, Any], data_set: DataSet | None, *, reads_bytes: bool) -> None:
    found = data_set.format if data_set else "text"
    if found != FORMATS[model.task]:
        raise RunRefused(
            gettext("This task reads %(task)s; the data set holds %(found)s.")
            % {"task": FORMATS[model.task], "found": found}
        )
    if data_set is None:
        return
    if data_set.state != DataSet.State.READY:
        raise RunRefused(gettext("The data set is not ready."))
    least = sample_bytes(model, hyper) * (1 if reads_bytes else BYTES_OF_A_LONG_TOKEN)
    for what, listed in ((gettext("held-out shard"), data_set.held_out), (gettext("shortest shard"), data_set.shards)):
        size = min((int(shard["bytes"]) for shard in listed), default=0)
        if size < least:
            raise RunRefused(
                gettext(
                    "The %(what)s has %(size)s bytes; one sample needs %(least)s. Choose shorter samples or more data."
                )
                % {"what": what, "size": number_words(size), "least": number_words(least)}
            )
    shards = [int(shard["bytes"]) for shard in (*data_set.shards, *data_set.held_out)]
    if model.task == DIFFUSION and any(size % least for size in shards):
        raise RunRefused(
            gettext("The shards hold no whole number of images of %(least)s bytes (height x width x channels).")
            % {"least": number_words(least)}
        )


def sample_bytes(model: Plan, hyper: dict[str, Any]) -> int:
    """The least bytes that a shard needs for one sample."""
    config = model.config
    if model.task == DIFFUSION:
        return int(config["sample_size"] ** 2 * config["in_channels"])
    if model.task == AUDIO:
        return 2 * ((int(config["max_length"]) - 1) * 160 + 400)
    return int(hyper["sequence"]) + 2


def _vocabulary(tokenizer: bytes) -> int:
    """How many tokens a `tokenizer.json` has. Raises RunRefused."""
    if len(tokenizer) > MAX_TOKENIZER_BYTES:
        raise RunRefused(
            gettext("A tokenizer has at most %(max_tokenizer_bytes)s bytes.")
            % {"max_tokenizer_bytes": number_words(MAX_TOKENIZER_BYTES)}
        )
    try:
        model = json.loads(tokenizer)["model"]
        tokens, kind = model["vocab"], model["type"]
        added = json.loads(tokenizer).get("added_tokens") or []
        highest = [len(tokens) - 1] if isinstance(tokens, list) else [int(number) for number in tokens.values()]
        highest += [int(token["id"]) for token in added]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RunRefused(gettext("The tokenizer is no tokenizer.json of Hugging Face.")) from error
    if kind not in ("BPE", "WordPiece", "WordLevel", "Unigram") or not highest:
        raise RunRefused(gettext("The tokenizer's model must be BPE, WordPiece, WordLevel or Unigram."))
    return max(highest) + 1


def _check_vocabulary(model: Plan, tokens: int) -> None:
    needed = tokens + (1 if model.task == MASKED else 0)
    if model.config["vocab_size"] < needed:
        why = gettext(" and one number for the mask") if model.task == MASKED else ""
        raise RunRefused(
            gettext("vocab_size must be at least %(needed)s: the tokenizer has %(tokens)s tokens%(why)s.")
            % {"needed": number_words(needed), "tokens": number_words(tokens), "why": why}
        )


def _store(tokenizer: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(tokenizer).hexdigest()
    store_blob(sha256=digest, stream=io.BytesIO(tokenizer))
    return {"sha256": digest, "bytes": len(tokenizer)}
