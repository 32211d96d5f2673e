"""What a team types of a lab note."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.fields import LineField, ProseField
from projects.models import LabNote, Project


class LabNoteForm(forms.Form):
    """A report of progress. A published note asks what was changed, a draft when it shall publish itself."""

    title = LineField(max_length=120, label=_("Title"))
    body = ProseField(
        max_length=40_000, label=_("Text"), widget=forms.Textarea(attrs={"rows": 14, "class": "story-source"}),
        help_text=_("Markdown."),
    )  # fmt: skip
    audience = forms.ChoiceField(
        label=_("Who reads it"), choices=LabNote.Audience.choices, initial=LabNote.Audience.PUBLIC, required=False
    )
    publish_at = forms.DateTimeField(
        label=_("Publish by itself at"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    reason = LineField(
        label=_("What you changed"), max_length=300, required=False, help_text=_("Readers see it beside the note.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, project: Project, is_published: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(project.time_zone)
        self.fields["publish_at"].help_text = _("Empty: when you say so. In the time zone %(zone)s.") % {
            "zone": project.time_zone
        }
        del self.fields["publish_at" if is_published else "reason"]

    def clean_publish_at(self) -> datetime | None:
        """In the project's own zone."""
        moment = self.cleaned_data["publish_at"]
        return moment.replace(tzinfo=self.zone) if moment else None

    def clean_audience(self) -> str:
        """Everyone, where nothing is chosen."""
        return self.cleaned_data["audience"] or LabNote.Audience.PUBLIC


def typed_note(note: LabNote) -> dict[str, Any]:
    """A note as its form shows it."""
    zone = ZoneInfo(note.project.time_zone)
    at = note.publish_at.astimezone(zone).replace(tzinfo=None) if note.publish_at else None
    values = {name: getattr(note, name) for name in ("title", "body", "audience", "version")}
    return {**values, "publish_at": at}
