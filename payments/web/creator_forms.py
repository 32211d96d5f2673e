"""What a creator types about money: evidence, refunds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.web.forms import MoneyText
from projects.fields import LinkField


class EvidenceForm(forms.Form):
    """What shows that a milestone is reached."""

    text = forms.CharField(
        max_length=4000, label=_("What shows that it is reached"), widget=forms.Textarea(attrs={"rows": 4})
    )
    url = LinkField(max_length=300, required=False, label=_("Where it can be seen"))


class RefundForm(forms.Form):
    """A refund of a pledge; without an amount everything that is left goes back."""

    amount = MoneyText(required=False, label=_("Amount (empty: all that is left)"))
    reason = forms.CharField(max_length=1000, label=_("Why"), widget=forms.TextInput())

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["amount"]
        assert isinstance(field, MoneyText)
        field.currency = currency
