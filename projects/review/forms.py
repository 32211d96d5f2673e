"""What reviewers write. An invalid form keeps everything that was typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.fields import sentences
from projects.models import Review, ReviewPoint
from projects.review.deciding import Point
from projects.review.points import CANNED, POINTS


class ReviewForm(forms.Form):
    """A decision or a comment, the checklist, and the words that the creator reads."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (Review.Decision.APPROVE, _("Approve")),
            (Review.Decision.REQUEST_CHANGES, _("Request changes")),
            (Review.Decision.COMMENT, _("Comment only")),
        ],
    )
    canned = forms.MultipleChoiceField(
        label=_("Reasons that come up often"), choices=CANNED, required=False, widget=forms.CheckboxSelectMultiple
    )
    reasons = forms.CharField(
        max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 5}), label=_("Words for the creator")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        verdicts = [("", _("Not looked at")), *sentences(ReviewPoint.Verdict.choices)]
        for key, label, hint in POINTS:
            self.fields[f"verdict_{key}"] = forms.ChoiceField(label=label, choices=verdicts, required=False)
            self.fields[f"evidence_{key}"] = forms.CharField(label=hint, max_length=500, required=False)

    def pairs(self) -> list[tuple[Any, Any]]:
        """(verdict, evidence) of each point."""
        return [(self[f"verdict_{key}"], self[f"evidence_{key}"]) for key, _label, _hint in POINTS]

    def clean(self) -> dict[str, Any]:
        """Only an approval goes without words."""
        data = super().clean() or {}
        chosen = [str(words) for key, words in CANNED if key in data.get("canned", [])]
        data["words"] = "\n".join([*chosen, data.get("reasons", "").strip()]).strip()
        if not data["words"]:
            if data.get("decision") == Review.Decision.REQUEST_CHANGES:
                self.add_error("reasons", gettext("Say what should change, so that the creator can act on it."))
            elif data.get("decision") == Review.Decision.COMMENT:
                self.add_error("reasons", gettext("Write the comment."))
        return data

    def points(self) -> tuple[Point, ...]:
        """Lines that were looked at."""
        data = self.cleaned_data
        return tuple(
            Point(key, data[f"verdict_{key}"], data[f"evidence_{key}"])
            for key, _label, _hint in POINTS
            if data.get(f"verdict_{key}")
        )
