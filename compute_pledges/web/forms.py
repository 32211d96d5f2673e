"""What people type into the compute pages, checked before a service sees it."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from compute_pledges.errors import RunRefused
from compute_pledges.services.plans import validate_config, validate_hyper
from training_cluster.protocol_hyper import DEFAULT_HYPER

DEMO_CONFIG = {"model_type": "gpt2", "n_layer": 4, "n_embd": 128, "n_head": 4, "n_positions": 64, "vocab_size": 256}


class StartRunForm(forms.Form):
    """A declarative run: sizes and rates only, nothing that could be code."""

    name = forms.CharField(max_length=80)
    config = forms.CharField(
        label="Model configuration (JSON)",
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false", "class": "code"}),
        help_text="model_type gpt2 or llama with whole numbers for its sizes. Anything else is refused.",
    )
    hyper = forms.CharField(
        label="Training settings (JSON)",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "code"}),
        help_text="What is left out takes the default. Round and exchange lengths are in seconds.",
    )
    prompt = forms.CharField(
        max_length=200,
        initial="def main(",
        strip=False,
        help_text="Each checkpoint answers this same prompt, so that learning can be read.",
    )

    @staticmethod
    def defaults() -> dict[str, str]:
        """The small model that any machine can train."""
        return {
            "name": "First run",
            "config": json.dumps(DEMO_CONFIG, indent=2),
            "hyper": json.dumps(DEFAULT_HYPER, indent=2),
        }

    def clean_config(self) -> dict[str, Any]:
        """The checked configuration."""
        config = _json_object(self.cleaned_data["config"])
        try:
            validate_config(config)
        except RunRefused as error:
            raise forms.ValidationError(str(error)) from error
        return config

    def clean_hyper(self) -> dict[str, Any]:
        """The checked settings with their defaults."""
        try:
            return validate_hyper(_json_object(self.cleaned_data["hyper"] or "{}"))
        except RunRefused as error:
            raise forms.ValidationError(str(error)) from error


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise forms.ValidationError(f"This is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise forms.ValidationError("Write one JSON object in braces.")
    return value
