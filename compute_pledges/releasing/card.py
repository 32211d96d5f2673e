"""The model card: what was trained, on what, how well, by whom, under which license. Written from the rows alone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from compute_pledges.models import ModelRelease, Round, TrainingRun, WorkResult
from compute_pledges.standing.listing import hidden_people
from values.gpu_time import format_gpu_time

GOOD = Q(state__in=("verified", "settled"))
NAMED = 1000
MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:/@])")
TAGS = {
    "causal-lm": "text-generation", "masked-lm": "fill-mask", "image-diffusion": "unconditional-image-generation",
    "audio-representation": "feature-extraction",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the run up to the released checkpoint."""

    rounds: int
    rolled_back: int
    first_loss: float | None
    last_loss: float | None
    best_loss: float | None
    tokens: int
    flops: int
    device_us: int
    h100_us: int
    blocks: int
    machines: int
    refused: int


def plain(text: str) -> str:
    """Somebody's words as one line of text in Markdown: nothing in them is markup."""
    return MARKUP.sub(r"\\\1", " ".join(text.split()))


def said(text: str) -> str:
    """Paragraphs of the creator's words, as text."""
    return "\n\n".join(plain(part) for part in re.split(r"\n\s*\n", text.strip()) if part.strip())


def figures_of(run: TrainingRun, index: int) -> Figures:
    """Of rounds before `index`. Four queries."""
    rounds = Round.objects.filter(run=run, index__lt=index)
    losses = rounds.filter(held_out_loss__isnull=False).order_by("index").values_list("held_out_loss", flat=True)
    counted = rounds.aggregate(
        n=Count("pk"), back=Count("pk", filter=Q(is_rolled_back=True)), best=Min("held_out_loss")
    )
    work = WorkResult.objects.filter(lease__run=run, lease__round__index__lt=index).aggregate(
        tokens=Sum("tokens", filter=GOOD, default=0), flops=Sum("flops", filter=GOOD, default=0),
        device_us=Sum("device_us", filter=GOOD, default=0), h100_us=Sum("h100_us", filter=GOOD, default=0),
        blocks=Count("pk", filter=GOOD), machines=Count("device", filter=GOOD, distinct=True),
        refused=Count("pk", filter=Q(state__in=("rejected", "reversed"))),
    )  # fmt: skip
    return Figures(
        counted["n"], counted["back"], losses.first(), losses.last(), counted["best"], work["tokens"],
        int(work["flops"]), work["device_us"], work["h100_us"], work["blocks"], work["machines"], work["refused"],
    )  # fmt: skip


def credited(run: TrainingRun) -> tuple[list[tuple[str, int]], int]:
    """(public name, device microseconds) of whose work counts, most first; and how many are not named. Two queries."""
    sums = WorkResult.objects.filter(GOOD, lease__run=run, device__sponsored=None).order_by().values(
        "device__owner_id", "device__owner__name"
    ).annotate(device_us=Sum("device_us"), newest=Max("received_at"))  # fmt: skip
    everyone = sums.count()
    shown = sums.exclude(device__owner_id__in=hidden_people()).order_by("-device_us", "device__owner_id")[:NAMED]
    names = [(row["device__owner__name"] or f"Member {row['device__owner_id']}", row["device_us"]) for row in shown]
    return names, everyone - len(names)


def write_card(release: ModelRelease, files: list[tuple[str, str, int]]) -> str:
    """Markdown with the front matter that model hubs read. `files` are (name, hash, bytes)."""
    run, project = release.run, release.run.project
    made = (
        f"{run.parameters_text.split(' of ')[0]} with {run.parameters:,} parameters, trained in the open by volunteers "
        "on Commonweave: every block of work was signed by the machine that did it, and samples were computed again."
    )
    parts = [
        _front(release),
        f"# {plain(project.title)}: {plain(run.name)}",
        plain(project.promise),
        made,
        "## Intended use", said(release.intended_use), "## Limitations", said(release.limitations),
        _training(release), _data(run), _people(run), _files(files),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _front(release: ModelRelease) -> str:
    values: dict[str, Any] = {
        "license": "other", "license_name": release.license, "library_name": "transformers",
        "pipeline_tag": TAGS.get(release.run.task, "other"), "tags": ["commonweave", "volunteer-computing"],
    }  # fmt: skip
    if "_class_name" in release.run.config:
        values["library_name"] = "diffusers"
    # JSON is YAML: nothing that somebody typed can leave its quotes.
    return "---\n" + "".join(f"{name}: {json.dumps(value)}\n" for name, value in values.items()) + "---"


def _loss(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"


def _training(release: ModelRelease) -> str:
    found = figures_of(release.run, release.round.index)
    rows = [
        ("Rounds", f"{found.rounds:,}, of which {found.rolled_back:,} rolled back"),
        ("Held-out loss", f"{_loss(found.last_loss)} (first {_loss(found.first_loss)}, best {_loss(found.best_loss)})"),
        ("Verified tokens or samples", f"{found.tokens:,}"), ("Verified FLOPs", f"{found.flops:.3e}"),
        ("Verified GPU time", f"{format_gpu_time(found.device_us)} of {found.machines:,} machines"),
        ("H100-equivalent", format_gpu_time(found.h100_us)),
        ("Blocks", f"{found.blocks:,} verified, {found.refused:,} refused or taken back"),
    ]  # fmt: skip
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    run = release.run
    ending = f"The files are the checkpoint that opened round {release.round.index}. Run `{run.pk}`."
    return f"## Training\n\n| Figure | Value |\n|---|---|\n{table}\n\n{ending}"


def _data(run: TrainingRun) -> str:
    data = run.data
    given = data.get("train") or []
    shards = given if isinstance(given, list) else [given]
    name, license_ = plain(str(data.get("name", "not named"))), plain(str(data.get("license", "not named")))
    whole = sum(int(shard["bytes"]) for shard in shards)
    lines = "\n".join(f"- `{shard['sha256']}`, {int(shard['bytes']):,} bytes" for shard in shards[:50])
    more = f"\n- and {len(shards) - 50:,} more" if len(shards) > 50 else ""
    held = "The held-out loss is measured on data that no machine trained on."
    return f"## Data\n\n{name}, under {license_}: {len(shards):,} shards, {whole:,} bytes. {held}\n\n{lines}{more}"


def _people(run: TrainingRun) -> str:
    names, unnamed = credited(run)
    lines = [f"- {plain(name)}: {format_gpu_time(device_us)}" for name, device_us in names]
    if unnamed:
        lines.append(f"- and {unnamed:,} who {'is' if unnamed == 1 else 'are'} not named here")
    body = "\n".join(lines) or "Nobody's work is verified."
    return f"## Who lent machines\n\n{body}"


def _files(files: list[tuple[str, str, int]]) -> str:
    rows = "\n".join(f"| `{name}` | {size:,} | `{sha256}` |" for name, sha256, size in files)
    return f"## Files\n\n| File | Bytes | SHA-256 |\n|---|---|---|\n{rows}"
