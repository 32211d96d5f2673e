"""What a project is found by beside its words: tags, languages, the memory that one machine needs."""

from __future__ import annotations

import re

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from projects.models.project import MEMORY_CLASSES
from values.languages import LanguageError, parse_languages

MOST_TAGS = 8
GIB = 2**30


class DescribingForm(forms.Form):
    """All of it may be left open."""

    tags = forms.CharField(
        label=_("Tags"),
        max_length=200,
        required=False,
        help_text=format_lazy(_("At most {most_tags}, with commas between: python, education."), most_tags=MOST_TAGS),
    )
    languages = forms.CharField(
        max_length=200, required=False, label=_("Languages of the model"), help_text=_("Language tags: en, pt-BR.")
    )
    memory_gib = forms.TypedChoiceField(
        label=_("GPU memory that one machine needs"),
        choices=[("", _("Not known yet")), *((value, label.capitalize()) for value, label in MEMORY_CLASSES)],
        coerce=int,
        empty_value=None,
        required=False,
    )

    def clean_tags(self) -> str:
        """In small letters, each once."""
        found = [re.sub(r"\s+", " ", part).strip().lower() for part in self.cleaned_data["tags"].split(",")]
        tags = list(dict.fromkeys(tag for tag in found if tag))
        if len(tags) > MOST_TAGS:
            raise forms.ValidationError(gettext("Write at most %(most_tags)s tags.") % {"most_tags": MOST_TAGS})
        return ", ".join(tags)

    def clean_languages(self) -> str:
        """Tags in their usual spelling."""
        try:
            return parse_languages(self.cleaned_data["languages"])
        except LanguageError as error:
            raise forms.ValidationError(str(error)) from error


def note_needs(*, project_id: int, languages: str, memory_bytes: int) -> None:
    """What a run found out, where the creator left it open."""
    memory = next((gib for gib, _ in MEMORY_CLASSES if memory_bytes <= gib * GIB), MEMORY_CLASSES[-1][0])
    Project.objects.filter(pk=project_id, memory_gib=None).update(memory_gib=memory)
    if languages:
        Project.objects.filter(pk=project_id, languages="").update(languages=languages)
