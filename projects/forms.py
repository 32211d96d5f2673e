"""What a creator types, cleaned to the model's units. An invalid form keeps everything that was typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from clock.services import business_now
from projects.describing import DescribingForm
from projects.licenses import SUGGESTED, LicenseError, parse_license
from projects.models import Project, Reward
from values.gpu_time import GpuTimeError, parse_hours
from values.money import CURRENCIES, MoneyError, parse_money

MAX_DAYS = 60
USUAL_TRAINING_DAYS, MAX_TRAINING_DAYS = 180, 1000
MOST_REWARDS = 20
TIME_ZONES = tuple(sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"))
LICENSE_HINT = f"SPDX, for example {', '.join(SUGGESTED[:4])}."
AMOUNT = {"inputmode": "decimal", "autocomplete": "off"}


def _sentences(choices: Any) -> list[tuple[str, str]]:
    return [(value, str(label).capitalize()) for value, label in choices]


class LicenseField(forms.CharField):
    """An SPDX expression."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"list": "licenses", "autocomplete": "off"})
        super().__init__(max_length=120, help_text=LICENSE_HINT, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        """The expression as SPDX writes it."""
        try:
            return parse_license(super().clean(value))
        except LicenseError as error:
            raise forms.ValidationError(str(error)) from error


class HoursField(forms.CharField):
    """H100-equivalent hours as text; cleaned to microseconds, or None when empty."""

    widget = forms.TextInput(attrs=AMOUNT)

    def clean(self, value: Any) -> int | None:
        """Microseconds."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_hours(text)
        except GpuTimeError as error:
            raise forms.ValidationError(str(error)) from error


class ProjectForm(DescribingForm):
    """A project without its rewards. Goals may be left empty, but not all of them."""

    title = forms.CharField(max_length=80, help_text="At most 80 characters.")
    promise = forms.CharField(
        max_length=160, label="Promise in one sentence", help_text="What will exist at the end, for whom."
    )
    story = forms.CharField(
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 16, "class": "story-source"}),
        help_text="What will be made, from which data, how it is judged, what could go wrong. Markdown; HTML is shown"
        " as text.",
    )
    model_kind = forms.ChoiceField(label="Kind of model", choices=_sentences(Project.ModelKind.choices))
    weights_license = LicenseField(label="Licence of the weights", initial="Apache-2.0")
    data_license = LicenseField(label="Licence of the data", initial="CC-BY-4.0")
    code_license = LicenseField(label="Licence of the code", initial="Apache-2.0")
    currency = forms.ChoiceField(choices=[(code, code) for code in CURRENCIES])
    funding_minimum = forms.CharField(
        label="Money: minimum", required=False, max_length=20, widget=forms.TextInput(attrs=AMOUNT)
    )
    funding_stretch = forms.CharField(
        label="Money: stretch goal", required=False, max_length=20, widget=forms.TextInput(attrs=AMOUNT)
    )
    compute_minimum = HoursField(
        label="Compute: minimum",
        required=False,
        max_length=20,
        help_text="H100-equivalent hours; 0.001 is 3.6 s.",
    )
    compute_stretch = HoursField(
        label="Compute: stretch goal", required=False, max_length=20, help_text="H100-equivalent hours."
    )
    funding_model = forms.ChoiceField(label="How cards are charged", choices=_sentences(Project.FundingModel.choices))
    shortfall_rule = forms.ChoiceField(
        label="If too many cards fail after the deadline",
        choices=_sentences(Project.ShortfallRule.choices),
        help_text="Frozen at launch and shown to backers before they pledge.",
    )
    training_days = forms.IntegerField(
        label="Training ends, days after the deadline",
        required=False,
        min_value=1,
        max_value=MAX_TRAINING_DAYS,
        initial=USUAL_TRAINING_DAYS,
        help_text="GPU-hours count as far as machines can deliver them until then.",
    )
    compute_shortfall_rule = forms.ChoiceField(
        label="If promised GPU-hours stay away after the funding",
        choices=_sentences(Project.ComputeShortfallRule.choices),
        required=False,
        help_text="Missing hours are offered to other volunteers first. Frozen and shown like the rule for cards.",
    )
    sponsored_hours = HoursField(
        label="Hours that rented machines may cover",
        required=False,
        max_length=20,
        help_text="Of the compute minimum, H100-equivalent, paid from the money. Leave empty for none.",
    )
    sponsored_budget = forms.CharField(
        label="For at most this much money", required=False, max_length=20, widget=forms.TextInput(attrs=AMOUNT)
    )
    time_zone = forms.ChoiceField(choices=[(zone, zone) for zone in TIME_ZONES], initial="UTC")
    deadline = forms.DateTimeField(
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=f"In your time zone, within {MAX_DAYS} days.",
    )

    def clean_deadline(self) -> Any:
        """The deadline in UTC, ahead of now and within sixty days."""
        zone = ZoneInfo(str(self.cleaned_data.get("time_zone", "UTC")))
        deadline = self.cleaned_data["deadline"].replace(tzinfo=zone)
        now = business_now()
        if deadline <= now:
            raise forms.ValidationError("The deadline is in the past. Choose a later one.")
        if deadline > now + timedelta(days=MAX_DAYS):
            raise forms.ValidationError(f"The deadline is more than {MAX_DAYS} days away. Choose an earlier one.")
        return deadline

    def clean(self) -> dict[str, Any]:
        """Goals against each other and in the project's currency."""
        data = super().clean() or {}
        for name in ("funding_minimum", "funding_stretch", "sponsored_budget"):
            if name in data and "currency" in data:
                data[name] = self._money(name, data[name], data["currency"])
        for kind in ("funding", "compute"):
            low, high = data.get(f"{kind}_minimum"), data.get(f"{kind}_stretch")
            if low and high and high <= low:
                self.add_error(f"{kind}_stretch", "The stretch goal must be more than the minimum.")
        goals = ("funding_minimum", "funding_stretch", "compute_minimum", "compute_stretch")
        if not any(data.get(name) or name in self.errors for name in goals):
            raise forms.ValidationError("Set at least one goal, in money or in compute.")
        self._check_sponsoring(data)
        return data

    def clean_training_days(self) -> int:
        """What is usual where nothing is typed."""
        return self.cleaned_data["training_days"] or USUAL_TRAINING_DAYS

    def clean_compute_shortfall_rule(self) -> str:
        """The first rule where none is chosen."""
        return self.cleaned_data["compute_shortfall_rule"] or Project.ComputeShortfallRule.TRAIN_LESS

    def _check_sponsoring(self, data: dict[str, Any]) -> None:
        """Rented hours are a part of the compute minimum, and are paid from the money minimum."""
        hours, budget = data.get("sponsored_hours"), data.get("sponsored_budget")
        if hours and hours > (data.get("compute_minimum") or 0):
            self.add_error("sponsored_hours", "Rented machines cover at most the compute minimum.")
        if hours and not budget and "sponsored_budget" not in self.errors:
            self.add_error("sponsored_budget", "Say how much these hours may cost.")
        if budget and not hours and "sponsored_hours" not in self.errors:
            self.add_error("sponsored_hours", "Say how many hours this money is for.")
        if hours and budget and budget > (data.get("funding_minimum") or 0):
            self.add_error("sponsored_budget", "They are paid from the money: at most its minimum.")
        if data.get("compute_shortfall_rule") == Project.ComputeShortfallRule.RENT and not hours:
            self.add_error("compute_shortfall_rule", "This rule needs hours that rented machines may cover.")

    def _money(self, name: str, text: str, currency: str) -> int | None:
        if not text.strip():
            return None
        try:
            return parse_money(text, currency).minor
        except MoneyError as error:
            self.add_error(name, str(error))
            return None


class LawClassField(forms.ChoiceField):
    """Choosing it alone does not make an empty row a reward."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Never by itself."""
        return False


class RewardForm(forms.Form):
    """A reward: a threshold in money or in verified hours. `currency` is given by the project's form."""

    title = forms.CharField(max_length=80, label="Reward")
    description = forms.CharField(max_length=500, required=False)
    money = forms.CharField(label="From this much money", required=False, max_length=20)
    hours = HoursField(label="or from these verified hours", required=False, max_length=20)
    limit = forms.IntegerField(label="How many there are", required=False, min_value=1, max_value=1_000_000)
    law_class = LawClassField(
        label="What it is for the law of withdrawal", choices=_sentences(Reward.LawClass.choices), required=False,
        initial=Reward.LawClass.GIFT,
    )  # fmt: skip
    is_add_on = forms.BooleanField(label="An add-on, bought beside a reward at this price", required=False)

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
            self.add_error("money", "An add-on has a price in money.")
            return data
        has_money, has_hours = bool(data.get("threshold_minor")), bool(data.get("hours"))
        if has_money == has_hours and "hours" not in self.errors:
            raise forms.ValidationError("A reward starts from an amount of money or from verified hours: write one.")
        return data


class RewardSet(forms.BaseFormSet):  # type: ignore[type-arg]  # reason: not subscriptable at run time
    """At least one reward."""

    def clean(self) -> None:
        """Raises ValidationError when every row is empty or deleted."""
        if any(self.errors):
            return
        kept = [form for form in self.forms if form.has_changed() and not form.cleaned_data.get("DELETE")]
        if not kept:
            raise forms.ValidationError("Add at least one reward.")


RewardFormSet = forms.formset_factory(
    RewardForm, formset=RewardSet, extra=1, can_delete=True, max_num=MOST_REWARDS, validate_max=True
)


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
