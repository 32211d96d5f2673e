"""What is typed of a data set: an upload, or files of the Hugging Face Hub."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.models import DataSet
from compute_pledges.services.data_sets import MAX_BYTES
from projects.fields import LicenseField
from values.languages import LanguageError, parse_languages
from values.numbers import number_words

FORMATS = [(value, label[0].upper() + label[1:]) for value, label in DataSet.Format.choices]


class _Format(forms.Form):
    """The form of the bytes; images need the bytes of one."""

    data_format = forms.ChoiceField(label=_("What the bytes are"), choices=FORMATS)
    record_bytes = forms.IntegerField(
        label=_("Bytes of one image"), required=False, min_value=1, max_value=256 * 256 * 4,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Images only: height x width x channels, 3072 for 32 x 32 in color."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Text has records of one byte, audio of two."""
        data = super().clean() or {}
        if data.get("data_format") == DataSet.Format.IMAGES and not data.get("record_bytes"):
            self.add_error("record_bytes", gettext("Say how many bytes one image has."))
        sizes: dict[str | None, int] = {DataSet.Format.TEXT: 1, DataSet.Format.AUDIO: 2}
        data["record_bytes"] = sizes.get(data.get("data_format"), data.get("record_bytes"))
        return data


class LanguageField(forms.CharField):
    """BCP 47 tags."""

    def clean(self, value: str | None) -> str:
        """In their usual spelling."""
        try:
            return parse_languages(super().clean(value) or "")
        except LanguageError as error:
            raise forms.ValidationError(str(error)) from error


class UploadForm(_Format):
    """A file of one's own."""

    name = forms.CharField(label=_("Name"), max_length=120)
    license_text = LicenseField(label=_("License of the data"))
    language = LanguageField(
        max_length=200, required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As en or pt-BR, several with commas between; mul for many, zxx for none. "
"Needed for text and speech: who watches a run sees what its machines read."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("The file"), help_text=format_lazy(_("At most {max_bytes} MB. It is cut into shards, each named "
"by its hash; a twentieth is held out and never trained on."), max_bytes=MAX_BYTES // 2 ** 20),
    )  # fmt: skip
    field_order = ("name", "license_text", "data_format", "language", "record_bytes", "file")

    def clean(self) -> dict[str, Any]:
        """Only images may leave the language out."""
        data = super().clean()
        if not data.get("language") and "language" not in self.errors:
            if data.get("data_format") == DataSet.Format.IMAGES:
                data["language"] = ""
            else:
                self.add_error("language", gettext("Say which language it is in; zxx where it is none."))
        return data

    def clean_file(self) -> Any:
        """Within what a data set may have."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(
                gettext("A data set has at most %(max_bytes)s bytes here; this file has %(size)s.")
                % {"max_bytes": number_words(MAX_BYTES), "size": number_words(file.size)}
            )
        return file


class HubForm(_Format):
    """Files of one commit of a data set of the Hub."""

    repository = forms.CharField(label=_("Data set"), max_length=200, help_text=_("As owner/name on huggingface.co."))
    commit = forms.CharField(
        label=_("Commit"), max_length=40, help_text=_("All 40 hexadecimal digits: a branch may change under the run."),
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    file_names = forms.CharField(
        label=_("Files"), max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false"}),
        help_text=_("One path a line: txt, md, py, json, jsonl, csv, or raw for images and audio."),
    )  # fmt: skip
    field_order = ("repository", "commit", "file_names", "data_format", "record_bytes")

    def clean_file_names(self) -> list[str]:
        """Paths, empty lines left out."""
        return [line.strip() for line in self.cleaned_data["file_names"].splitlines() if line.strip()]
