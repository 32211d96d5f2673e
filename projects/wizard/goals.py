"""The step of the goals: money, GPU time, the deadline, and what happens when something is missed.

Everything may be left open but what is typed holds together; that a goal is set is for the checklist.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clock.services import business_now
from projects.fields import (
    AMOUNT,
    TIME_ZONES,
    CountField,
    HoursField,
    format_count,
    format_hours,
    format_major,
    sentences,
)
from projects.launch import MAX_DAYS
from projects.models import Project
from values.money import CURRENCIES, MoneyError, exponent, parse_money

USUAL_TRAINING_DAYS, MAX_TRAINING_DAYS = 180, 1000
MOST_PARAMETERS, MOST_TOKENS = 10**12, 10**15
_SAME = ("currency", "funding_model", "shortfall_rule", "compute_shortfall_rule", "time_zone")


def _amount(label: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=20, widget=forms.TextInput(attrs=AMOUNT))


class GoalsForm(forms.Form):
    """Goals in money and GPU-hours, and the size of the model that they are for."""

    planned_parameters = CountField(
        label=_("Parameters of the model"), required=False, most=MOST_PARAMETERS, help_text=_("For example 125M.")
    )
    planned_tokens = CountField(
        label=_("Tokens it trains on"), required=False, most=MOST_TOKENS, help_text=_("For example 2.5B.")
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    funding_minimum = _amount(_("Money: minimum"))
    funding_stretch = _amount(_("Money: stretch goal"))
    compute_minimum = HoursField(
        label=_("Compute: minimum"), required=False, max_length=20,
        help_text=_("H100-equivalent hours; 0.001 is 3.6 s."),
    )  # fmt: skip
    compute_stretch = HoursField(
        label=_("Compute: stretch goal"), required=False, max_length=20, help_text=_("H100-equivalent hours.")
    )
    funding_model = forms.ChoiceField(
        label=_("How cards are charged"), choices=sentences(Project.FundingModel.choices)
    )  # fmt: skip
    shortfall_rule = forms.ChoiceField(
        label=_("If too many cards fail after the deadline"), choices=sentences(Project.ShortfallRule.choices),
        help_text=_("Frozen at launch and shown to backers before they pledge."),
    )  # fmt: skip
    training_days = forms.IntegerField(
        label=_("Training ends, days after the deadline"), required=False, min_value=1, max_value=MAX_TRAINING_DAYS,
        initial=USUAL_TRAINING_DAYS, help_text=_("GPU-hours count as far as machines can deliver them until then."),
    )  # fmt: skip
    compute_shortfall_rule = forms.ChoiceField(
        label=_("If promised GPU-hours stay away after the funding"), required=False,
        choices=sentences(Project.ComputeShortfallRule.choices),
        help_text=_("Missing hours are offered to other volunteers first. Frozen and shown like the rule for cards."),
    )  # fmt: skip
    sponsored_hours = HoursField(
        label=_("Hours that rented machines may cover"), required=False, max_length=20,
        help_text=_("Of the compute minimum, H100-equivalent, paid from the money. Leave empty for none."),
    )  # fmt: skip
    sponsored_budget = _amount(_("For at most this much money"))
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=[(zone, zone) for zone in TIME_ZONES], initial="UTC")
    deadline = forms.DateTimeField(
        label=_("Deadline"), help_text=_("In your time zone, within %d days.") % MAX_DAYS,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip

    def clean_deadline(self) -> Any:
        """The deadline in UTC, ahead of now and within sixty days."""
        zone = ZoneInfo(str(self.cleaned_data.get("time_zone", "UTC")))
        deadline = self.cleaned_data["deadline"].replace(tzinfo=zone)
        now = business_now()
        if deadline <= now:
            raise forms.ValidationError(gettext("The deadline is in the past. Choose a later one."))
        if deadline > now + timedelta(days=MAX_DAYS):
            raise forms.ValidationError(
                gettext("The deadline is more than %d days away. Choose an earlier one.") % MAX_DAYS
            )
        return deadline

    def clean_training_days(self) -> int:
        """What is usual where nothing is typed."""
        return self.cleaned_data["training_days"] or USUAL_TRAINING_DAYS

    def clean_compute_shortfall_rule(self) -> str:
        """The first rule where none is chosen."""
        return self.cleaned_data["compute_shortfall_rule"] or Project.ComputeShortfallRule.TRAIN_LESS

    def clean(self) -> dict[str, Any]:
        """Goals against each other and in the project's currency."""
        data = super().clean() or {}
        for name in ("funding_minimum", "funding_stretch", "sponsored_budget"):
            if name in data and "currency" in data:
                data[name] = self._money(name, data[name], data["currency"])
        for kind in ("funding", "compute"):
            low, high = data.get(f"{kind}_minimum"), data.get(f"{kind}_stretch")
            if low and high and high <= low:
                self.add_error(f"{kind}_stretch", gettext("The stretch goal must be more than the minimum."))
        self._check_sponsoring(data)
        return data

    def _check_sponsoring(self, data: dict[str, Any]) -> None:
        """Rented hours are a part of the compute minimum, and are paid from the money minimum."""
        hours, budget = data.get("sponsored_hours"), data.get("sponsored_budget")
        if hours and hours > (data.get("compute_minimum") or 0):
            self.add_error("sponsored_hours", gettext("Rented machines cover at most the compute minimum."))
        if hours and not budget and "sponsored_budget" not in self.errors:
            self.add_error("sponsored_budget", gettext("Say how much these hours may cost."))
        if budget and not hours and "sponsored_hours" not in self.errors:
            self.add_error("sponsored_hours", gettext("Say how many hours this money is for."))
        if hours and budget and budget > (data.get("funding_minimum") or 0):
            self.add_error("sponsored_budget", gettext("They are paid from the money: at most its minimum."))
        if data.get("compute_shortfall_rule") == Project.ComputeShortfallRule.RENT and not hours:
            self.add_error("compute_shortfall_rule", gettext("This rule needs hours that rented machines may cover."))

    def _money(self, name: str, text: str, currency: str) -> int | None:
        if not text.strip():
            return None
        try:
            return parse_money(text, currency).minor
        except MoneyError as error:
            self.add_error(name, str(error))
            return None


