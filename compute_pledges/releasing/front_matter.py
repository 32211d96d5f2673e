"""The front matter of a model card, as the Hugging Face Hub reads it: license, data, metrics, origin of the weights.

Only what the Hub's own check takes: a license outside its list is `other` with a name made from the SPDX expression,
which the card's text has as it is; and only data sets of the Hub are data sets there.
"""

from __future__ import annotations

import json
from math import exp
from typing import Any

from django.conf import settings
from django.utils.text import slugify

from compute_pledges.models import DataSet, ModelRelease, TrainingRun
from compute_pledges.releasing.figures import Figures
from projects.openness.hub_licenses import license_values
from training_cluster.protocol_models import CAUSAL, TASKS
from values.languages import SPECIAL

PIPELINES = {
    "causal-lm": "text-generation", "masked-lm": "fill-mask", "image-diffusion": "unconditional-image-generation",
    "audio-representation": "feature-extraction",
}  # fmt: skip


def front_matter(release: ModelRelease, figures: Figures) -> str:
    """YAML between two lines of dashes. Each value is written as JSON, which YAML is: no text can leave its quotes."""
    run = release.run
    values: dict[str, Any] = {
        **license_values(release.license, address=settings.SITE_URL + run.project.get_absolute_url()),
        "library_name": "diffusers" if "_class_name" in run.config else "transformers",
        "language": _languages(run), "pipeline_tag": PIPELINES[run.task],
        "tags": ["commonweave", "volunteer-computing", *_architecture(run)],
        "datasets": _hub_data(run), "base_model": _origin(run),
        "base_model_relation": "finetune" if run.forked_from_id else "", "model-index": _results(run, figures),
    }  # fmt: skip
    lines = (f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items() if value)
    return f"---\n{''.join(lines)}---"


def _languages(run: TrainingRun) -> list[str]:
    """Of the data, as it was when the run began; codes that name no one language are left out."""
    tags = str(run.data.get("language", "")).split(", ")
    return [tag for tag in tags if tag and tag not in SPECIAL]


def model_name(run: TrainingRun) -> str:
    """As a repository would be called; the number keeps two runs of one name apart."""
    return f"{run.project.slug}/{slugify(run.name) or 'run'}-{str(run.pk)[:8]}"


def _architecture(run: TrainingRun) -> list[str]:
    found = run.config.get("model_type") or run.config.get("_class_name")
    return [str(found)] if found else []


def _hub_data(run: TrainingRun) -> list[str]:
    data = run.data_set
    return [str(data.origin["repository"])] if data is not None and data.source == DataSet.Source.HUB else []


def _origin(run: TrainingRun) -> str:
    return model_name(run.forked_from) if run.forked_from is not None else ""


def _results(run: TrainingRun, figures: Figures) -> list[dict[str, Any]]:
    """The held-out loss of the released checkpoint, and of a model that writes on the perplexity that it means."""
    loss = figures.last_loss
    if loss is None:
        return []
    metrics = [{"type": "loss", "name": "Held-out loss", "value": round(loss, 6)}]
    if run.task == CAUSAL and loss < 50:
        metrics.append({"type": "perplexity", "name": "Held-out perplexity by token", "value": round(exp(loss), 4)})
    name = " ".join(str(run.data.get("name", "")).split()) or "held-out data"
    data = {"name": name, "type": (_hub_data(run) or [slugify(name) or "own"])[0], "split": "held-out"}
    task = {"type": PIPELINES[run.task], "name": TASKS[run.task]}
    return [{"name": model_name(run).split("/")[1], "results": [{"task": task, "dataset": data, "metrics": metrics}]}]
