"""A reward as its creator types it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.fields import HoursField, LineField, sentences
from projects.models import Reward
from values.money import MoneyError, parse_money

MOST_REWARDS = 20


class LawClassField(forms.ChoiceField):
    """Choosing it alone does not make an empty row a reward."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Never by itself."""
        return False


class RewardForm(forms.Form):
    """A reward: a threshold in money or in verified hours. `currency` is the project's."""

    # Which reward the row is: a renamed one keeps its picture, questions and stock. Judged against the project.
    key = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    title = LineField(max_length=80, label=_("Reward"))
    description = LineField(max_length=500, required=False, label=_("Description"))
    money = forms.CharField(label=_("From this much money"), required=False, max_length=20)
    hours = HoursField(label=_("or from these verified hours"), required=False, max_length=20)
    limit = forms.IntegerField(label=_("How many there are"), required=False, min_value=1, max_value=1_000_000)
    law_class = LawClassField(
        label=_("What it is for the law of withdrawal"), choices=sentences(Reward.LawClass.choices), required=False,
        initial=Reward.LawClass.GIFT,
    )  # fmt: skip
    is_add_on = forms.BooleanField(label=_("An add-on, bought beside a reward at this price"), required=False)

    def __init__(self, *args: Any, currency: str = "EUR", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean(self) -> dict[str, Any]:
        """Exactly one threshold."""
        data = super().clean() or {}
        if text := (data.get("money") or "").strip():
            try:
                data["threshold_minor"] = parse_money(text, self.currency).minor
            except MoneyError as error:
                self.add_error("money", str(error))
                return data
        data["law_class"] = data.get("law_class") or Reward.LawClass.GIFT
        if data.get("is_add_on") and not data.get("threshold_minor"):
            self.add_error("money", gettext("An add-on has a price in money."))
            return data
        has_money, has_hours = bool(data.get("threshold_minor")), bool(data.get("hours"))
        if has_money == has_hours and "hours" not in self.errors:
            raise forms.ValidationError(
                gettext("A reward starts from an amount of money or from verified hours: write one.")
            )
        return data


class RewardSet(forms.BaseFormSet):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """Rewards that are typed and not marked for removal."""

    def kept(self) -> list[dict[str, Any]]:
        """Cleaned rows; call it on a valid set."""
        rows = [form for form in self.forms if form.has_changed() or form in self.initial_forms]
        return [form.cleaned_data for form in rows if form.cleaned_data and not form.cleaned_data.get("DELETE")]


RewardFormSet = forms.formset_factory(
    RewardForm, formset=RewardSet, extra=1, can_delete=True, max_num=MOST_REWARDS, validate_max=True
)
