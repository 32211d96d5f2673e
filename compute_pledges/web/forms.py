"""What people type into the compute pages, checked before a service sees it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django import forms

from accounts.models import User
from compute_pledges.catalog import CATALOG
from compute_pledges.errors import RunRefused
from compute_pledges.models import Device
from compute_pledges.services.runs import DEFAULT_HYPER, validate_config, validate_hyper
from projects.forms import HoursField
from projects.models import Project, Reward
from values.gpu_time import format_gpu_time

DEMO_CONFIG = {"model_type": "gpt2", "n_layer": 4, "n_embd": 128, "n_head": 4, "n_positions": 64, "vocab_size": 256}


class RewardField(forms.ModelChoiceField):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """Rewards with their threshold and stock."""

    def label_from_instance(self, obj: Reward) -> str:
        """Title, threshold and whether any is left."""
        stock = ", sold out" if obj.is_sold_out else ""
        return f"{obj.title} (from {format_gpu_time(obj.threshold_gpu_us or 0)} H100-equivalent{stock})"


class GpuPledgeForm(forms.Form):
    """An offer of hours of one GPU model, backed by a machine now or later."""

    catalog_slug = forms.ChoiceField(label="Your GPU", choices=[(m.slug, m.name) for m in CATALOG.values()])
    pledged_us = HoursField(label="Hours to give", help_text="In all, for example 40 or 0.5.", max_length=20)
    hours_per_week = forms.IntegerField(
        label="Hours a week it may train",
        min_value=1,
        max_value=168,
        initial=40,
        help_text="From 1 to 168. What counts towards the goal is what fits before the training must end.",
    )
    device = forms.ModelChoiceField(
        Device.objects.none(), label="Machine", required=False, empty_label="I will pair one later"
    )
    reward = RewardField(Reward.objects.none(), label="Reward", required=False, empty_label="No reward")
    client_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("client_token", uuid4())
        devices = self.fields["device"]
        assert isinstance(devices, forms.ModelChoiceField)
        devices.queryset = Device.objects.filter(owner=user, state=Device.State.ACTIVE)
        rewards = self.fields["reward"]
        assert isinstance(rewards, RewardField)
        rewards.queryset = Reward.objects.filter(project=project, threshold_gpu_us__isnull=False)


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
