"""What a creator types to declare, change and fork a run, as plain values; the services check it as a whole."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.models import DataSet, Round, RunDraft
from compute_pledges.services.drafts import Declared
from compute_pledges.services.plans import MAX_TOKENIZER_BYTES
from compute_pledges.web.hyper_fields import HyperForm
from training_cluster.protocol_hyper import CHANGEABLE
from training_cluster.protocol_models import FAMILIES, TASKS
from values.numbers import number_words

MAX_CONFIG_BYTES = 200_000
MOST_PLANNED = 10**15
JSON_FILE = {"accept": "application/json,.json"}
KINDS = ", ".join(FAMILIES)


class DataSetChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # reason: the class takes no argument at run time
    """A data set with what one needs to choose it."""

    def label_from_instance(self, obj: Any) -> str:
        """Name, form, license."""
        return f"{obj.name} ({obj.get_format_display()}, {obj.license})"


class RunForm(HyperForm):
    """A declarative run: sizes and rates only, nothing that could be code."""

    name = forms.CharField(label=_("Name"), max_length=80, initial=_("First run"))
    task = forms.ChoiceField(label=_("Task"), choices=list(TASKS.items()), help_text=_("What the model learns to do."))
    config_file = forms.FileField(
        label=_("config.json"), required=False, widget=forms.FileInput(attrs=JSON_FILE),
        help_text=_("A file of Hugging Face, as it is. It takes the place of the text below."),
    )  # fmt: skip
    config = forms.CharField(
        label=_("Or its text"), max_length=MAX_CONFIG_BYTES,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "code"}),
        help_text=format_lazy(_("Architectures: {kinds}. Keys that only matter elsewhere are left out and "
"named to you; what could bring code or is not counted here is refused. A "
"preprocessor_config.json is not read: images are used in their stored size "
"with values from -1 to 1, audio as log-mel spectrograms of 16 kHz."), kinds=KINDS),
    )  # fmt: skip
    tokenizer_file = forms.FileField(
        label=_("tokenizer.json"), required=False, widget=forms.FileInput(attrs=JSON_FILE),
        help_text=_("For language models. Without one, each byte is a token."),
    )  # fmt: skip
    without_tokenizer = forms.BooleanField(label=_("Read bytes, without the tokenizer that is kept"), required=False)
    data_set = DataSetChoice(
        DataSet.objects.none(), required=False, label=_("Data set"),
        empty_label=_("Python standard library source (UTF-8 text, PSF-2.0)"),
    )  # fmt: skip
    planned = forms.IntegerField(
        label=_("How much to train on"), required=False, min_value=1, max_value=MOST_PLANNED,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Tokens of text, else images or windows of audio. The run ends once so much is "
"verified; left empty, it ends when you stop it."),
    )  # fmt: skip
    prompt = forms.CharField(
        label=_("Prompt"), max_length=200, required=False, initial="def main(", strip=False,
        help_text=_("Each checkpoint of a language model answers this same prompt, so that "
"learning can be read."),
    )  # fmt: skip

    def __init__(self, *args: Any, data_sets: Any, has_tokenizer: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["data_set"].queryset = data_sets  # type: ignore[attr-defined]  # reason: a ModelChoiceField
        if not has_tokenizer:
            del self.fields["without_tokenizer"]

    def clean_config(self) -> dict[str, Any]:
        """One JSON object."""
        try:
            value = json.loads(self.cleaned_data["config"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(gettext("This is not JSON: %(error)s") % {"error": str(error)[:200]}) from error
        if not isinstance(value, dict):
            raise forms.ValidationError(gettext("Write one JSON object in braces."))
        return value

    def clean_tokenizer_file(self) -> bytes | None:
        """The file's bytes."""
        file = self.cleaned_data["tokenizer_file"]
        if file and file.size > MAX_TOKENIZER_BYTES:
            raise forms.ValidationError(
                gettext("A tokenizer has at most %(max_tokenizer_bytes)s bytes.")
                % {"max_tokenizer_bytes": number_words(MAX_TOKENIZER_BYTES)}
            )
        return file.read() if file else None

    def declared(self) -> Declared:
        """What was typed, for the services."""
        data = self.cleaned_data
        tokenizer = b"" if data.get("without_tokenizer") else data["tokenizer_file"]
        return Declared(
            name=data["name"], task=data["task"], config=data["config"], hyper=self.hyper(),
            data_set=data["data_set"], tokenizer=tokenizer, planned=data["planned"], prompt=data["prompt"],
        )  # fmt: skip


def text_of(file: UploadedFile[bytes]) -> str:
    """The text of an uploaded config.json, for the page to show again; bytes that are no text stay visible as such."""
    return file.read(MAX_CONFIG_BYTES + 1).decode(errors="replace")


def values_of(draft: RunDraft, task: str) -> dict[str, Any]:
    """A draft as the form's values."""
    return {
        "name": draft.name, "task": task, "config": json.dumps(draft.config, indent=2), "data_set": draft.data_set_id,
        "planned": draft.planned, "prompt": draft.prompt, **draft.hyper,
    }  # fmt: skip


REASON = _("Everyone reads it beside the change.")


class SettingsForm(HyperForm):
    """What a paused run may change."""

    names = CHANGEABLE
    reason = forms.CharField(label=_("Why"), max_length=300, required=False, help_text=REASON)


class ForkForm(HyperForm):
    """A new run from a checkpoint, with other settings."""

    name = forms.CharField(label=_("Name"), max_length=80)
    index = forms.TypedChoiceField(label=_("From the weights that opened"), coerce=int)
    reason = forms.CharField(label=_("Why"), max_length=300, required=False, help_text=REASON)

    def __init__(self, *args: Any, rounds: list[Round], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["index"].choices = [(row.index, _round_words(row)) for row in rounds]  # type: ignore[attr-defined]  # reason: a ChoiceField


def _round_words(row: Round) -> str:
    return f"round {row.index}, {row.opened_at:%-d %b %Y, %H:%M} UTC"


class StopForm(forms.Form):
    """Why a run is stopped for good."""

    reason = forms.CharField(label=_("Why"), max_length=300, required=False, help_text=REASON)
