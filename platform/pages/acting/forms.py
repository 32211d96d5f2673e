"""What staff fills in before it acts: always a reason, sometimes an amount or a typed confirmation."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from audit.services import LONGEST_REASON
from values.money import MoneyError, parse_money

ASK_WHY = _("Say why: the reason is kept with the action.")


class ReasonForm(forms.Form):
    """The reason alone. `deed` keeps the ids of several forms on a page apart."""

    reason = forms.CharField(
        label=_("Why"), help_text=_("Kept with your name and the time, for good."), max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}), error_messages={"required": ASK_WHY},
    )  # fmt: skip

    def __init__(self, deed: str, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id=f"{deed}_%s")


class ReleaseForm(ReasonForm):
    """A release of the amount that was on the screen."""

    amount_minor = forms.IntegerField(widget=forms.HiddenInput)


class RefundForm(ReasonForm):
    """An amount in the pledge's currency, empty for all that is left; what had gone back when the page was made."""

    amount = forms.CharField(
        label=_("Amount"), required=False, max_length=20, help_text=_("Empty: all that is left."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
    refunded_minor = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("amount", "reason", "refunded_minor")

    def __init__(self, currency: str, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        self.currency = currency
        super().__init__("refund", data, initial=initial)

    def clean_amount(self) -> int | None:
        """Minor units, or None for all."""
        text = self.cleaned_data["amount"].strip()
        if not text:
            return None
        try:
            return parse_money(text, self.currency).minor
        except MoneyError as error:
            raise forms.ValidationError(str(error)) from error


class ConfirmedForm(ReasonForm):
    """A deed that ends things: the project's short name is typed."""

    slug = forms.CharField(
        label=_("Short name of the project"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order: tuple[str, ...] = ("slug", "reason")

    def __init__(self, deed: str, slug: str, data: Any = None) -> None:
        super().__init__(deed, data)
        self.expected = slug
        self.fields["slug"].help_text = gettext("Type %(slug)s to confirm.") % {"slug": slug}

    def clean_slug(self) -> str:
        """The name, as it is."""
        typed: str = self.cleaned_data["slug"].strip()
        if typed != self.expected:
            raise forms.ValidationError(
                gettext("That is not the short name. Type %(expected)s. Nothing was done.")
                % {"expected": self.expected}
            )
        return typed


class ExplainForm(ReasonForm):
    """What a difference comes from."""

    explanation = forms.CharField(
        label=_("Explanation"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown beside the difference. The ledger stays as it is."),
    )  # fmt: skip
    field_order = ("explanation", "reason")


class CancelForm(ConfirmedForm):
    """A canceled project stays on its public page: what everyone reads there is not what staff keeps for itself."""

    public = forms.CharField(
        label=_("What everyone reads"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In the public history, and in the notices to the creator, backers and followers."),
    )  # fmt: skip
    field_order = ("slug", "public", "reason")
