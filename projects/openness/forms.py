"""What a creator types of a release; a model card fills what it says."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.errors import CardRefused
from projects.fields import LineField, LinkField
from projects.licenses import LicenseError, parse_license
from projects.models import Project, PromisedOutput
from projects.openness.model_cards import LARGEST, Card, read_card
from projects.openness.releasing import LARGEST_FILE, Output


class CardForm(forms.Form):
    """A model card, pasted or as a file."""

    card_text = forms.CharField(
        label=gettext_lazy("Model card"), required=False, max_length=LARGEST, strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "copied"}),
        help_text=gettext_lazy("A README.md in Hugging Face form: YAML between two lines of dashes, then Markdown."),
    )  # fmt: skip
    card_file = forms.FileField(label=gettext_lazy("Or its file"), required=False)

    def source(self) -> str:
        """What was pasted, else what the file says. Raises CardRefused."""
        file: UploadedFile[bytes] | None = self.cleaned_data.get("card_file")
        if file is None:
            return str(self.cleaned_data.get("card_text") or "")
        if (file.size or 0) > LARGEST * 4:
            raise CardRefused(_("A model card has at most 200,000 characters."))
        try:
            return file.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise CardRefused(_("The file is no text in UTF-8.")) from error

    def read(self) -> Card | None:
        """The card, or None with an error beside the field."""
        try:
            return read_card(self.source())
        except CardRefused as error:
            self.add_error("card_text", str(error))
            return None


class PromiseField(forms.ModelChoiceField):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """Promises by their kind and words."""

    def label_from_instance(self, obj: PromisedOutput) -> str:
        """As the project's page says it."""
        return f"{obj.get_kind_display()}: {obj.description}"


class ReleaseForm(CardForm):
    """A link with its hash, or a small file."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=PromisedOutput.Kind.choices)
    title = LineField(label=gettext_lazy("Title"), max_length=120)
    license = forms.CharField(label=gettext_lazy("Licence"), max_length=120, help_text="SPDX: Apache-2.0, CC-BY-4.0 …")
    promise = PromiseField(
        PromisedOutput.objects.none(), label=gettext_lazy("Keeps the promise"), required=False,
        empty_label=gettext_lazy("None in particular"),
    )  # fmt: skip
    url = LinkField(label=gettext_lazy("Link"), max_length=500, required=False)
    sha256 = forms.CharField(
        label="SHA-256", max_length=64, required=False, help_text=gettext_lazy("Of what the link leads to.")
    )
    upload = forms.FileField(
        label=gettext_lazy("Or a file"), required=False, help_text=gettext_lazy("At most 10 MiB; its hash is taken.")
    )
    public_on = forms.DateField(
        label=gettext_lazy("For everyone from"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Until then backers alone have it. Empty: at once."),
    )  # fmt: skip
    field_order = ("kind", "title", "license", "promise", "url", "sha256", "upload", "public_on")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        promises = self.fields["promise"]
        assert isinstance(promises, forms.ModelChoiceField)
        promises.queryset = project.promised_outputs.all()

    def clean_license(self) -> str:
        """As SPDX writes it."""
        try:
            return parse_license(self.cleaned_data["license"])
        except LicenseError as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """One of link and file."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        file: UploadedFile[bytes] | None = data.get("upload")
        if bool(file) == bool(data.get("url")):
            self.add_error("url", _("Give a link with its SHA-256, or a file: one of both."))
        if file and (file.size or 0) > LARGEST_FILE:
            self.add_error("upload", _("A file has at most 10 MiB. Link larger ones with their SHA-256."))
        return data

    def output(self) -> Output:
        """What is released."""
        data, file = self.cleaned_data, self.cleaned_data.get("upload")
        day = data["public_on"]
        public_at = datetime.combine(day, time(), tzinfo=UTC) if day else None
        return Output(
            kind=data["kind"], title=data["title"], license=data["license"], url=data["url"], sha256=data["sha256"],
            promise=data["promise"], card=self.source(), public_at=public_at, name=file.name if file else "",
            content=file.read() if file else None,
        )  # fmt: skip
