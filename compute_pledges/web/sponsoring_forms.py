"""What a creator types of an invoice."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.sponsoring.invoices import LARGEST_FILE, Bill, budget_left
from projects.fields import AMOUNT, HoursField, LinkField
from projects.models import Project
from values.money import MoneyError, parse_money

DAY = {"type": "date"}


class InvoiceForm(forms.Form):
    """Vendor, reference, amount in the project's currency, billed hours, period, and something to look at."""

    vendor = forms.ChoiceField(label=_("Vendor"), help_text=_("One that machines are marked with."))
    reference = forms.CharField(label=_("Number of the invoice"), max_length=80)
    amount = forms.CharField(label=_("Amount"), max_length=20, widget=forms.TextInput(attrs=AMOUNT))
    billed_us = HoursField(
        label=_("Billed hours"), max_length=20, help_text=_("Of machine time, all machines together.")
    )
    starts_on = forms.DateField(label=_("From"), widget=forms.DateInput(attrs=DAY))
    ends_on = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs=DAY))
    evidence_file = forms.FileField(
        label=_("The invoice"), required=False, help_text=_("PDF, PNG or JPEG, at most 2 MB; only its hash is public."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/png,image/jpeg"}),
    )  # fmt: skip
    evidence_url = LinkField(label=_("Or where it can be read"), required=False, max_length=300)

    def __init__(self, project: Project, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = project.currency
        self.fields["amount"].label = gettext("Amount in %(currency)s") % {"currency": project.currency}
        self.fields["amount"].help_text = gettext("%(budget_left)s of the plan's budget is on no invoice yet.") % {
            "budget_left": budget_left(project)
        }
        vendors = cast("forms.ChoiceField", self.fields["vendor"])
        vendors.choices = [(name, name) for name in project.sponsor_vendors.values_list("name", flat=True)]

    def clean_amount(self) -> int:
        """Minor units, more than zero."""
        try:
            minor = parse_money(self.cleaned_data["amount"], self.currency).minor
        except MoneyError as error:
            raise forms.ValidationError(str(error)) from error
        if minor <= 0:
            raise forms.ValidationError(gettext("The amount must be more than zero."))
        return minor

    def bill(self) -> Bill:
        """The cleaned invoice."""
        data = self.cleaned_data
        file = data["evidence_file"]
        return Bill(
            vendor=data["vendor"], reference=data["reference"], amount_minor=data["amount"],
            billed_us=data["billed_us"], starts_on=data["starts_on"], ends_on=data["ends_on"],
            evidence_url=data["evidence_url"], file_name=file.name if file else "",
            file=file.read(LARGEST_FILE + 1) if file else b"",
        )  # fmt: skip
