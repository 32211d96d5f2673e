"""What a creator types about money: the plan, evidence, refunds."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.web.forms import MoneyText
from projects.milestones import MOST_MILESTONES, Step
from projects.models import WHOLE_BP, Project


class ShareField(forms.CharField):
    """A percentage as people type it; cleaned to basis points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=8, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs)

    def clean(self, value: Any) -> int | None:
        """Basis points, or None when empty."""
        text = super().clean(value).strip(" %")
        if not text:
            return None
        try:
            points = Decimal(text) * 100
        except InvalidOperation as error:
            raise forms.ValidationError(gettext("Write the share as a percentage, for example 40.")) from error
        if not 0 < points <= WHOLE_BP or points != points.to_integral_value():
            raise forms.ValidationError(
                gettext("A share is more than 0 and at most 100 percent, with two digits at most.")
            )
        return int(points)


class StepForm(forms.Form):
    """One milestone; an empty row is left out."""

    title = forms.CharField(max_length=80, required=False, label=_("Milestone"))
    evidence_wanted = forms.CharField(max_length=300, required=False, label=_("What will show that it is reached"))
    share = ShareField(required=False, label=_("Share in percent"))
    due_on = forms.DateField(
        required=False, label=_("Expected by"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        """All of title, evidence and share, or none."""
        data = super().clean() or {}
        given = [bool(data.get(name)) for name in ("title", "evidence_wanted", "share")]
        if any(given) and not all(given) and not self.errors:
            raise forms.ValidationError(gettext("A milestone has a title, what shows that it is reached, and a share."))
        return data

    def step(self) -> Step | None:
        """The milestone, or None for an empty row."""
        data = self.cleaned_data
        if not data.get("share"):
            return None
        return Step(data["title"], data["evidence_wanted"], data["share"], data.get("due_on"))


StepFormSet = forms.formset_factory(StepForm, extra=2, max_num=MOST_MILESTONES, validate_max=True)


class PlanForm(forms.Form):
    """What the plan allows beside its milestones."""

    takes_late_pledges = forms.BooleanField(
        required=False, label=_("Take late pledges after the funding, charged at once")
    )  # fmt: skip
    takes_monthly_support = forms.BooleanField(required=False, label=_("Take monthly support while we deliver"))


def typed_steps(project: Project) -> list[dict[str, Any]]:
    """The plan's milestones as their forms show them."""
    return [
        {
            "title": step.title,
            "evidence_wanted": step.evidence_wanted,
            "share": f"{step.share_bp / 100:g}",
            "due_on": step.due_on,
        }
        for step in project.milestones.all()
    ]


class EvidenceForm(forms.Form):
    """What shows that a milestone is reached."""

    text = forms.CharField(
        max_length=4000, label=_("What shows that it is reached"), widget=forms.Textarea(attrs={"rows": 4})
    )
    url = forms.URLField(max_length=300, required=False, label=_("Where it can be seen"), assume_scheme="https")


class RefundForm(forms.Form):
    """A refund of a pledge; without an amount everything that is left goes back."""

    amount = MoneyText(required=False, label=_("Amount (empty: all that is left)"))
    reason = forms.CharField(max_length=1000, label=_("Why"), widget=forms.TextInput())

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["amount"]
        assert isinstance(field, MoneyText)
        field.currency = currency
