"""The model card: what was trained, on what, how well, by whom, under which license. Written from the rows alone."""

from __future__ import annotations

import re

from django.conf import settings
from django.urls import reverse

from compute_pledges.models import ModelRelease, TrainingRun
from compute_pledges.releasing.figures import Figures, credited
from compute_pledges.releasing.front_matter import front_matter
from projects.fulfilment.benefits import names_for_card
from projects.openness.project_cards import plain
from training_cluster.protocol_models import kind_of
from values.gpu_time import format_gpu_time

BACKERS, FILES = "\n\n## Who backed it\n\n", "\n\n## Files\n"


def said(text: str) -> str:
    """Paragraphs of the creator's words, as text."""
    return "\n\n".join(plain(part) for part in re.split(r"\n\s*\n", text.strip()) if part.strip())


def write_card(release: ModelRelease, files: list[tuple[str, str, int]], figures: Figures) -> str:
    """Markdown with the front matter that model hubs read. `files` are (name, hash, bytes)."""
    run, project = release.run, release.run.project
    made = (
        f"A {kind_of(run.config)} with {run.parameters:,} parameters, trained in the open by volunteers "
        "on Commonweave: every block of work was signed by the machine that did it, and samples were computed again."
    )
    parts = [
        front_matter(release, figures),
        f"# {plain(project.title)}: {plain(run.name)}",
        plain(project.promise),
        made,
        _origin(run),
        f"License of the weights, as SPDX writes it: {plain(release.license)}.",
        "## Intended use", said(release.intended_use), "## Limitations", said(release.limitations),
        _training(release, figures), _data(run), _people(run), _files(files),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _loss(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"


def _origin(run: TrainingRun) -> str:
    if run.forked_from_id is None:
        return ""
    address = settings.SITE_URL + reverse("compute:run", args=[run.forked_from_id])
    return f"Training began from the weights that opened round {run.forked_round} of run <{address}>, forked."


def _training(release: ModelRelease, found: Figures) -> str:
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
    lines = [f"- {plain(one.name)}: {format_gpu_time(one.device_us)}" for one in names]
    if unnamed:
        lines.append(f"- and {unnamed:,} who {'is' if unnamed == 1 else 'are'} not named here")
    body = "\n".join(lines) or "Nobody's work is verified."
    return f"## Who lent machines\n\n{body}{_backers(run)}"


def _backers(run: TrainingRun) -> str:
    """Whose reward is a name on this card."""
    names = names_for_card(run.project)
    return BACKERS + "\n".join(f"- {plain(name)}" for name in names) if names else ""


def with_backers(card: str, run: TrainingRun) -> str:
    """The card with the names that stand on it now. No words of people can be a heading: they are written as text."""
    head, mark, files = card.partition(FILES)
    return head.partition(BACKERS)[0] + _backers(run) + mark + files


def _files(files: list[tuple[str, str, int]]) -> str:
    rows = "\n".join(f"| `{name}` | {size:,} | `{sha256}` |" for name, sha256, size in files)
    return f"{FILES.strip()}\n\n| File | Bytes | SHA-256 |\n|---|---|---|\n{rows}"