def load(project: Project) -> dict[str, Any]:
    """As the form shows it: the deadline in the creator's own zone."""
    local = project.deadline_at.astimezone(ZoneInfo(project.time_zone)).replace(tzinfo=None)
    return {name: getattr(project, name) for name in _SAME} | {
        "planned_parameters": format_count(project.planned_parameters),
        "planned_tokens": format_count(project.planned_tokens),
        "funding_minimum": format_major(project.funding_minimum, project.currency),
        "funding_stretch": format_major(project.funding_stretch, project.currency),
        "compute_minimum": format_hours(project.compute_minimum_us),
        "compute_stretch": format_hours(project.compute_stretch_us),
        "deadline": local,
        "training_days": (project.compute_ends_at - project.deadline_at).days,
        "sponsored_hours": format_hours(project.sponsored_hours_us),
        "sponsored_budget": format_major(project.sponsored_budget_minor, project.currency),
    }


def write(project: Project, data: dict[str, Any]) -> None:
    """Onto the locked row. Another currency keeps the figures of rewards and budget as they were typed."""
    if data["currency"] != project.currency:
        _retype(project, data["currency"])
    columns = {name: data[name] for name in (*_SAME, "funding_stretch", "planned_parameters", "planned_tokens")} | {
        "funding_minimum": data["funding_minimum"] or 0,
        "compute_minimum_us": data["compute_minimum"] or 0,
        "compute_stretch_us": data["compute_stretch"],
        "deadline_at": data["deadline"],
        "compute_ends_at": data["deadline"].astimezone(UTC) + timedelta(days=data["training_days"]),
        "sponsored_hours_us": data["sponsored_hours"] or 0,
        "sponsored_budget_minor": data["sponsored_budget"] or 0,
    }
    for name, value in columns.items():
        setattr(project, name, value)
    project.save(update_fields=list(columns))


def _retype(project: Project, currency: str) -> None:
    """10.00 euros become 10 yen: the digits that were typed, not what the money is worth."""
    more = exponent(currency) - exponent(project.currency)

    def rescaled(minor: int) -> int:
        return minor * 10**more if more >= 0 else max(1, minor // 10**-more)

    for reward in project.rewards.exclude(threshold_minor=None):
        reward.threshold_minor = rescaled(reward.threshold_minor or 0)
        reward.save(update_fields=["threshold_minor"])
    for line in project.budget_lines.exclude(amount_minor=None):
        line.amount_minor = rescaled(line.amount_minor or 0)
        line.save(update_fields=["amount_minor"])
