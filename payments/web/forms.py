"""What a backer types: an amount in major units of the project's currency, and a reward."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from projects.models import Project, Reward
from values.money import Money, MoneyError, parse_money


class RewardChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """Rewards with their threshold and stock."""

    def label_from_instance(self, obj: Reward) -> str:
        """Title, from how much, how many are left."""
        least = Money(obj.threshold_minor or 0, obj.project.currency)
        left = "" if obj.limit is None else f", {max(obj.limit - obj.claimed, 0)} of {obj.limit} left"
        return f"{obj.title} (from {least}{left})"


class PledgeForm(forms.Form):
    """Amount and reward. `clean_amount` gives Money in the project's currency."""

    amount = forms.CharField(
        max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )
    currency = forms.CharField(max_length=3, widget=forms.HiddenInput)
    reward = RewardChoice(Reward.objects.none(), required=False, empty_label="No reward, just support")
    client_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        self.initial.setdefault("client_token", uuid4())
        self.initial.setdefault("currency", project.currency)
        self.fields["amount"].label = f"Amount in {project.currency}"
        rewards = self.fields["reward"]
        assert isinstance(rewards, RewardChoice)
        rewards.queryset = project.rewards.filter(threshold_minor__isnull=False).select_related("project")

    def clean_currency(self) -> str:
        """The project's currency."""
        if self.cleaned_data["currency"] != self.project.currency:
            raise forms.ValidationError(f"This project takes {self.project.currency}.")
        return self.project.currency

    def clean_amount(self) -> Money:
        """The amount."""
        try:
            return parse_money(self.cleaned_data["amount"], self.project.currency)
        except MoneyError as error:
            raise forms.ValidationError(str(error)) from error
