"""Training settings as form fields, with the bounds that the cluster keeps to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from training_cluster.protocol_hyper import CHOICES, DEFAULT_HYPER, HYPER_BOUNDS, WHOLE

WORDS = {
    "inner_lr": (_("Learning rate"), _("Of each machine's own AdamW steps.")),
    "batch": (_("Batch"), _("Samples of one step on one machine.")),
    "sequence": (_("Sequence"), _("Tokens of one sample. Only language models read it.")),
    "round_seconds": (_("Shortest round, in seconds"), _("Rounds grow until the exchange takes its share of them.")),
    "exchange": (_("Exchange"), _("Upload stores each update; hivemind averages over direct connections.")),
    "outer_lr": (_("Outer learning rate"), _("Of the step that the anchor takes with the average of a round.")),
    "outer_momentum": (_("Outer momentum"), _("Nesterov's, of the same step.")),
    "max_steps": (_("Most steps of a block"), _("A fast machine stops there.")),
    "segment_steps": (_("Steps of a segment"), _("A machine may leave at the end of each.")),
    "exchange_seconds": (_("Seconds for the exchange"), _("At most half of a round.")),
    "communication_share": (_("Share of communication"), _("Of a round's time; 0.1 is a tenth.")),
    "reduction": (_("Reduction"), _("How updates become one; median and trimmed mean resist outliers.")),
    "clip": (_("Clip"), _("Longest update, in medians of the round's lengths; 0 clips nothing.")),
}
PLAIN = ("inner_lr", "batch", "sequence", "round_seconds", "exchange")
CHOICE_WORDS = {
    "upload": _("Upload"),
    "hivemind": "hivemind",
    "mean": _("Mean"),
    "median": _("Median"),
    "trimmed_mean": _("Trimmed mean"),
}


def hyper_field(name: str) -> forms.Field:
    """The field of one setting."""
    label, help_text = WORDS[name]
    if name in CHOICES:
        options = [(value, CHOICE_WORDS[value]) for value in CHOICES[name]]
        return forms.ChoiceField(label=label, help_text=help_text, choices=options, initial=DEFAULT_HYPER[name])
    low, high = HYPER_BOUNDS[name]
    kind = forms.IntegerField if name in WHOLE else forms.FloatField
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    text = f"{help_text} {low:,g} to {high:,g}."
    return kind(label=label, help_text=text, min_value=low, max_value=high, initial=DEFAULT_HYPER[name], widget=widget)  # type: ignore[arg-type]  # reason: whole bounds of whole fields


class HyperForm(forms.Form):
    """Every setting, or those in `names`; `plain` are shown at once, `finer` behind a word."""

    names: tuple[str, ...] = tuple(WORDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.names:
            self.fields[name] = hyper_field(name)

    @property
    def plain(self) -> list[forms.BoundField]:
        """The settings that most people look at."""
        return [self[name] for name in PLAIN if name in self.names]

    @property
    def finer(self) -> list[forms.BoundField]:
        """The others."""
        return [self[name] for name in self.names if name not in PLAIN]

    @property
    def has_finer_errors(self) -> bool:
        """Whether what is folded away must be shown."""
        return any(field.errors for field in self.finer)

    def hyper(self) -> dict[str, Any]:
        """The cleaned settings; whole numbers stay whole where the default is."""
        given = {name: self.cleaned_data[name] for name in self.names if name in self.cleaned_data}
        return {name: _as_default(DEFAULT_HYPER[name], value) for name, value in given.items()}


def _as_default(default: object, value: Any) -> Any:
    return int(value) if isinstance(default, int) and isinstance(value, float) and value.is_integer() else value
