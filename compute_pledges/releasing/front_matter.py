"""The front matter of a model card, as the Hugging Face Hub reads it: license, data, metrics, origin of the weights.

Only what the Hub's own check takes: a license outside its list is `other` with a name made from the SPDX expression,
which the card's text has as it is; and only data sets of the Hub are data sets there.
"""

from __future__ import annotations

import json
import re
from math import exp
from typing import Any

from django.conf import settings
from django.utils.text import slugify

from compute_pledges.models import DataSet, ModelRelease, TrainingRun
from compute_pledges.releasing.figures import Figures
from training_cluster.protocol_models import CAUSAL, TASKS
from values.languages import SPECIAL

PIPELINES = {
    "causal-lm": "text-generation", "masked-lm": "fill-mask", "image-diffusion": "unconditional-image-generation",
    "audio-representation": "feature-extraction",
}  # fmt: skip
# SPDX identifiers that the Hub has under the same letters, in small ones.
SAME = frozenset(
    {
        "AFL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear", "BSL-1.0",
        "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-3.0", "CC-BY-NC-4.0",
        "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-3.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0",
        "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0",
        "ECL-2.0", "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "ISC", "LPPL-1.3c", "MIT", "MPL-2.0", "MS-PL", "NCSA",
        "OFL-1.1", "OSL-3.0", "PostgreSQL", "Unlicense", "WTFPL", "Zlib",
    }
)  # fmt: skip
OTHERWISE = {
    "C-UDA-1.0": "c-uda", "ODbL-1.0": "odbl", "ODC-By-1.0": "odc-by", "PDDL-1.0": "pddl", "etalab-2.0": "etalab-2.0",
    **{f"{name}-{ending}": name.lower() for ending in ("only", "or-later")
       for name in ("AGPL-3.0", "GPL-2.0", "GPL-3.0", "LGPL-2.1", "LGPL-3.0")},
}  # fmt: skip


def license_values(expression: str, *, address: str) -> dict[str, str]:
    """An SPDX expression in the Hub's words; `address` is where a license of one's own is told of."""
    known = expression.lower() if expression in SAME else OTHERWISE.get(expression)
    if known is not None:
        return {"license": known}
    is_single = " " not in expression and not expression.startswith("LicenseRef-")
    link = f"https://spdx.org/licenses/{expression}.html" if is_single else address
    name = re.sub(r"[^a-z0-9.]+", "-", expression.lower())
    return {"license": "other", "license_name": name, "license_link": link}


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
