"""What creators and reviewers write. An invalid form keeps everything that was typed."""

from __future__ import annotations

from typing import Any

from django import forms


class ReviewForm(forms.Form):
    """A decision or a comment, with the words that the creator reads."""

    decision = forms.ChoiceField(
        choices=[("approve", "Approve"), ("request_changes", "Request changes"), ("comment", "Comment only")]
    )
    reasons = forms.CharField(
        max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 5}), label="Words for the creator"
    )

    def clean(self) -> dict[str, Any]:
        """Only an approval goes without words."""
        data = super().clean() or {}
        if not data.get("reasons", "").strip():
            if data.get("decision") == "request_changes":
                self.add_error("reasons", "Say what should change, so that the creator can act on it.")
            elif data.get("decision") == "comment":
                self.add_error("reasons", "Write the comment.")
        return data
