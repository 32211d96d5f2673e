"""What people type into a discussion and its answers for good."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.fields import LineField, ProseField, sentences
from projects.models import Comment


class CommentForm(forms.Form):
    """Words, and whether they ask something."""

    body = ProseField(
        max_length=4000, label=_("Your words"), widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Markdown. You can correct them for half an hour."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), choices=sentences(Comment.Kind.choices), required=False)

    def clean_kind(self) -> str:
        """A comment, where nothing is chosen."""
        return self.cleaned_data["kind"] or Comment.Kind.COMMENT


class ReasonForm(forms.Form):
    """Why something is hidden."""

    reason = LineField(max_length=500, label=_("Why"))


class FaqForm(forms.Form):
    """One question with its answer."""

    pk = forms.IntegerField(widget=forms.HiddenInput, required=False)
    question = LineField(max_length=200, label=_("Question"))
    answer = ProseField(
        max_length=4000, label=_("Answer"), widget=forms.Textarea(attrs={"rows": 4}), help_text=_("Markdown.")
    )


FaqFormSet = forms.formset_factory(FaqForm, extra=1, can_delete=True, can_order=True, max_num=40, validate_max=True)
