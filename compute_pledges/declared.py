"""What a run trains and what people did to it, for everyone who watches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, ngettext

from compute_pledges.models import RunChange, TrainingRun
from training_cluster.protocol_models import TASKS
from values.languages import language_words
from values.numbers import number_words

CHANGES_SHOWN = 50


def facts_of(run: TrainingRun, *, tokens: int) -> Iterator[tuple[str, str]]:
    """(what, words); `tokens` are verified, as the meter counts them."""
    yield "Task", TASKS[run.task]
    yield "Data", _data(run.data)
    if run.is_language:
        yield "Tokenizer", _tokenizer(run.tokenizer)
    trained = run.amount_words(tokens // int(run.hyper["sequence"]))
    if run.planned_samples is None:
        yield gettext("Trained"), gettext("%(trained)s; it goes on until it is stopped.") % {"trained": trained}
    else:
        yield (
            gettext("Trained"),
            gettext("%(trained)s of %(amount_words)s that are planned.")
            % {"trained": trained, "amount_words": run.amount_words(run.planned_samples)},
        )
    if run.forked_round is not None:
        yield (
            gettext("Began from"),
            gettext("the weights that opened round %(forked_round)s of another run.")
            % {"forked_round": run.forked_round},
        )


def _data(data: dict[str, Any]) -> str:
    if not data:
        return gettext("Not named.")
    train, held_out = (data.get(part) or [] for part in ("train", "held_out"))
    shards = train if isinstance(train, list) else [train]
    kept_back = held_out if isinstance(held_out, list) else [held_out]
    sizes = [filesizeformat(sum(int(shard["bytes"]) for shard in part)) for part in (shards, kept_back)]
    told = (str(data.get("name", "")), str(data.get("license", "")), language_words(str(data.get("language", ""))))
    return ngettext(
        "%(told)s: %(size)s in %(count)s shard, %(held_out)s held out.",
        "%(told)s: %(size)s in %(count)s shards, %(held_out)s held out.", len(shards),
    ) % {
        "told": ", ".join(word for word in told if word), "size": sizes[0], "count": number_words(len(shards)),
        "held_out": sizes[1],
    }  # fmt: skip


def _tokenizer(kept: Any) -> str:
    return f"tokenizer.json, SHA-256 {kept['sha256']}" if isinstance(kept, dict) else gettext("Each byte is a token.")


def changes_of(run: TrainingRun) -> tuple[list[RunChange], int]:
    """The newest changes and how many are older. Two queries at most."""
    newest = list(run.changes.select_related("actor").order_by("-pk")[:CHANGES_SHOWN])
    older = run.changes.count() - len(newest) if len(newest) == CHANGES_SHOWN else 0
    return newest, older
