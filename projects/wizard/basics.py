"""The step that says what is made: title, promise, story, and what it is found by."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.describing import DescribingForm
from projects.fields import LineField, ProseField, sentences
from projects.markdown import RENDERER_VERSION, render_markdown
from projects.models import Project

NAMES = ("title", "promise", "model_kind", "tags", "languages", "memory_gib", "story")


class StartForm(forms.Form):
    """All that a draft needs to exist."""

    title = LineField(max_length=80, label=_("Title"), help_text=_("At most 80 characters."))
    promise = LineField(
        max_length=160, label=_("Promise in one sentence"), help_text=_("What will exist at the end, for whom.")
    )
    model_kind = forms.ChoiceField(label=_("Kind of model"), choices=sentences(Project.ModelKind.choices))


class BasicsForm(DescribingForm, StartForm):
    """What is made and why."""

    story = ProseField(
        max_length=40_000,
        required=False,
        label=_("Story"),
        widget=forms.Textarea(attrs={"rows": 16, "class": "story-source"}),
        help_text=_(
            "What will be made, from which data, how it is judged, what could go wrong. Markdown; HTML is shown as"
            " text. A draft may leave it for later."
        ),
    )
    field_order = ("title", "promise", "model_kind", "story")


def load(project: Project) -> dict[str, Any]:
    """As the form shows it."""
    return {name: getattr(project, name) for name in NAMES}


def write(project: Project, data: dict[str, Any]) -> None:
    """Onto the locked row."""
    for name in NAMES:
        setattr(project, name, data[name])
    project.story_html, project.renderer_version = render_markdown(data["story"]), RENDERER_VERSION
    project.save(update_fields=[*NAMES, "story_html", "renderer_version"])
